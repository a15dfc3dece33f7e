import type { AuditMessage, CallOutcome } from "../../workers/contract/records/audit.ts";
import {
  encodeOutcomes,
  joinOutcomes,
  readOutcomes,
} from "../../workers/contract/records/outcome-rows.ts";
import { readStored } from "../storage/stored-json.ts";
import type { WorkspaceStorage } from "../storage/workspace-storage.ts";

/** Numbers reserved with one write. A crash turns at most this many, and the calls in flight, into `unknown` rows. */
const BLOCK_SIZE = 128;
/** A call without an outcome for this long is recorded as `unknown`; a later outcome replaces that row. */
const CALL_LOST_AFTER_MS = 15 * 60_000;
/** The same for a number that was reserved before a crash: it may never have been assigned. */
const NUMBER_LOST_AFTER_MS = 3 * 60_000;
/** Rows that D1 has not confirmed are sent again after this long. */
const RESEND_AFTER_MS = 5 * 60_000;
/** Rows of one outbox batch: a batch is sent, confirmed and resent as a whole. */
const MAX_ROWS_PER_BATCH = 100;
/** Characters of rows in one message, unless a single batch has more: a queue message holds at most 128 KB. */
const MAX_MESSAGE_LENGTH = 40_000;

/** An admitted call without its outcome. */
export type OpenCall = Omit<CallOutcome, "status" | "errorCode" | "latencyMs">;

/**
 * The workspace's call log. Sequence numbers are assigned from memory, in blocks that are reserved in SQLite before
 * use, so that none is assigned twice. Every number becomes exactly one row, at the latest as `unknown`. Rows stay in
 * the outbox until the queue's consumer confirms that D1 has them.
 */
export class CallLog {
  readonly #storage: WorkspaceStorage;
  readonly #workspaceId: string;
  #lastAssigned: number;
  #lastReserved: number;
  /** Calls in flight that are not yet in `open_calls`, by number, in ascending order. */
  readonly #unflushedCalls = new Map<number, OpenCall>();
  /** Outcomes that were decided in this object, for example refusals, and are not yet in the outbox. */
  #unflushedOutcomes: CallOutcome[] = [];

  constructor(storage: WorkspaceStorage, workspaceId: string, now: number) {
    this.#storage = storage;
    this.#workspaceId = workspaceId;
    const durable = Number(storage.readMeta("durable_seq") ?? 0);
    this.#lastReserved = Number(storage.readMeta("reserved_seq") ?? 0);
    this.#lastAssigned = this.#lastReserved;
    // The object crashed with these numbers reserved. Which of them it assigned is unknown.
    for (let seq = durable + 1; seq <= this.#lastReserved; seq++) {
      storage.sql.exec("INSERT OR IGNORE INTO open_calls VALUES (?, ?, NULL)", seq, now);
    }
    if (this.#lastReserved > durable) this.#storeNumbers();
  }

  /** Assigns a sequence number to an admitted call, which is open until its outcome is recorded. */
  assignSeq(call: Omit<OpenCall, "seq">): number {
    const seq = this.#nextSeq();
    this.#unflushedCalls.set(seq, { ...call, seq });
    return seq;
  }

  /** Numbers a call whose outcome is known already (a refusal, a subscription), and records it with the next batch. */
  record(call: Omit<CallOutcome, "seq">): void {
    this.#unflushedOutcomes.push({ ...call, seq: this.#nextSeq() });
  }

  /** Whether memory has something that `flush` would write. */
  get hasUnflushed(): boolean {
    return this.#unflushedOutcomes.length > 0 || this.#unflushedCalls.size > 0;
  }

  /** Writes outcomes (in the encoding of `encodeOutcomes`) and all unflushed ones to the outbox. */
  recordOutcomes(outcomes: string): void {
    for (const { seq } of readOutcomes(outcomes, ["seq"])) {
      if (!this.#unflushedCalls.delete(seq))
        this.#storage.sql.exec("DELETE FROM open_calls WHERE seq = ?", seq);
    }
    this.#addBatch(outcomes);
    this.#flushOutcomes();
    this.#storage.writeMeta("durable_seq", String(this.#firstUnflushed() - 1));
  }

  #flushOutcomes(): void {
    for (let at = 0; at < this.#unflushedOutcomes.length; at += MAX_ROWS_PER_BATCH)
      this.#addBatch(encodeOutcomes(this.#unflushedOutcomes.slice(at, at + MAX_ROWS_PER_BATCH)));
    this.#unflushedOutcomes = [];
  }

  #addBatch(rows: string): void {
    this.#storage.sql.exec("INSERT INTO outbox (rows) VALUES (?)", rows);
  }

  /** Writes all unflushed outcomes and calls, so that a crash from here on loses none of them. */
  flush(now: number): void {
    this.#flushOutcomes();
    for (const [seq, call] of this.#unflushedCalls) {
      this.#storage.sql.exec(
        "INSERT OR REPLACE INTO open_calls VALUES (?, ?, ?)",
        seq,
        now,
        JSON.stringify(call),
      );
    }
    this.#unflushedCalls.clear();
    this.#storage.writeMeta("durable_seq", String(this.#lastAssigned));
  }

