import type { AuditMessage } from "../../workers/contract/records/audit.ts";
import type { CallLog } from "./call-log.ts";

const RETRY_AFTER_MS = 10_000;

/**
 * Sends what is due to the audit queue, and turns overdue calls into `unknown` rows. Rows stay until the consumer
 * confirms them, so a dead queue or database loses none. Returns when to come again; null: nothing is left to do.
 */
export async function sendOutbox(
  ledger: CallLog,
  workspaceSlug: string,
  queue: Queue<AuditMessage>,
): Promise<number | null> {
  ledger.expire(Date.now());
  for (;;) {
    const message = ledger.nextMessage(workspaceSlug, Date.now());
    if (!message) return ledger.nextDueAt();
    try {
      await queue.send(message);
    } catch {
      return Date.now() + RETRY_AFTER_MS;
    }
    ledger.markSent(message.batches, Date.now());
  }
}
