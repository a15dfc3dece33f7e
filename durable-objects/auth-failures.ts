import { DurableObject } from "cloudflare:workers";
import { AUTH_FAILURE_WINDOW_MS, MAX_AUTH_FAILURES } from "../workers/contract/limits.ts";
import type { Authentication, ClientIdentity } from "../workers/contract/rpc/admission.ts";
import type { AuthFailuresRpc } from "../workers/contract/rpc/auth-failures.ts";
import { HOUR_MS } from "../workers/contract/units.ts";
import { openDb } from "../workers/db/database.ts";
import { addRefusedTokens, type RefusedTokens } from "../workers/db/refused-tokens.ts";
import { findTokenWorkspace } from "../workers/db/workspaces.ts";
import { BoundedMap } from "../workers/runtime/bounded-map.ts";
import type { Env } from "../workers/runtime/env.ts";
import { logFailure } from "../workers/runtime/log.ts";
import { workspacesOf } from "../workers/runtime/objects.ts";
import { Semaphore } from "../workers/runtime/semaphore.ts";
import { withTimeout } from "../workers/runtime/with-timeout.ts";

// Together these bound the memory that strangers can fill: about 5 MB per object.
const MAX_ADDRESSES = 10_000;
const MAX_ACCEPTED = 10_000;
const MAX_REFUSED = 2_000;
/** Lookups of one address at a time: good tokens that arrive together wait for each other and are not refused. */
const LOOKUPS_AT_ONCE = 5;
/** If D1 takes longer, the workspace is asked. */
const LOOKUP_TIMEOUT_MS = 3_000;
/** Counts of refused tokens are written to D1 at most this often, so that a flood costs one row an hour. */
const FLUSH_INTERVAL_MS = 60_000;
const TICK_MS = 5_000;

const UNAUTHORIZED: Authentication = { kind: "unauthorized" };
const AUTHENTICATED: Authentication = { kind: "authenticated" };

/** An address with its failures in the current window. */
interface Address {
  failures: number;
  /** End of the window, epoch ms. */
  endsAt: number;
  lookups: Semaphore;
}

/**
 * Counts the failed authentications of its share of the client addresses and judges tokens that a Worker isolate does not
 * know. It uses no storage: its state is in memory, and lasts as long as a window or a count is open.
 */
export class AuthFailures extends DurableObject<Env> implements AuthFailuresRpc {
  readonly #addresses = new BoundedMap<Address>(MAX_ADDRESSES);
  /** Slugs by the digests of tokens that were accepted: they pass although others fail at the same address. */
  readonly #accepted = new BoundedMap<string>(MAX_ACCEPTED);
  /** Counts that D1 does not have yet, by hour and slug. The slug need not exist. */
  #refused = new BoundedMap<RefusedTokens>(MAX_REFUSED);
  #flushedAt = 0;
  #isTicking = false;

  /** See `AuthFailuresRpc`. The Workspace object judges every accepted token again, so that an old answer does no harm. */
  async judgeToken(slug: string, client: ClientIdentity): Promise<Authentication> {
    const { address, digest } = client;
    const isAccepted = () => this.#accepted.get(digest) === slug;
    if (isAccepted()) return AUTHENTICATED;
    const known = this.#find(address);
    if (known.failures >= MAX_AUTH_FAILURES) return toRateLimited(known);
    return known.lookups.run(async () => {
      if (isAccepted()) return AUTHENTICATED;
      const seconds = this.take(address);
      if (seconds !== null) return { kind: "rate_limited", retryAfterSeconds: seconds };
      const result = await this.#lookUp(slug, client);
      if (result.kind === "unauthorized") this.#addRefused(slug, Math.floor(Date.now() / HOUR_MS));
      else this.forgive(address);
      if (result.kind === "authenticated") this.#accepted.set(digest, slug);
      return result;
    });
  }

  countRefused(slug: string, { address, digest }: ClientIdentity): void {
    this.#accepted.delete(digest);
    this.#find(address).failures++;
    this.#addRefused(slug, Math.floor(Date.now() / HOUR_MS));
  }

  take(address: string): number | null {
    const known = this.#find(address);
    if (known.failures >= MAX_AUTH_FAILURES) return secondsToWait(known);
    known.failures++;
    return null;
  }

  forgive(address: string): void {
    const known = this.#find(address);
    known.failures = Math.max(0, known.failures - 1);
  }

  /**
   * One query decides, which does the same for an unknown slug as for a wrong token. Without D1 the workspace decides: it
   * has a copy of its tokens.
   */
  async #lookUp(slug: string, client: ClientIdentity): Promise<Authentication> {
    try {
      const query = findTokenWorkspace(openDb(this.env.DB), client.digest, Date.now());
      const found = await withTimeout(query, LOOKUP_TIMEOUT_MS);
      if (found !== "late") return found?.slug === slug ? AUTHENTICATED : UNAUTHORIZED;
    } catch (error) {
      logFailure("token_lookup_failed", error);
    }
    try {
      const result = await workspacesOf(this.env).getByName(slug).authenticate(client);
      // The token is valid: the workspace records the request that it refuses.
      const isValid = ["stopped", "rate_limited", "unknown_server"].includes(result.kind);
      return isValid ? AUTHENTICATED : result;
    } catch (error) {
      logFailure("admission_failed", error, { workspace: slug });
      return { kind: "unavailable" };
    }
  }

  #find(address: string): Address {
    this.#startTicking();
    const now = Date.now();
    const known = this.#addresses.get(address);
    if (known && known.endsAt > now) return known;
    const fresh = {
      failures: 0,
      endsAt: now + AUTH_FAILURE_WINDOW_MS,
      lookups: known?.lookups ?? new Semaphore(LOOKUPS_AT_ONCE),
    };
    this.#addresses.delete(address);
    this.#addresses.set(address, fresh);
    return fresh;
  }

  #addRefused(slug: string, hour: number, count = 1): void {
    this.#startTicking();
    const key = `${hour} ${slug}`;
    const before = this.#refused.get(key)?.count ?? 0;
    this.#refused.set(key, { slug, hour, count: before + count });
  }

  /** An object without pending work is evicted from memory after some seconds, and its counts would be lost. */
  #startTicking(): void {
    if (this.#isTicking) return;
    this.#isTicking = true;
    this.ctx.waitUntil(this.#tick());
  }

  async #tick(): Promise<void> {
    while (this.#addresses.size > 0 || this.#refused.size > 0) {
      await scheduler.wait(TICK_MS);
      const now = Date.now();
      for (const [address, { endsAt }] of this.#addresses.entries())
        if (endsAt <= now) this.#addresses.delete(address);
      if (this.#refused.size > 0 && this.#flushedAt + FLUSH_INTERVAL_MS <= now)
        await this.#flush(now);
    }
    this.#isTicking = false;
  }

  async #flush(now: number): Promise<void> {
    const rows = Array.from(this.#refused.entries(), ([, row]) => row);
    this.#refused = new BoundedMap(MAX_REFUSED);
    this.#flushedAt = now;
    try {
      await addRefusedTokens(openDb(this.env.DB), rows);
    } catch (error) {
      logFailure("refused_tokens_not_stored", error);
      for (const { slug, hour, count } of rows) this.#addRefused(slug, hour, count);
    }
  }
}

function toRateLimited(address: Address): Authentication {
  return { kind: "rate_limited", retryAfterSeconds: secondsToWait(address) };
}

function secondsToWait({ endsAt }: Address): number {
  return Math.max(1, Math.ceil((endsAt - Date.now()) / 1000));
}
