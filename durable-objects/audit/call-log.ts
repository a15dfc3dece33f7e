import type { CallOutcome } from "../../workers/contract/records/audit.ts";
import { encodeOutcomes, readOutcomes } from "../../workers/contract/records/outcome-rows.ts";
import { readStored } from "../storage/stored-json.ts";
import type { WorkspaceStorage } from "../storage/workspace-storage.ts";
import { DoubtfulNumbers, NUMBER_LOST_AFTER_MS } from "./doubtful-numbers.ts";
import { OpenCallCounts } from "./open-call-counts.ts";
import { OutboxTable } from "./outbox-table.ts";
import { Refusals } from "./refusals.ts";
import { SequenceNumbers } from "./sequence-numbers.ts";

/** A call without an outcome for this long is recorded as `unknown`; a later outcome replaces that row. */
const CALL_LOST_AFTER_MS = 15 * 60_000;
/** Rows of one outbox batch: a batch is sent, confirmed and resent as a whole. */
const MAX_ROWS_PER_BATCH = 100;

const OUTCOME_LOST = { status: "unknown", errorCode: "outcome_lost", latencyMs: null } as const;

/** An admitted call without its outcome. */
export type OpenCall = Omit<CallOutcome, "status" | "errorCode" | "latencyMs">;

/**
 * The workspace's call log. Sequence numbers are assigned from memory, in blocks that are reserved in SQLite before
 * use, so that none is assigned twice. Every assigned number becomes exactly one row, at the latest as `unknown`; numbers
 * that a crash left unused become an audit event. Rows stay in the outbox until the queue's consumer confirms that D1 has
 * them.
 */
export class CallLog {
  readonly #storage: WorkspaceStorage;
  readonly outbox: OutboxTable;
  /**
   * Distinguishes this log from every other one under the same slug: of a workspace that was deleted, or of storage that
   * was lost. Numbers of calls and batches mean something only together with it.
   */
  readonly life: string;
  /** Numbers that were reserved when the object last stopped. */
  readonly doubtful: DoubtfulNumbers;
  /** The numbers of calls in flight. */
  readonly inFlight = new OpenCallCounts();
  readonly #refusals = new Refusals();
  readonly #numbers: SequenceNumbers;
  /** Calls in flight that are not yet in `open_calls`, by number, in ascending order. */
  readonly #unflushedCalls = new Map<number, OpenCall>();
  /** Outcomes that were decided in this object, for example refusals, and are not yet in the outbox. */
  #unflushedOutcomes: CallOutcome[] = [];
  #isClosed = false;

