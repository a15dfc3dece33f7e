import type { Authentication, ClientIdentity } from "./admission.ts";

/**
 * The RPC methods of an AuthFailures object, which counts the failed authentications of its share of the client addresses.
 * An attempt counts as a failure until it is forgiven, so that attempts at the same time cannot pass the limit together.
 */
export interface AuthFailuresRpc {
  /**
   * Judges a gateway token for a workspace's slug, and counts it if it is not valid. `rate_limited`: the address has too
   * many failures, and nothing was looked up.
   */
  judgeToken(slug: string, client: ClientIdentity): Promise<Authentication>;
  /** Counts a token that the workspace has refused, although it was accepted here before. */
  countRefused(slug: string, client: ClientIdentity): void;
  /** Counts an attempt. Null: it may go on; else the seconds to wait. */
  take(address: string): number | null;
  /** Takes an attempt back, which has succeeded. */
  forgive(address: string): void;
}
