import type { AuditMessage, CallOutcome } from "../../workers/contract/records/audit.ts";
import {
  encodeOutcomes,
  joinOutcomes,
  readOutcomes,
} from "../../workers/contract/records/outcome-rows.ts";
import { readStored } from "../storage/stored-json.ts";
import type { WorkspaceStorage } from "../storage/workspace-storage.ts";

/** Numbers reserved at once: what a crash can turn into `unknown` rows at most, beside the calls in flight. */
const BLOCK = 128;
/** A call without an outcome for this long is recorded as `unknown`; a later outcome replaces that. */
const CALL_LOST_AFTER_MS = 15 * 60_000;
/** The same for a number that may never have been given: reserved by an object that stopped. */
const NUMBER_LOST_AFTER_MS = 3 * 60_000;
/** Rows that D1 has not confirmed are sent again after this long. */
const RESEND_AFTER_MS = 5 * 60_000;
/** Rows in one batch of the outbox, which is never divided again. */
const MAX_ROWS_PER_BATCH = 100;
/** Characters of rows in one message, unless a single batch has more; the queue takes 128 KB. */
const MAX_MESSAGE_LENGTH = 40_000;

/** An admitted call, as far as it is known before its outcome. */
export type OpenCall = Omit<CallOutcome, "status" | "errorCode" | "latencyMs">;

/**
 * The workspace's book of calls. Numbers are handed out from memory, in blocks reserved in SQLite before use, so that
 * none is given twice; every number becomes exactly one row, at the latest as `unknown`. Rows stay in the outbox
 * until the queue's consumer confirms that D1 has them.
 */
export class CallLog {
  readonly #storage: WorkspaceStorage;
  readonly #workspaceId: string;
  #issued: number;
  #reserved: number;
  /** Calls in flight whose number is not yet in `open_calls`. */
  readonly #open = new Map<number, OpenCall>();
  /** Outcomes decided here (refusals), waiting to be written with others. */
  #settled: CallOutcome[] = [];

  constructor(storage: WorkspaceStorage, workspaceId: string, now: number) {
    this.#storage = storage;
    this.#workspaceId = workspaceId;
    const accounted = Number(storage.get("accounted") ?? 0);
    this.#reserved = Number(storage.get("reserved") ?? 0);
    this.#issued = this.#reserved;
    this.#encodeOldBatches();
    // Reserved but not accounted for: this object stopped without notice. What was given away is not known any more.
    for (let seq = accounted + 1; seq <= this.#reserved; seq++) {
      storage.sql.exec("INSERT OR IGNORE INTO open_calls VALUES (?, ?, NULL)", seq, now);
    }
    if (this.#reserved > accounted) this.#account();
  }

  /** Gives a call its number. */
  open(call: Omit<OpenCall, "seq">): number {
    const seq = this.#take();
    this.#open.set(seq, { ...call, seq });
    return seq;
  }

  /** Numbers a call whose outcome is known already (a refusal, a subscription), and records it with the next batch. */
  record(call: Omit<CallOutcome, "seq">): void {
    this.#settled.push({ ...call, seq: this.#take() });
  }

  /** Whether there is something in memory that `write` would make durable. */
  get hasUnwritten(): boolean {
    return this.#settled.length > 0 || this.#open.size > 0;
  }

  /** Writes outcomes, given as `encodeOutcomes` makes them, to the outbox as they are, and the refusals that wait. */
  settle(outcomes: string): void {
    for (const { seq } of readOutcomes(outcomes, ["seq"])) {
      if (!this.#open.delete(seq))
        this.#storage.sql.exec("DELETE FROM open_calls WHERE seq = ?", seq);
    }
    this.#post(outcomes);
    this.#writeRefusals();
    this.#storage.set("accounted", String(this.#lowestOpen() - 1));
  }

  #writeRefusals(): void {
    for (let at = 0; at < this.#settled.length; at += MAX_ROWS_PER_BATCH)
      this.#post(encodeOutcomes(this.#settled.slice(at, at + MAX_ROWS_PER_BATCH)));
    this.#settled = [];
  }

  #post(rows: string): void {
    this.#storage.sql.exec("INSERT INTO outbox (rows) VALUES (?)", rows);
  }

  /** Makes memory durable: waiting refusals, and calls in flight, so that from here on a crash loses none of them. */
  write(now: number): void {
    this.#writeRefusals();
    for (const [seq, call] of this.#open) {
      this.#storage.sql.exec(
        "INSERT OR REPLACE INTO open_calls VALUES (?, ?, ?)",
        seq,
        now,
        JSON.stringify(call),
      );
    }
    this.#open.clear();
    this.#storage.set("accounted", String(this.#issued));
  }

