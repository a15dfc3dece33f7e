import type { Account, AccountsOf } from "../../workers/contract/api/accounts.ts";
import type { ConnectionState } from "../../workers/contract/records/connection.ts";
import type { MemberRecord, ServerRecord } from "../../workers/contract/records/workspace.ts";
import { toReasonText } from "../../workers/upstream/sign-in/reason-text.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import { describeWanted } from "./wanted-scopes.ts";

/**
 * The accounts of a member and its agents, for that member: connected, or at servers that they may use. Or those that are
 * connected at a server, for others.
 */
export function findAccounts(loaded: LoadedWorkspace | null, of: AccountsOf): Account[] {
  if (!loaded) return [];
  const { servers, members } = loaded.config;
  if ("serverId" in of) {
    const server = servers.get(of.serverId);
    return server
      ? listHolders(loaded, server).map((member) => toAccount(loaded, server, member))
      : [];
  }
  const isOwn = ({ id, agent }: MemberRecord) =>
    id === of.memberId || agent?.ownerId === of.memberId;
  const sorted = [...servers.values()]
    .filter(({ perPerson }) => perPerson !== null)
    .toSorted((a, b) => a.position - b.position);
  return [...members.values()].filter(isOwn).flatMap((member) =>
    sorted
      .map((server) => toOwnAccount(loaded, server, member))
      // What calls cannot use any more can still be disconnected.
      .filter(({ blockedBy, connectedAt }) => blockedBy === null || connectedAt !== null),
  );
}

/** The members who have connected an account at the server, first connected first. */
function listHolders({ config }: LoadedWorkspace, server: ServerRecord): MemberRecord[] {
  if (server.perPerson === null) return [];
  return [...config.connections.values()]
    .filter(({ serverId }) => serverId === server.id)
    .toSorted((a, b) => a.connectedAt - b.connectedAt)
    .flatMap(({ memberId }) => config.members.get(memberId ?? "") ?? []);
}

/** The states of the accounts at a server, by member. */
export function listAccountStates(
  loaded: LoadedWorkspace,
  server: ServerRecord,
): { memberId: string; state: ConnectionState }[] {
  return listHolders(loaded, server).map(({ id }) => ({
    memberId: id,
    state: loaded.connections.stateOf(server, id),
  }));
}

function toAccount(
  { connections, policy }: LoadedWorkspace,
  server: ServerRecord,
  member: MemberRecord,
): Account {
  const { id, name, agent } = member;
  const kind = server.perPerson?.kind ?? "sign_in";
  const found = connections.stateOf(server, id);
  const { connection, issuer, state, reason, message, since, refreshedAt, wanted = null } = found;
  const mayUse = policy.accessOf(member, Date.now()).mayKnowServer(server.id);
  return {
    state,
    reason,
    message,
    since,
    refreshedAt,
    wanted,
    server: { slug: server.slug, name: server.name },
    kind,
    member: { id, name, isAgent: agent !== null },
    issuer: kind === "key" ? null : issuer,
    connectedAt: connection?.connectedAt ?? null,
    isByCompany:
      server.perPerson?.kind === "sign_in" && server.perPerson.byCompany === true && !agent,
    isForChecks:
      connection !== null && connections.stateOf(server).connection?.id === connection.id,
    blockedBy: server.enabled ? (mayUse ? null : "rules") : "disabled",
  };
}

/** As `toAccount`, in words for the person who connects it. */
function toOwnAccount(
  loaded: LoadedWorkspace,
  server: ServerRecord,
  member: MemberRecord,
): Account {
  const account = toAccount(loaded, server, member);
  const { connection, reason } = loaded.connections.stateOf(server, member.id);
  if (connection === null) return account;
  const { wanted } = account;
  return {
    ...account,
    message: reason === null ? account.message : toReasonText(reason, connection, true),
    wanted: wanted && { ...wanted, message: describeWanted(connection, wanted, true) },
  };
}
