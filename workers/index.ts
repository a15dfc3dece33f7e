import { handleRequest } from "./app.ts";
import { runScheduled } from "./health/scheduled.ts";
import { consumeBatch } from "./queues.ts";
import type { Env } from "./runtime/env.ts";

export { AuthFailures } from "../durable-objects/auth-failures.ts";
export { HttpSseSession } from "../durable-objects/http-sse-session.ts";
export { Shutdown } from "./gateway/shutdown.ts";
export { SuspendedCall } from "../durable-objects/suspended-call.ts";
export { Workspace } from "../durable-objects/workspace.ts";

export default {
  fetch: handleRequest,
  queue: consumeBatch,
  scheduled: (controller, env) => runScheduled(controller.cron, controller.scheduledTime, env),
} satisfies ExportedHandler<Env>;
