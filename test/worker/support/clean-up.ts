import worker from "../../../workers/index.ts";
import { bindings } from "./gateway-client.ts";

/** Runs the hourly clean-up as at an instant (epoch ms). */
export function runCleanUp(at: number): Promise<void> {
  const controller = { cron: "17 * * * *", scheduledTime: at, type: "scheduled" as const };
  return worker.scheduled({ ...controller, noRetry: () => undefined }, bindings);
}
