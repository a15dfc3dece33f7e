import type { Outcome } from "../workers/contract/admission.ts";
import type { AuditMessage, CallRow } from "../workers/contract/audit.ts";
import type { Storage } from "./storage.ts";
import { readStored } from "./stored-json.ts";

/** Numbers reserved at once: what a crash can turn into `unknown` rows at most, beside the calls in flight. */
const BLOCK = 128;
/** A call without an outcome for this long is recorded as `unknown`; a later outcome replaces that. */
const CALL_LOST_AFTER_MS = 15 * 60_000;
/** The same for a number that may never have been given: reserved by an object that stopped. */
const NUMBER_LOST_AFTER_MS = 3 * 60_000;
/** Rows that D1 has not confirmed are sent again after this long. */
const RESEND_AFTER_MS = 5 * 60_000;
const MAX_ROWS_PER_MESSAGE = 100;

/** An admitted call, as far as it is known before its outcome. */
export type OpenCall = Omit<Outcome, "status" | "errorCode" | "latencyMs">;

/**
 * The workspace's book of calls. Numbers are handed out from memory, in blocks reserved in SQLite before use, so that
 * none is given twice; every number becomes exactly one row, at the latest as `unknown`. Rows stay in the outbox
 * until the queue's consumer confirms that D1 has them.
 */
export class Ledger {
  readonly #storage: Storage;
  readonly #workspaceId: string;
  #issued: number;
  #reserved: number;
  /** Calls in flight whose number is not yet in `open_calls`. */
  readonly #open = new Map<number, OpenCall>();
  /** Outcomes decided here (refusals), waiting to be written with others. */
  #settled: Outcome[] = [];

  constructor(storage: Storage, workspaceId: string, now: number) {
    this.#storage = storage;
    this.#workspaceId = workspaceId;
    const accounted = Number(storage.get("accounted") ?? 0);
    this.#reserved = Number(storage.get("reserved") ?? 0);
    this.#issued = this.#reserved;
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

  /** Numbers and records a call that was refused; it is written with the next batch. */
  refuse(call: Omit<Outcome, "seq">): void {
    this.#settled.push({ ...call, seq: this.#take() });
  }

  /** Whether there is something in memory that `write` would make durable. */
  get hasUnwritten(): boolean {
    return this.#settled.length > 0 || this.#open.size > 0;
  }

  /** Writes outcomes to the outbox, in one batch with the refusals that wait. */
  settle(outcomes: Outcome[]): void {
    const rows = [...this.#settled, ...outcomes].map((outcome) => this.#toRow(outcome));
    this.#settled = [];
    for (const { seq } of outcomes) {
      if (!this.#open.delete(seq))
        this.#storage.sql.exec("DELETE FROM open_calls WHERE seq = ?", seq);
    }
    for (let at = 0; at < rows.length; at += MAX_ROWS_PER_MESSAGE) {
      this.#storage.sql.exec(
        "INSERT INTO outbox (rows) VALUES (?)",
        JSON.stringify(rows.slice(at, at + MAX_ROWS_PER_MESSAGE)),
      );
    }
    this.#storage.set("accounted", String(this.#lowestOpen() - 1));
  }

  /** Makes memory durable: waiting refusals, and calls in flight, so that from here on a crash loses none of them. */
  write(now: number): void {
    if (this.#settled.length > 0) this.settle([]);
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
    const lost = this.#storage.sql
      .exec<LostCall>(
        "SELECT * FROM open_calls WHERE opened_at <= CASE WHEN row IS NULL THEN ? ELSE ? END LIMIT 1000",
        now - NUMBER_LOST_AFTER_MS,
        now - CALL_LOST_AFTER_MS,
      )
      .toArray();
    if (lost.length > 0) this.settle(lost.map(toLostOutcome));
  }

  /** The next message for the queue: batches not yet sent, or sent long ago and not confirmed. Null: none is due. */
  nextMessage(workspaceSlug: string, now: number): AuditMessage | null {
    const due = this.#storage.sql.exec<{ batch: number; rows: string }>(
      "SELECT batch, rows FROM outbox WHERE sent_at IS NULL OR sent_at <= ? ORDER BY batch LIMIT 100",
      now - RESEND_AFTER_MS,
    );
    const message: AuditMessage = { workspaceSlug, batches: [], rows: [] };
    for (const { batch, rows } of due) {
      const parsed = readStored<CallRow[]>(rows);
      if (message.rows.length + parsed.length > MAX_ROWS_PER_MESSAGE) break;
      message.batches.push(batch);
      message.rows.push(...parsed);
    }
    return message.rows.length > 0 ? message : null;
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
  drain(now: number): CallRow[] {
    this.release(now);
    const open = this.#storage.sql.exec<LostCall>("SELECT * FROM open_calls").toArray();
    this.settle(open.map(toLostOutcome));
    const batches = this.#storage.sql
      .exec<{ rows: string }>("SELECT rows FROM outbox ORDER BY batch")
      .toArray();
    return batches.flatMap(({ rows }) => readStored<CallRow[]>(rows));
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

  #toRow({ latencyMs, ...outcome }: Outcome): CallRow {
    return {
      ...outcome,
      id: `${this.#workspaceId}:${outcome.seq}`,
      workspaceId: this.#workspaceId,
      latencyMs: outcome.status === "unknown" ? null : latencyMs,
    };
  }
}

type LostCall = { seq: number; opened_at: number; row: string | null };

function toLostOutcome(lost: LostCall): Outcome {
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
  return { ...known, status: "unknown", errorCode: "outcome_lost", latencyMs: 0 };
}