  /**
   * Gives back the numbers that were reserved and not used, so that an object that is evicted now leaves none to guess
   * about. The next number then costs a write, which its caller waits for: not worth it while calls come.
   */
  release(now: number): void {
    this.write(now);
    if (this.#reserved === this.#issued) return;
    this.#reserved = this.#issued;
    this.#account();
  }

  /** Turns calls whose outcome is overdue into `unknown` rows. */
  expire(now: number): void {
    this.#settleLost(
      "opened_at <= CASE WHEN row IS NULL THEN ? ELSE ? END",
      now - NUMBER_LOST_AFTER_MS,
      now - CALL_LOST_AFTER_MS,
    );
  }

  /** Settles open calls as lost, one batch of those that the condition holds for; false: it holds for none. */
  #settleLost(condition: string, ...values: number[]): boolean {
    const query = `SELECT * FROM open_calls WHERE ${condition} LIMIT ${MAX_ROWS_PER_BATCH}`;
    const lost = this.#storage.sql.exec<LostCall>(query, ...values).toArray();
    if (lost.length > 0) this.settle(encodeOutcomes(lost.map(toLostOutcome)));
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

  markSent(batches: number[], now: number): void {
    for (const batch of batches)
      this.#storage.sql.exec("UPDATE outbox SET sent_at = ? WHERE batch = ?", now, batch);
  }

  /** D1 holds these batches: they leave the outbox. */
  confirm(batches: number[]): void {
    for (const batch of batches)
      this.#storage.sql.exec("DELETE FROM outbox WHERE batch = ?", batch);
  }

  /** When `expire` or `nextMessage` will next have something to do; null: the book is closed. */
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

  /** Every row not confirmed yet, open calls as `unknown`: for the last write before the workspace is deleted. */
  drain(now: number): string[] {
    this.release(now);
    while (this.#settleLost("true"));
    const stored = this.#storage.sql.exec<StoredBatch>(
      "SELECT batch, rows FROM outbox ORDER BY batch",
    );
    return Array.from(toMessages(stored), ({ rows }) => rows);
  }

  /** Earlier versions wrote rows as objects. */
  #encodeOldBatches(): void {
    const { sql } = this.#storage;
    const old = sql.exec<StoredBatch>("SELECT batch, rows FROM outbox WHERE rows LIKE '[{%'");
    for (const { batch, rows } of old.toArray()) {
      const encoded = encodeOutcomes(readStored<CallOutcome[]>(rows));
      sql.exec("UPDATE outbox SET rows = ? WHERE batch = ?", encoded, batch);
    }
  }

  #take(): number {
    if (this.#issued >= this.#reserved) {
      this.#reserved = this.#issued + BLOCK;
      this.#storage.set("reserved", String(this.#reserved));
    }
    return ++this.#issued;
  }

  /** Every number given so far is in a table: none is left to guess about after a crash. */
  #account(): void {
    this.#storage.set("accounted", String(this.#issued));
    this.#storage.set("reserved", String(this.#reserved));
  }

  /** The first number that only memory knows of. */
  #lowestOpen(): number {
    const first = this.#open.keys().next();
    return first.done ? this.#issued + 1 : first.value;
  }
}

type StoredBatch = { batch: number; rows: string };

/** Batches put together, in their order, as far as a message may be long. */
function* toMessages(
  stored: Iterable<StoredBatch>,
): Generator<Pick<AuditMessage, "batches" | "rows">, undefined> {
  let together: StoredBatch[] = [];
  const message = () => ({
    batches: together.map(({ batch }) => batch),
    rows: joinOutcomes(together.map(({ rows }) => rows)),
  });
  let length = 0;
  for (const next of stored) {
    length += next.rows.length;
    if (together.length > 0 && length > MAX_MESSAGE_LENGTH) {
      yield message();
      together = [];
      length = next.rows.length;
    }
    together.push(next);
  }
  if (together.length > 0) yield message();
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
        createdAt: lost.opened_at,
      };
  return { ...known, status: "unknown", errorCode: "outcome_lost", latencyMs: null };
}
