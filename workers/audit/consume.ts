import { AuditMessage } from "../contract/records/audit.ts";
import { joinOutcomes } from "../contract/records/outcome-rows.ts";
import { insertCallRows } from "../db/calls.ts";
import { openDb, type Db } from "../db/database.ts";
import type { Env } from "../runtime/env.ts";
import { logEvent, logFailure } from "../runtime/log.ts";
import { settingsOf } from "../runtime/settings.ts";

type Delivery = { message: Message; audit: AuditMessage };

/**
 * Stores call rows in D1 and confirms them to their workspace's outbox. A message that D1 does not accept is retried.
 * Rows that are delivered twice are stored once. The dead-letter queue has the same consumer, so that its messages arrive
 * after a long failure.
 */
export async function consumeAuditBatch(batch: MessageBatch, env: Env): Promise<void> {
  settingsOf(env);
  const db = openDb(env.DB);
  const deliveries: Delivery[] = [];
  for (const message of batch.messages) {
    const parsed = AuditMessage.safeParse(message.body);
    if (!parsed.success) {
      // Only this Worker writes to the queue: such a message is of another release. Its rows are still in the outbox.
      logEvent({ event: "audit_message_unreadable", queue: batch.queue });
      message.ack();
      continue;
    }
    deliveries.push({ message, audit: parsed.data });
  }
  for (const ofWorkspace of Map.groupBy(deliveries, ({ audit }) => audit.workspaceId).values()) {
    if (await store(db, ofWorkspace, env)) continue;
    // One message that D1 does not accept must not block the others.
    for (const delivery of ofWorkspace) {
      if (ofWorkspace.length > 1 && (await store(db, [delivery], env))) continue;
      const { workspaceSlug } = delivery.audit;
      logEvent({ event: "audit_rows_delayed", queue: batch.queue, workspace: workspaceSlug });
      delivery.message.retry();
    }
  }
}

/** Stores rows of one workspace in one batch and acknowledges them; false: D1 did not accept them. */
async function store(db: Db, deliveries: Delivery[], env: Env): Promise<boolean> {
  const [first] = deliveries;
  if (!first) return true;
  const { workspaceId, workspaceSlug } = first.audit;
  try {
    const rows = joinOutcomes(deliveries.map(({ audit }) => audit.rows));
    await insertCallRows(db, workspaceId, rows);
  } catch (error) {
    logFailure("audit_rows_not_stored", error, { workspace: workspaceSlug });
    return false;
  }
  for (const { message } of deliveries) message.ack();
  // A batch without confirmation is sent again and stored once, so a failure here loses nothing.
  await env.WORKSPACES.getByName(workspaceSlug)
    .confirm(deliveries.flatMap(({ audit }) => audit.batches))
    .catch((error: unknown) =>
      logFailure("audit_confirm_failed", error, { workspace: workspaceSlug }),
    );
  return true;
}
