import {
  MAX_PARALLEL_CALLS_PER_CALLER,
  MAX_PARALLEL_CALLS_PER_SERVER,
} from "../../workers/contract/limits.ts";
import type { CallOutcome } from "../../workers/contract/records/audit.ts";

type Parties = Pick<CallOutcome, "memberId" | "tokenId" | "serverSlug">;

/** The numbers of calls in flight by member, or by token without a member, and by server. */
export class OpenCallCounts {
  readonly #keysBySeq = new Map<number, string[]>();
  readonly #counts = new Map<string, number>();

  /** Whether another call of the caller, or of the server, is one too many. A member can have many tokens. */
  isFull({ memberId, tokenId, serverSlug }: Parties): boolean {
    const count = (key: string) => this.#counts.get(key) ?? 0;
    return (
      count(`caller ${memberId ?? tokenId}`) >= MAX_PARALLEL_CALLS_PER_CALLER ||
      count(`server ${serverSlug}`) >= MAX_PARALLEL_CALLS_PER_SERVER
    );
  }

  add(seq: number, { memberId, tokenId, serverSlug }: Parties): void {
    const keys = [`caller ${memberId ?? tokenId}`, `server ${serverSlug}`];
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
