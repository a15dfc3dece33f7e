import {
  MAX_PARALLEL_CALLS_PER_CALLER,
  MAX_PARALLEL_CALLS_PER_SERVER,
} from "../../workers/contract/limits.ts";
import type { CallOutcome } from "../../workers/contract/records/audit.ts";

type Parties = Pick<CallOutcome, "memberId" | "tokenId" | "serverSlug">;

/** The numbers of calls in flight by member, or by token without a member, by server, and by both. */
export class OpenCallCounts {
  readonly #keysBySeq = new Map<number, string[]>();
  readonly #counts = new Map<string, number>();

  /** Whether another call of the caller, or of the server, is one too many. A member can have many tokens. */
  isFull(parties: Parties): boolean {
    const { caller, server } = toKeys(parties);
    const count = (key: string) => this.#counts.get(key) ?? 0;
    return (
      count(caller) >= MAX_PARALLEL_CALLS_PER_CALLER ||
      count(server) >= MAX_PARALLEL_CALLS_PER_SERVER
    );
  }

  /** The calls of the caller to the server. */
  count(parties: Parties): number {
    return this.#counts.get(toKeys(parties).both) ?? 0;
  }

  /** The largest number of a call in flight; 0: there is none. */
  get newest(): number {
    return Math.max(0, ...this.#keysBySeq.keys());
  }

  /** Whether a call of the caller to the server has this number or a smaller one. */
  hasUpTo(seq: number, parties: Parties): boolean {
    const { both } = toKeys(parties);
    return [...this.#keysBySeq].some(([other, keys]) => other <= seq && keys.includes(both));
  }

  add(seq: number, parties: Parties): void {
    const keys = Object.values(toKeys(parties));
    this.#keysBySeq.set(seq, keys);
    for (const key of keys) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** Does nothing for a call that is not counted. */
  remove(seq: number): void {
    for (const key of this.#keysBySeq.get(seq) ?? []) {
      const count = (this.#counts.get(key) ?? 0) - 1;
      if (count > 0) this.#counts.set(key, count);
      else this.#counts.delete(key);
    }
    this.#keysBySeq.delete(seq);
  }
}

function toKeys({ memberId, tokenId, serverSlug }: Parties) {
  const caller = `caller ${memberId ?? tokenId}`;
  const server = `server ${serverSlug}`;
  return { caller, server, both: `${caller} ${server}` };
}
