import type { AuditBacklog, AuditMessage } from "../../workers/contract/records/audit.ts";
import { joinOutcomes, positionOf } from "../../workers/contract/records/outcome-rows.ts";
import { HOUR_MS, MINUTE_MS } from "../../workers/contract/units.ts";

/** Least time between two sends of a batch: longer than the queue keeps a message that D1 does not accept. */
const RESEND_AFTER_MS = 5 * MINUTE_MS;
/** Longest time until the oldest batch is sent again. */
const MAX_RESEND_AFTER_MS = HOUR_MS;
/** Characters of rows in one message, unless a single batch has more: a queue message holds at most 128 KB. */
const MAX_MESSAGE_LENGTH = 40_000;
/** Batches in one message. */
const MAX_BATCHES = 100;

/** Batches of rows in one message. */
type BatchMessage = Pick<AuditMessage, "batches" | "rows">;

/**
 * The outcomes that D1 has not confirmed, in batches that are sent, confirmed and sent again as a whole. This table is the
 * retry of the whole way to D1, so the queue needs none that lasts.
 *
 * An outage must not be answered with more load. Each batch is sent once, at once. Without a confirmation only the message
 * with the oldest batches is sent again, after 5 minutes, then after twice the time with each send. A confirmation shows
 * that the way works: what was sent 5 minutes before is then lost, and sent again at once.
 */
export class OutboxTable {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Adds a batch, in the encoding of `encodeOutcomes`. */
  add(rows: string): void {
    this.#sql.exec("INSERT INTO outbox (rows) VALUES (?)", rows);
  }

  /** The rows that wait, and when the oldest call was made (epoch ms). */
  readBacklog(): AuditBacklog {
    const createdAt = `$[0][${positionOf("createdAt")}]`;
    return this.#sql
      .exec<{ rows: number; oldestAt: number | null }>(
        `SELECT coalesce(sum(json_array_length(rows)), 0) AS rows, min(json_extract(rows, ?)) AS oldestAt FROM outbox`,
        createdAt,
      )
      .one();
  }

  /** When `nextMessage` next has one, epoch ms; null: the outbox is empty. */
  nextDueAt(): number | null {
    const [next] = this.#sql.exec<{ sent_at: number | null; attempts: number }>(
      "SELECT sent_at, attempts FROM outbox ORDER BY sent_at IS NOT NULL, batch LIMIT 1",
    );
    if (!next) return null;
    return next.sent_at === null ? 0 : next.sent_at + toDelay(next.attempts);
  }

  /** The next message for the queue; null: none is due. */
  nextMessage(now: number): BatchMessage | null {
    const dueAt = this.nextDueAt();
    if (dueAt === null || dueAt > now) return null;
    const due = this.#sql.exec<StoredBatch>(
      "SELECT batch, rows FROM outbox WHERE coalesce(sent_at, 0) <= ? ORDER BY batch LIMIT ?",
      dueAt === 0 ? 0 : now - RESEND_AFTER_MS,
      MAX_BATCHES,
    );
    return toMessages(due).next().value ?? null;
  }

  /** Delays the next send of these batches. */
  markSent(batches: number[], now: number): void {
    const query = "UPDATE outbox SET sent_at = ?, attempts = attempts + 1 WHERE batch = ?";
    for (const batch of batches) this.#sql.exec(query, now, batch);
  }

  /** Deletes batches that D1 holds, and has those sent again that are lost. */
  confirm(batches: number[]): void {
    let confirmedSentAt = 0;
    for (const batch of batches) {
      const [sent] = this.#sql.exec<{ sent_at: number | null; attempts: number }>(
        "DELETE FROM outbox WHERE batch = ? RETURNING sent_at, attempts",
        batch,
      );
      // Of a batch that was sent several times, it is not known which message D1 has stored.
      if (sent?.attempts === 1) confirmedSentAt = Math.max(confirmedSentAt, sent.sent_at ?? 0);
    }
    const query = "UPDATE outbox SET sent_at = NULL WHERE sent_at <= ?";
    this.#sql.exec(query, confirmedSentAt - RESEND_AFTER_MS);
  }

  /** All batches, as messages. */
  listMessages(): BatchMessage[] {
    const query = "SELECT batch, rows FROM outbox ORDER BY batch";
    return [...toMessages(this.#sql.exec<StoredBatch>(query))];
  }
}

/** Time until a batch that was sent this often is sent again. A release without this number has stored 0. */
function toDelay(attempts: number): number {
  return Math.min(RESEND_AFTER_MS * 2 ** Math.max(attempts - 1, 0), MAX_RESEND_AFTER_MS);
}

type StoredBatch = { batch: number; rows: string };

/** Joins batches, in their order, into messages up to the maximum length. */
function* toMessages(stored: Iterable<StoredBatch>): Generator<BatchMessage, undefined> {
  let batches: StoredBatch[] = [];
  const toMessage = () => ({
    batches: batches.map(({ batch }) => batch),
    rows: joinOutcomes(batches.map(({ rows }) => rows)),
  });
  let length = 0;
  for (const next of stored) {
    length += next.rows.length;
    if (batches.length > 0 && length > MAX_MESSAGE_LENGTH) {
      yield toMessage();
      batches = [];
      length = next.rows.length;
    }
    batches.push(next);
  }
  if (batches.length > 0) yield toMessage();
}
