import { AuditMessage } from "../contract/audit.ts";
import { insertCallRows } from "../db/calls.ts";
import { openDb } from "../db/database.ts";
import type { Env } from "../env.ts";
import { logEvent } from "../log.ts";

/**
 * Writes audit rows to D1 and confirms them to their workspace's outbox. A message that D1 does not take is retried;
 * rows delivered twice are stored once. The dead-letter queue is read the same way, so that what waited out a long
 * failure arrives after it.
 */
export async function consumeAuditBatch(batch: MessageBatch, env: Env): Promise<void> {
  const db = openDb(env.DB);
  for (const message of batch.messages) {
    const parsed = AuditMessage.safeParse(message.body);
    if (!parsed.success) {
      // Only this Worker writes to the queue: such a message is of another version. Its rows are still in the outbox.
      logEvent({ event: "audit_message_unreadable", queue: batch.queue });
      message.ack();
      continue;
    }
    try {
      await insertCallRows(db, parsed.data.rows);
    } catch {
      logEvent({
        event: "audit_rows_delayed",
        queue: batch.queue,
        workspace: parsed.data.workspaceSlug,
        rows: parsed.data.rows.length,
      });
      message.retry();
      continue;
    }
    message.ack();
    // An unconfirmed batch is only sent again, and stored once: a failure here costs nothing.
    await env.WORKSPACES.getByName(parsed.data.workspaceSlug)
      .confirm(parsed.data.batches)
      .catch(() => undefined);
  }
}
