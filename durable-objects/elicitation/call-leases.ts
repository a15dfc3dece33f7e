import { MAX_SUSPENDED_CALLS_PER_TOKEN } from "../../workers/contract/limits.ts";
import type { CallLease } from "../../workers/contract/rpc/suspended-call.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";

/** A hold that nobody renews for this long is over: its object stopped. */
const ABSENT_MS = 30_000;

interface Kept extends CallLease {
  tokenId: string;
  renewedAt: number;
}

/**
 * The calls that wait for answers, each in an object of its own. Two of them never share a session with a server: a
 * question that comes on it must be for one of them. In memory: who holds a call says so again and again.
 */
export class CallLeases {
  readonly #loaded: () => LoadedWorkspace | null;
  readonly #kept = new Map<string, Kept>();

  constructor(loaded: () => LoadedWorkspace | null) {
    this.#loaded = loaded;
  }

  /** `shared`: the call may use the owner's session; `own`: another one does, it needs a session of its own. Null: not for this token. */
  begin(hold: CallLease, now: number): "shared" | "own" | "too_many" | null {
    const tokenId = this.#loaded()?.findPrincipal(hold.digest, now)?.token.id;
    if (tokenId === undefined) return null;
    for (const [holder, { renewedAt }] of this.#kept)
      if (renewedAt < now - ABSENT_MS) this.#kept.delete(holder);
    const others = [...this.#kept.values()];
    if (others.filter((other) => other.tokenId === tokenId).length >= MAX_SUSPENDED_CALLS_PER_TOKEN)
      return "too_many";
    const isTaken = others.some(
      ({ serverId, sessionOwner, ownsSession }) =>
        !ownsSession && serverId === hold.serverId && sessionOwner === hold.sessionOwner,
    );
    this.#kept.set(hold.holder, { ...hold, ownsSession: isTaken, tokenId, renewedAt: now });
    return isTaken ? "own" : "shared";
  }

  /** False: its caller may not have an answer any more. */
  renew(hold: CallLease, now: number): boolean {
    const tokenId = this.#loaded()?.findPrincipal(hold.digest, now)?.token.id;
    if (tokenId === undefined) this.#kept.delete(hold.holder);
    else this.#kept.set(hold.holder, { ...hold, tokenId, renewedAt: now });
    return tokenId !== undefined;
  }

  end(holder: string): void {
    this.#kept.delete(holder);
  }
}
