import type { AuditMessage } from "../../workers/contract/records/audit.ts";
import { logFailure } from "../../workers/runtime/log.ts";
import type { CallLog } from "./call-log.ts";

/** Delay after a failed send. */
const RETRY_AFTER_MS = 10_000;

/**
 * Records overdue calls as `unknown` and sends all due rows to the audit queue. Rows stay in the outbox until the
 * queue's consumer confirms them, so an outage of the queue or D1 loses none. Returns when to run again, epoch ms;
 * null: the outbox is empty and no call is open.
 */
export async function sendOutbox(
  callLog: CallLog,
  workspaceSlug: string,
  queue: Queue<AuditMessage>,
): Promise<number | null> {
  callLog.recordOverdue(Date.now());
  for (;;) {
    const message = callLog.nextMessage(workspaceSlug, Date.now());
    if (!message) return callLog.nextDueAt();
    try {
      await queue.send(message);
    } catch (error) {
      logFailure("outbox_not_sent", error);
      return Date.now() + RETRY_AFTER_MS;
    }
    callLog.markSent(message.batches, Date.now());
  }
}
