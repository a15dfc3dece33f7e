import { KEY_PLACE, type ConnectionRecord } from "../../workers/contract/records/connection.ts";
import type { ServerRecord, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { UpstreamError } from "../../workers/contract/rpc/tool-catalogue.ts";

/** The gateway itself, where the id of a token owner stands otherwise: it checks servers and fetches their lists. */
export const GATEWAY = "gateway";

/** The header for a request to a server at which the gateway has signed in. `version`: of its token. */
export type AccessResult =
  | { ok: true; header: string; value: string; version: number }
  | { ok: false; error: UpstreamError };

/** The secret of a connection, to be sent. */
export type TokenAccess =
  | { ok: true; token: string; version: number }
  | { ok: false; error: UpstreamError };

/** Finds the connection of a request without a search: a workspace can have one for each member and server. */
export class ConnectionIndex {
  readonly #config: WorkspaceConfig;
  readonly #byPlace = new Map<string, ConnectionRecord>();
  readonly #forChecks = new Map<string, ConnectionRecord>();

  constructor(config: WorkspaceConfig) {
    this.#config = config;
    this.rebuild();
  }

  /** The configuration has changed. */
  rebuild(): void {
    this.#byPlace.clear();
    this.#forChecks.clear();
    const { connections, members, servers } = this.#config;
    for (const connection of connections.values()) {
      const { serverId, memberId, resource } = connection;
      // A connection is for the origin that the server's URL had then.
      const server = servers.get(serverId);
      if (!server || new URL(resource).origin !== new URL(server.url).origin) continue;
      this.#byPlace.set(toPlace(serverId, memberId), connection);
      const member = memberId === null ? undefined : members.get(memberId);
      if (!member || member.agent) continue;
      const first = this.#forChecks.get(serverId);
      if (!first || isBefore(this.#config, connection, first))
        this.#forChecks.set(serverId, connection);
    }
  }

  /**
   * The connection for a request of a token owner or of the gateway. Where each person has an account, the gateway
   * uses that of the owner or admin who connected first, and until one has, that of the person who connected first: without
   * any, no person would get a list of tools.
   */
  find({ id, perPerson }: ServerRecord, caller: string): ConnectionRecord | undefined {
    return perPerson !== null && caller === GATEWAY
      ? this.#forChecks.get(id)
      : this.#byPlace.get(toPlace(id, perPerson === null ? null : caller));
  }
}

/** Whether the gateway uses `a` for its checks rather than `b`. */
function isBefore({ members }: WorkspaceConfig, a: ConnectionRecord, b: ConnectionRecord): boolean {
  const [isAdminA, isAdminB] = [a, b].map(({ memberId }) => {
    const role = members.get(memberId ?? "")?.role;
    return role === "owner" || role === "admin";
  });
  return isAdminA === isAdminB ? a.connectedAt < b.connectedAt : isAdminA === true;
}

function toPlace(serverId: string, memberId: string | null): string {
  return `${serverId} ${memberId ?? ""}`;
}

/**
 * Whether a person has signed in anew at the same authorization server: some end all sign-ins of an account with the
 * revocation of one token.
 */
export function isReplaced(
  { connections }: WorkspaceConfig,
  { serverId, memberId, issuer }: ConnectionRecord,
): boolean {
  return [...connections.values()].some(
    (other) =>
      other.serverId === serverId && other.memberId === memberId && other.issuer === issuer,
  );
}

/** The value of `authorization` with an access token (RFC 6750, section 2.1). */
export function toBearer(token: string): string {
  return `Bearer ${token}`;
}

/** The header with an access token or a person's key. */
export function toHeader(
  { perPerson }: ServerRecord,
  secret: string,
): { header: string; value: string } {
  if (perPerson?.kind !== "key") return { header: "authorization", value: toBearer(secret) };
  return { header: perPerson.header, value: perPerson.template.replace(KEY_PLACE, () => secret) };
}