  /**
   * Flushes, and returns the numbers that are reserved and not assigned, so that an eviction leaves none in doubt. The
   * next number then needs a write for which its call waits, so this is for a time without calls.
   */
  returnUnusedNumbers(now: number): void {
    this.flush(now);
    if (this.#lastReserved === this.#lastAssigned) return;
    this.#lastReserved = this.#lastAssigned;
    this.#storeNumbers();
  }

  /** Records calls whose outcome is overdue as `unknown`. */
  recordOverdue(now: number): void {
    this.#recordLost(
      "opened_at <= CASE WHEN row IS NULL THEN ? ELSE ? END",
      now - NUMBER_LOST_AFTER_MS,
      now - CALL_LOST_AFTER_MS,
    );
  }

  /** Records one batch of the open calls that match the condition as `unknown`; false: none matches. */
  #recordLost(condition: string, ...values: number[]): boolean {
    const query = `SELECT * FROM open_calls WHERE ${condition} LIMIT ${MAX_ROWS_PER_BATCH}`;
    const lost = this.#storage.sql.exec<LostCall>(query, ...values).toArray();
    if (lost.length > 0) this.recordOutcomes(encodeOutcomes(lost.map(toLostOutcome)));
    return lost.length > 0;
  }

  /** The next message for the queue: batches not yet sent, or sent long ago and not confirmed. Null: none is due. */
  nextMessage(workspaceSlug: string, now: number): AuditMessage | null {
    const due = this.#storage.sql.exec<StoredBatch>(
      "SELECT batch, rows FROM outbox WHERE sent_at IS NULL OR sent_at <= ? ORDER BY batch LIMIT 100",
      now - RESEND_AFTER_MS,
    );
    const { value } = toMessages(due).next();
    return value ? { workspaceSlug, workspaceId: this.#workspaceId, ...value } : null;
  }

  /** Delays the next send of these batches until they are due for a resend. */
  markSent(batches: number[], now: number): void {
    for (const batch of batches)
      this.#storage.sql.exec("UPDATE outbox SET sent_at = ? WHERE batch = ?", now, batch);
  }

  /** Deletes batches that D1 holds from the outbox. */
  confirm(batches: number[]): void {
    for (const batch of batches)
      this.#storage.sql.exec("DELETE FROM outbox WHERE batch = ?", batch);
  }

  /** When `recordOverdue` or `nextMessage` next has work, epoch ms; null: no row is unconfirmed and no call is open. */
  nextDueAt(): number | null {
    const { at } = this.#storage.sql
      .exec<{ at: number | null }>(
        `SELECT min(at) AS at FROM (
           SELECT min(coalesce(sent_at + ?, 0)) AS at FROM outbox UNION ALL
           SELECT min(opened_at + CASE WHEN row IS NULL THEN ? ELSE ? END) FROM open_calls)`,
        RESEND_AFTER_MS,
        NUMBER_LOST_AFTER_MS,
        CALL_LOST_AFTER_MS,
      )
      .one();
    return at;
  }

  /** All unconfirmed rows, open calls as `unknown`: the last write before the workspace is deleted. */
  drain(now: number): string[] {
    this.returnUnusedNumbers(now);
    while (this.#recordLost("true"));
    const stored = this.#storage.sql.exec<StoredBatch>(
      "SELECT batch, rows FROM outbox ORDER BY batch",
    );
    return Array.from(toMessages(stored), ({ rows }) => rows);
  }

  #nextSeq(): number {
    if (this.#lastAssigned >= this.#lastReserved) {
      this.#lastReserved = this.#lastAssigned + BLOCK_SIZE;
      this.#storage.writeMeta("reserved_seq", String(this.#lastReserved));
    }
    return ++this.#lastAssigned;
  }

  /** To call when every assigned number is in a table, so that a crash leaves none in doubt. */
  #storeNumbers(): void {
    this.#storage.writeMeta("durable_seq", String(this.#lastAssigned));
    this.#storage.writeMeta("reserved_seq", String(this.#lastReserved));
  }

  /** The first number that is in no table yet. */
  #firstUnflushed(): number {
    const first = this.#unflushedCalls.keys().next();
    return first.done ? this.#lastAssigned + 1 : first.value;
  }
}

type StoredBatch = { batch: number; rows: string };

/** Joins batches, in their order, into messages up to the maximum length. */
function* toMessages(
  stored: Iterable<StoredBatch>,
): Generator<Pick<AuditMessage, "batches" | "rows">, undefined> {
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

type LostCall = { seq: number; opened_at: number; row: string | null };

function toLostOutcome(lost: LostCall): CallOutcome {
  const known: OpenCall = lost.row
    ? readStored<OpenCall>(lost.row)
    : {
        seq: lost.seq,
        method: "",
        serverSlug: null,
        toolName: null,
        memberId: null,
        tokenId: null,
        protocolVersion: null,
        clientName: null,
        clientVersion: null,
        createdAt: lost.opened_at,
      };
  return { ...known, status: "unknown", errorCode: "outcome_lost", latencyMs: null };
}
