import { handleRequest } from "./app.ts";
import { consumeAuditBatch } from "./audit/consume.ts";
import type { Env } from "./env.ts";
import { runScheduled } from "./health/scheduled.ts";

export { HeldCall } from "../durable-objects/held-call.ts";
export { Workspace } from "../durable-objects/workspace.ts";

export default {
  fetch: handleRequest,
  queue: consumeAuditBatch,
  scheduled: (controller, env) => runScheduled(controller.cron, controller.scheduledTime, env),
} satisfies ExportedHandler<Env>;
