import type { CallOutcome } from "../../workers/contract/records/audit.ts";

/** How long an outcome with a doubtful number can arrive before the number is reported as skipped. */
export const NUMBER_LOST_AFTER_MS = 3 * 60_000;

/** Consecutive sequence numbers. */
export interface NumberRange {
  first: number;
  last: number;
}

/** What is known of a call whose number alone is known. */
const UNKNOWN_CALL: Partial<CallOutcome> = {
  method: "",
  serverSlug: null,
  toolName: null,
  memberId: null,
  tokenId: null,
  protocolVersion: null,
  clientName: null,
  clientVersion: null,
  resendReason: null,
  count: 1,
  rule: null,
};

/**
 * Numbers that were reserved when the object stopped without an order. It is not known which of them it had assigned in
 * its last 250 ms. They are rows of `open_calls` without a call; numbers of one stop have the same `opened_at`.
 */
export class DoubtfulNumbers {
  readonly #sql: SqlStorage;
  /** The highest doubtful number; 0: none. It saves all later outcomes a query. */
  readonly #last: number;

  /** `range`: the doubtful numbers of the stop before this start. */
  constructor(sql: SqlStorage, range: NumberRange, now: number) {
    this.#sql = sql;
    for (let seq = range.first; seq <= range.last; seq++)
      sql.exec("INSERT OR IGNORE INTO open_calls VALUES (?, ?, NULL)", seq, now);
    const query = "SELECT max(seq) AS last FROM open_calls WHERE row IS NULL";
    this.#last = sql.exec<{ last: number | null }>(query).one().last ?? 0;
  }

  /**
   * To be called before an outcome with this number is recorded. Numbers are assigned in ascending order, so all lower
   * ones of the same stop belong to calls, too.
   */
  handleOutcome(seq: number): void {
    if (seq > this.#last) return;
    this.#sql.exec(
      `UPDATE open_calls SET row = json_set(?, '$.seq', seq, '$.createdAt', opened_at)
       WHERE row IS NULL AND seq < ?
         AND opened_at = (SELECT opened_at FROM open_calls WHERE seq = ? AND row IS NULL)`,
      JSON.stringify(UNKNOWN_CALL),
      seq,
      seq,
    );
  }

  /** The numbers in doubt from stops before an instant (epoch ms). */
  list(before: number): NumberRange[] {
    const ranges: NumberRange[] = [];
    const query = "SELECT seq FROM open_calls WHERE row IS NULL AND opened_at <= ? ORDER BY seq";
    for (const { seq } of this.#sql.exec<{ seq: number }>(query, before)) {
      const range = ranges.at(-1);
      if (range?.last === seq - 1) range.last = seq;
      else ranges.push({ first: seq, last: seq });
    }
    return ranges;
  }

  /** Removes numbers that D1 has as skipped. */
  remove({ first, last }: NumberRange): void {
    const query = "DELETE FROM open_calls WHERE row IS NULL AND seq BETWEEN ? AND ?";
    this.#sql.exec(query, first, last);
  }
}
