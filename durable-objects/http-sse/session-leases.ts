import {
  MAX_HTTP_SSE_SESSIONS_PER_SERVER,
  MAX_HTTP_SSE_SESSIONS_PER_WORKSPACE,
} from "../../workers/contract/limits.ts";
import type { ServerRecord, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { HttpSseLease } from "../../workers/contract/rpc/http-sse-session.ts";
import { toOwnerId } from "../admission/call-route.ts";
import { listDigests, type TokenOwner } from "../admission/token-owners.ts";
import { toConnectionKey } from "../tool-catalogue/connection-key.ts";

/** A lease that was not renewed for this long has expired: its connection has ended. */
const LEASE_MS = 30_000;

/** A workspace with its token owners. */
interface Workspace {
  config: WorkspaceConfig;
  findTokenOwner(digest: string, now: number): TokenOwner | null;
}

interface StoredLease extends HttpSseLease {
  /** How the server was reached when the connection was opened. */
  serverKey: string;
  renewedAt: number;
  mustClose: boolean;
}

/**
 * The open connections to HTTP+SSE servers, each of which is held by an object. In memory: every connection renews its
 * lease again and again.
 */
export class HttpSseLeases {
  readonly #workspace: Workspace;
  readonly #leases = new Map<string, StoredLease>();

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /**
   * Begins or renews a lease. False: the connection must close after its calls in flight. Its server has changed, its
   * owner has lost access, or it is idle and there are too many.
   */
  renew(lease: HttpSseLease, now: number): boolean {
    for (const [connection, { renewedAt }] of this.#leases)
      if (renewedAt < now - LEASE_MS) this.#leases.delete(connection);
    const server = this.#workspace.config.servers.get(lease.serverId);
    const known = this.#leases.get(lease.connection);
    this.#leases.delete(lease.connection);
    if (!server?.enabled || known?.mustClose || !this.#hasAccess(lease.sessionOwner, server, now))
      return false;
    const serverKey = toConnectionKey(server);
    if (known && known.serverKey !== serverKey) return false;
    const renewed = { ...lease, serverKey, renewedAt: now, mustClose: false };
    this.#leases.set(lease.connection, renewed);
    const all = [...this.#leases.values()];
    const ofServer = all.filter(({ serverId }) => serverId === lease.serverId);
    closeOldest(ofServer, MAX_HTTP_SSE_SESSIONS_PER_SERVER);
    closeOldest(all, MAX_HTTP_SSE_SESSIONS_PER_WORKSPACE);
    return true;
  }

  /** Whether any valid token of the session's owner may still use the server. */
  #hasAccess(sessionOwner: string, { id: serverId }: ServerRecord, now: number): boolean {
    const ownerId = toOwnerId(sessionOwner);
    const mayKnow = (digest: string) =>
      this.#workspace.findTokenOwner(digest, now)?.access.mayKnowServer(serverId);
    return [...this.#workspace.config.tokens.values()].some(
      (token) => (token.memberId ?? token.id) === ownerId && listDigests(token).some(mayKnow),
    );
  }
}

/** Marks the connections above the maximum that are idle for longest. Connections with a call in flight are kept. */
function closeOldest(leases: StoredLease[], max: number): void {
  const open = leases.filter(({ mustClose }) => !mustClose);
  if (open.length <= max) return;
  const idle = open.filter(({ isIdle }) => isIdle).toSorted((a, b) => a.usedAt - b.usedAt);
  for (const lease of idle.slice(0, open.length - max)) lease.mustClose = true;
}
