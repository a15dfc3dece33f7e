import { DASHBOARD_CLIENT_NAME } from "../../workers/contract/connection-name.ts";
import type { TokenRecord } from "../../workers/contract/records/workspace.ts";
import type { AdmitRequest, TokenConnection } from "../../workers/contract/rpc/admission.ts";

/**
 * What clients have done with each token's current value since the object is in memory, for the person who waits for a
 * client to connect. An eviction loses it; the token's last use in D1 stays.
 */
export class TokenConnections {
  readonly #byDigest = new Map<string, TokenConnection>();

  /** An authenticated request. The dashboard's own requests with a token are no connection of its client. */
  recordRequest(
    { digest }: TokenRecord,
    { clientName, clientVersion }: AdmitRequest,
    now: number,
  ): void {
    if (clientName === DASHBOARD_CLIENT_NAME) return;
    const known = this.#byDigest.get(digest);
    if (known && (clientName === null || known.client?.name === clientName)) return;
    this.#byDigest.set(digest, {
      client: clientName === null ? null : { name: clientName, version: clientVersion },
      connectedAt: known?.connectedAt ?? now,
      calledAt: known?.calledAt ?? null,
    });
  }

  /** A call that goes to a server. */
  recordCall({ digest }: TokenRecord, now: number): void {
    const known = this.#byDigest.get(digest);
    if (known) known.calledAt ??= now;
  }

  find(digest: string): TokenConnection {
    return this.#byDigest.get(digest) ?? { client: null, connectedAt: null, calledAt: null };
  }
}