  constructor(storage: WorkspaceStorage, now: number) {
    this.#storage = storage;
    this.outbox = new OutboxTable(storage.sql);
    this.life = storage.life;
    const durable = Number(storage.readMeta("durable_seq") ?? 0);
    this.#numbers = new SequenceNumbers(storage);
    const reserved = { first: durable + 1, last: this.#numbers.last };
    this.doubtful = new DoubtfulNumbers(storage.sql, reserved, now);
    if (this.#numbers.last > durable) this.#storeDurable(this.#numbers.last);
    const query = "SELECT seq, row FROM open_calls WHERE row IS NOT NULL";
    for (const { seq, row } of storage.sql.exec<{ seq: number; row: string }>(query))
      this.inFlight.add(seq, readStored<OpenCall>(row));
  }

  /** Assigns a sequence number to an admitted call, which is open until its outcome is recorded. */
  assignSeq(call: Omit<OpenCall, "seq">): number {
    const seq = this.#nextSeq();
    this.#unflushedCalls.set(seq, { ...call, seq });
    this.inFlight.add(seq, call);
    return seq;
  }

  /** Records a refused call with the next batch, in one row with others of its kind in the same minute. */
  recordRefusal(call: Omit<CallOutcome, "seq">): void {
    if (this.#refusals.count(call)) return;
    const row = { ...call, seq: this.#nextSeq() };
    this.#unflushedOutcomes.push({ ...row });
    this.#refusals.begin(row);
  }

  /** Numbers a call whose outcome is known already (a subscription), and records it with the next batch. */
  record(call: Omit<CallOutcome, "seq">): void {
    this.#unflushedOutcomes.push({ ...call, seq: this.#nextSeq() });
  }

  /** Whether memory has something that `flush` would write. */
  get hasUnflushed(): boolean {
    return (
      this.#unflushedOutcomes.length > 0 ||
      this.#unflushedCalls.size > 0 ||
      this.#refusals.hasUnwritten
    );
  }

  /** Writes outcomes (in the encoding of `encodeOutcomes`) and all unflushed ones to the outbox. */
  recordOutcomes(outcomes: string): void {
    for (const { seq } of readOutcomes(outcomes, ["seq"])) {
      this.inFlight.remove(seq);
      if (this.#unflushedCalls.delete(seq)) continue;
      this.doubtful.handleOutcome(seq);
      this.#storage.sql.exec("DELETE FROM open_calls WHERE seq = ?", seq);
    }
    this.outbox.add(outcomes);
    this.#flushOutcomes();
    this.#storeDurable(this.#firstUnflushed() - 1);
  }

  #flushOutcomes(): void {
    for (let at = 0; at < this.#unflushedOutcomes.length; at += MAX_ROWS_PER_BATCH)
      this.outbox.add(encodeOutcomes(this.#unflushedOutcomes.slice(at, at + MAX_ROWS_PER_BATCH)));
    this.#unflushedOutcomes = [];
  }

  /** Writes all unflushed outcomes and calls, so that a crash from here on loses none of them. */
  flush(now: number): void {
    this.#unflushedOutcomes.push(...this.#refusals.takeDue(now, false));
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
    this.#storeDurable(this.#numbers.last);
  }

  /**
   * Flushes, and returns the numbers that are reserved and not assigned, so that an eviction leaves none in doubt. The
   * next number then needs a write for which its call waits, so this is for a time without calls.
   */
  returnUnusedNumbers(now: number): void {
    this.#unflushedOutcomes.push(...this.#refusals.takeDue(now, true));
    this.flush(now);
    this.#numbers.returnUnused();
  }

  /** Records calls whose outcome is overdue as `unknown`. */
  recordOverdue(now: number): void {
    const openedAt = { from: 0, to: now - CALL_LOST_AFTER_MS };
    this.#endCalls(openedAt, (call) => ({ ...call, ...OUTCOME_LOST }));
  }

  /**
   * Assigns no further number: `assignSeq` and `record` throw from now on. Returns the number of calls without an outcome
   * that were admitted after an instant (epoch ms).
   */
  close(since: number): number {
    this.#isClosed = true;
    const query = "SELECT count(*) AS n FROM open_calls WHERE row IS NOT NULL AND opened_at >= ?";
    return this.#unflushedCalls.size + this.#storage.sql.exec<{ n: number }>(query, since).one().n;
  }

  /** Takes calls again after `endAllCalls`: the workspace was not deleted. */
  reopen(): void {
    this.#isClosed = false;
  }

  /** Whether the log takes no further call. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Ends a closed log: records the calls that `close` counts as cancelled, and returns unused numbers. */
  settle(since: number, now: number): void {
    this.returnUnusedNumbers(now);
    this.#endCalls({ from: since, to: Infinity }, (call) => ({
      ...call,
      status: "cancelled",
      errorCode: "gateway_stopped",
      latencyMs: Math.max(0, now - call.createdAt),
    }));
  }

  /** Records all calls in flight that were written in a time range (epoch ms, inclusive). */
  #endCalls(
    openedAt: { from: number; to: number },
    toOutcome: (call: OpenCall) => CallOutcome,
  ): void {
    const query = `SELECT row FROM open_calls WHERE row IS NOT NULL AND opened_at BETWEEN ? AND ?
      LIMIT ${MAX_ROWS_PER_BATCH}`;
    for (;;) {
      const rows = this.#storage.sql
        .exec<{ row: string }>(query, openedAt.from, Math.min(openedAt.to, Number.MAX_SAFE_INTEGER))
        .toArray();
      if (rows.length === 0) return;
      const outcomes = rows.map(({ row }) => toOutcome(readStored<OpenCall>(row)));
      this.recordOutcomes(encodeOutcomes(outcomes));
    }
  }

  /** The last assigned sequence number; 0: none was. */
  get lastSeq(): number {
    return this.#numbers.last;
  }

  /** When `recordOverdue` or the outbox next has work, epoch ms; null: no row is unconfirmed and no call is open. */
  nextDueAt(): number | null {
    const { at: overdueAt } = this.#storage.sql
      .exec<{ at: number | null }>(
        "SELECT min(opened_at + CASE WHEN row IS NULL THEN ? ELSE ? END) AS at FROM open_calls",
        NUMBER_LOST_AFTER_MS,
        CALL_LOST_AFTER_MS,
      )
      .one();
    const dueAt = [overdueAt, this.outbox.nextDueAt()].filter((at) => at !== null);
    return dueAt.length > 0 ? Math.min(...dueAt) : null;
  }

  /**
   * Closes the log, returns unused numbers and records open calls as `unknown`, before the workspace is deleted. A call
   * whose admission is in progress is not admitted: its row would be lost.
   */
  endAllCalls(now: number): void {
    this.#isClosed = true;
    this.returnUnusedNumbers(now);
    this.#endCalls({ from: 0, to: Infinity }, (call) => ({ ...call, ...OUTCOME_LOST }));
  }

  #nextSeq(): number {
    if (this.#isClosed) throw new Error("The call log is closed: no call is admitted");
    return this.#numbers.next(Date.now());
  }

  /** Stores the last number up to which all are in a table, so that a crash leaves none of them in doubt. */
  #storeDurable(seq: number): void {
    this.#storage.writeMeta("durable_seq", String(seq));
  }

  /** The first number that is in no table yet. */
  #firstUnflushed(): number {
    const first = this.#unflushedCalls.keys().next();
    return first.done ? this.#numbers.last + 1 : first.value;
  }
}
