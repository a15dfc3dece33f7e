import { AuditMessage } from "../contract/records/audit.ts";
import { joinOutcomes } from "../contract/records/outcome-rows.ts";
import { insertCallRows } from "../db/calls.ts";
import { openDb, type Db } from "../db/database.ts";
import type { Env } from "../runtime/env.ts";
import { logEvent } from "../runtime/log.ts";

type Delivery = { message: Message; audit: AuditMessage };

/**
 * Writes audit rows to D1 and confirms them to their workspace's outbox. A message that D1 does not take is retried;
 * rows delivered twice are stored once. The dead-letter queue is read the same way, so that what waited out a long
 * failure arrives after it.
 */
export async function consumeAuditBatch(batch: MessageBatch, env: Env): Promise<void> {
  const db = openDb(env.DB);
  const deliveries: Delivery[] = [];
  for (const message of batch.messages) {
    const parsed = AuditMessage.safeParse(message.body);
    if (!parsed.success) {
      // Only this Worker writes to the queue: such a message is of another version. Its rows are still in the outbox.
      logEvent({ event: "audit_message_unreadable", queue: batch.queue });
      message.ack();
      continue;
    }
    deliveries.push({ message, audit: parsed.data });
  }
  for (const ofOne of Map.groupBy(deliveries, ({ audit }) => audit.workspaceId).values()) {
    if (await store(db, ofOne, env)) continue;
    // What D1 does not take of one message must not hold back the others.
    for (const delivery of ofOne) {
      if (ofOne.length > 1 && (await store(db, [delivery], env))) continue;
      const { workspaceSlug } = delivery.audit;
      logEvent({ event: "audit_rows_delayed", queue: batch.queue, workspace: workspaceSlug });
      delivery.message.retry();
    }
  }
}

/** Stores a workspace's rows, in one go, and acknowledges them; false: D1 did not take them. */
async function store(db: Db, deliveries: Delivery[], env: Env): Promise<boolean> {
  const [first] = deliveries;
  if (!first) return true;
  const { workspaceId, workspaceSlug } = first.audit;
  try {
    const rows = joinOutcomes(deliveries.map(({ audit }) => audit.rows));
    await insertCallRows(db, workspaceId, rows);
  } catch {
    return false;
  }
  for (const { message } of deliveries) message.ack();
  // An unconfirmed batch is only sent again, and stored once: a failure here costs nothing.
  await env.WORKSPACES.getByName(workspaceSlug)
    .confirm(deliveries.flatMap(({ audit }) => audit.batches))
    .catch(() => undefined);
  return true;
}
