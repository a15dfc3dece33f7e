import { consumeAuditBatch } from "./audit/consume.ts";
import { consumeSyncBatch } from "./marketplace/sync/consume.ts";
import type { Env } from "./runtime/env.ts";

/** Hands a batch to the consumer of its queue. A deployment can add to the queues' names, not change them. */
export async function consumeBatch(batch: MessageBatch, env: Env): Promise<void> {
  if (batch.queue.includes("marketplace")) await consumeSyncBatch(batch, env);
  else await consumeAuditBatch(batch, env);
}
