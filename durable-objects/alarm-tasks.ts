import type { Env } from "../workers/runtime/env.ts";
import type { AlarmTask } from "./alarm-clock.ts";
import { outboxTask } from "./audit/outbox.ts";
import { checkTask } from "./check-servers.ts";
import { ruleEndsTask } from "./rule-ends.ts";

/** All work of the object's alarm. `onChanged`: what clients may call can have changed. */
export function listAlarmTasks(
  ctx: DurableObjectState,
  env: Env,
  onChanged: () => void,
): AlarmTask[] {
  const isListening = () => ctx.getWebSockets().length > 0;
  return [outboxTask(env), checkTask(ctx, env, isListening), ruleEndsTask(onChanged)];
}
