import { LONG_POLL_MS } from "../../workers/contract/limits.ts";
import type { WatchCallRequest, WatchCallResult } from "../../workers/contract/rpc/watch.ts";
import { findAllowedServer } from "../admission/called-item.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import { ChangeSignal } from "./change-signal.ts";
import { ExpiringSet } from "./expiring-set.ts";

/** A cancellation can arrive this long before the first watch of its call. */
const CANCELLATION_KEPT_MS = 10_000;

/** The calls in flight that the gateway watches. In memory: the gateway watches again after an eviction. */
export class CallWatches {
  readonly #loaded: () => LoadedWorkspace | null;
  readonly #cancelled = new ExpiringSet(CANCELLATION_KEPT_MS);
  readonly #signal = new ChangeSignal();

  constructor(loaded: () => LoadedWorkspace | null) {
    this.#loaded = loaded;
  }

  /** Waits until the call is cancelled, its client has no right to it any more, or 50 s are over. */
  async watch({ digest, call, item, url, client }: WatchCallRequest): Promise<WatchCallResult> {
    const endsAt = Date.now() + LONG_POLL_MS;
    for (;;) {
      const now = Date.now();
      if (call !== null && this.#cancelled.has(call, now)) return "cancelled";
      const loaded = this.#loaded();
      const found = loaded?.findStoppableOwner(digest, now, client);
      if (!loaded || !found) return "token_revoked";
      const { owner, stop } = found;
      // A Worker that sends no client does not know the causes.
      if (stop) return client ? stop : "access_revoked";
      const server = findAllowedServer(loaded, owner.access, item);
      if (!server || (url !== null && server.url !== url)) return "access_revoked";
      if (now >= endsAt) return "unchanged";
      const { token, access } = owner;
      const until = Math.min(token.expiresAt ?? Infinity, access.validUntil ?? Infinity);
      await this.#signal.wait(Math.min(endsAt, until) - now);
    }
  }

  cancel(call: string): void {
    this.#cancelled.add(call, Date.now());
    this.recheck();
  }

  /** Has all watches check their rights. To be called after a change of the workspace. */
  recheck(): void {
    if (this.#signal.isAwaited) this.#signal.fire();
  }
}
