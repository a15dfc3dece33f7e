import { MAX_SUSPENDED_CALLS_PER_TOKEN } from "../../workers/contract/limits.ts";
import type { CallLease } from "../../workers/contract/rpc/suspended-call.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";

/** A lease that was not renewed for this long has expired: its SuspendedCall object stopped. */
const LEASE_MS = 30_000;

interface StoredLease extends CallLease {
  tokenId: string;
  renewedAt: number;
}

/**
 * The leases of suspended calls, each of which is an object. Two calls never share an upstream session, so that a
 * server request on it belongs to exactly one of them. In memory: every call renews its lease again and again.
 */
export class CallLeases {
  readonly #loaded: () => LoadedWorkspace | null;
  readonly #leases = new Map<string, StoredLease>();

  constructor(loaded: () => LoadedWorkspace | null) {
    this.#loaded = loaded;
  }

  /**
   * `shared`: the call can use the owner's session; `own`: that is in use, it needs its own. Null: the token is not
   * valid.
   */
  acquire(lease: CallLease, now: number): "shared" | "own" | "too_many" | null {
    const tokenId = this.#loaded()?.findTokenOwner(lease.digest, now)?.token.id;
    if (tokenId === undefined) return null;
    for (const [holder, { renewedAt }] of this.#leases)
      if (renewedAt < now - LEASE_MS) this.#leases.delete(holder);
    const others = [...this.#leases.values()];
    if (others.filter((other) => other.tokenId === tokenId).length >= MAX_SUSPENDED_CALLS_PER_TOKEN)
      return "too_many";
    const isInUse = others.some(
      ({ serverId, sessionOwner, ownsSession }) =>
        !ownsSession && serverId === lease.serverId && sessionOwner === lease.sessionOwner,
    );
    this.#leases.set(lease.holder, { ...lease, ownsSession: isInUse, tokenId, renewedAt: now });
    return isInUse ? "own" : "shared";
  }

  /** False: the token is not valid any more, and the call must end. */
  renew(lease: CallLease, now: number): boolean {
    const tokenId = this.#loaded()?.findTokenOwner(lease.digest, now)?.token.id;
    if (tokenId === undefined) this.#leases.delete(lease.holder);
    else this.#leases.set(lease.holder, { ...lease, tokenId, renewedAt: now });
    return tokenId !== undefined;
  }

  release(holder: string): void {
    this.#leases.delete(holder);
  }
}
