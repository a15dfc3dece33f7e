import type { CallOutcome } from "../../workers/contract/records/audit.ts";
import { MINUTE_MS } from "../../workers/contract/units.ts";

/** How often a row's growing count is written. */
const WRITE_AFTER_MS = 5_000;
/** Most kinds that are counted at a time; above that, each refusal has a row. */
const MAX_KINDS = 5_000;

interface Refusal {
  /** The row of the first one. */
  row: CallOutcome;
  /** The count that was last written, and when (epoch ms). */
  written: number;
  writtenAt: number;
}

/**
 * Counts refused calls, so that a flood of them does not become a flood of audit rows: those of one token, method,
 * tool and reason in one minute have one row with their number. The row is written at the first one, and again with a
 * greater count every 5 s.
 */
export class Refusals {
  readonly #byKind = new Map<string, Refusal>();
  #hasUnwritten = false;

  /** Counts a refusal. False: it is the first of its kind in its minute, and `begin` must be called with its row. */
  count(call: Omit<CallOutcome, "seq">): boolean {
    const refusal = this.#byKind.get(toKind(call));
    if (!refusal) return false;
    refusal.row.count++;
    this.#hasUnwritten = true;
    return true;
  }

  /** Begins to count a kind whose first row is being written. */
  begin(row: CallOutcome): void {
    if (this.#byKind.size >= MAX_KINDS) return;
    this.#byKind.set(toKind(row), { row, written: row.count, writtenAt: row.createdAt });
  }

  /** Whether a count is not written yet. */
  get hasUnwritten(): boolean {
    return this.#hasUnwritten;
  }

  /** Returns the rows whose count must be written now, and forgets the kinds of past minutes. `all`: without a delay. */
  takeDue(now: number, all: boolean): CallOutcome[] {
    const due: CallOutcome[] = [];
    this.#hasUnwritten = false;
    for (const [kind, refusal] of this.#byKind) {
      const { row, written, writtenAt } = refusal;
      const isOver = toMinute(row.createdAt) !== toMinute(now);
      if (isOver) this.#byKind.delete(kind);
      if (row.count === written) continue;
      if (!all && !isOver && now - writtenAt < WRITE_AFTER_MS) {
        this.#hasUnwritten = true;
        continue;
      }
      due.push({ ...row });
      refusal.written = row.count;
      refusal.writtenAt = now;
    }
    return due;
  }
}

function toKind(call: Omit<CallOutcome, "seq">): string {
  const { tokenId, memberId, method, serverSlug, toolName, status, errorCode } = call;
  const minute = toMinute(call.createdAt);
  const { protocolVersion } = call;
  return JSON.stringify([
    minute,
    tokenId,
    memberId,
    method,
    serverSlug,
    toolName,
    status,
    errorCode,
    protocolVersion,
  ]);
}

function toMinute(at: number): number {
  return Math.floor(at / MINUTE_MS);
}
