import type {
  ConnectionRecord,
  IssuedTokens,
  ProviderClient,
} from "../../workers/contract/records/connection.ts";
import type {
  EntityChange,
  MemberRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import { tryOpenWorkspaceKey } from "../credentials/encryption.ts";
import { sealTokens } from "../credentials/sealed-tokens.ts";
import {
  accept,
  refuse,
  refuseUnreadableKey,
  type ChangeContext,
  type ChangeDecision,
  type RefusedDecision,
} from "./change-decision.ts";
import { findServer, refuseUnknownServer } from "./known-server.ts";

/** Most of a key that a person enters: header values are as long. */
const MAX_KEY_LENGTH = 8192;

/** Stores a sign-in at a server. */
export async function connectServer(
  config: WorkspaceConfig,
  {
    serverId,
    memberId,
    url,
    provider,
    tokens,
    scopes,
    person,
    byCompany,
  }: Command<"server.connect">,
  context: ChangeContext,
): Promise<ChangeDecision<"server.connect">> {
  const server = config.servers.get(serverId);
  if (!server) return refuse("not_found", "The server was removed during the sign-in.");
  // The tokens are for the server that the person has seen.
  if (server.url !== url)
    return refuse("conflict", "The server’s URL was changed during the sign-in: connect it again.");
  if ((memberId === null) !== (server.perPerson === null) || server.perPerson?.kind === "key")
    return refuse(
      "conflict",
      "An admin has changed during the sign-in whose account the server uses: connect it again.",
    );
  const isSwitchedOn = server.perPerson?.kind === "sign_in" && server.perPerson.byCompany;
  if (byCompany && !isSwitchedOn)
    return refuse("conflict", "The server does not use the company’s sign-in any more.");
  const member = memberId === null ? null : findOwn(config, memberId, person);
  if (member === undefined) return refuseOther();
  const { issuer, resource, clientId } = provider;
  const place = { serverId, memberId, issuer, resource };
  const granted = { scopes: tokens.scopes ?? scopes, askedScopes: scopes };
  const known = { ...place, ...granted, clientId, connectedBy: person };
  const record = await seal(config, known, provider, tokens, context);
  if (!record) return refuseUnreadableKey();
  const event = {
    action: "server.connected",
    object: `server:${server.slug}`,
    detail: {
      issuer,
      scopes: record.scopes,
      ...toMemberDetail(member),
      ...(byCompany ? { byCompany } : {}),
    },
  } as const;
  const changes: EntityChange[] = [
    ...toSignOuts(config, (other) => other.serverId === serverId && other.memberId === memberId),
    { kind: "connection", id: record.id, value: record },
  ];
  return accept(context, config.workspace, event, changes, { server, check: null });
}

/** Stores a member's own key for a server. */
export async function enterKey(
  config: WorkspaceConfig,
  { slug, memberId, key, person }: Command<"server.enter-key">,
  context: ChangeContext,
): Promise<ChangeDecision<"server.enter-key">> {
  const server = findServer(config, slug);
  if (!server) return refuseUnknownServer();
  if (server.perPerson?.kind !== "key")
    return refuse("conflict", "People do not enter keys of their own for this server.");
  const member = findOwn(config, memberId, person);
  if (!member) return refuseOther();
  if (key === "" || key.length > MAX_KEY_LENGTH || !/^[\x21-\x7e]+$/.test(key))
    return refuse("invalid", "key: use 1 to 8192 visible ASCII characters without spaces.");
  const { id: serverId, url } = server;
  const place = { serverId, memberId, issuer: new URL(url).origin, resource: url };
  const tokens = { accessToken: key, refreshToken: null, expiresIn: null, scopes: null };
  const known = { scopes: [], askedScopes: null, clientId: "", connectedBy: person };
  const record = await seal(config, { ...place, ...known }, null, tokens, context);
  if (!record) return refuseUnreadableKey();
  const event = {
    action: "server.connected",
    object: `server:${slug}`,
    detail: { isKey: true, ...toMemberDetail(member) },
  } as const;
  const changes: EntityChange[] = [
    ...toSignOuts(config, (other) => other.serverId === serverId && other.memberId === memberId),
    { kind: "connection", id: record.id, value: record },
  ];
  return accept(context, config.workspace, event, changes, { server, check: null });
}

/** Ends the sign-ins at a server, or that of one member. The tokens are revoked after the change. */
export function disconnectServer(
  config: WorkspaceConfig,
  { slug, memberId, person }: Command<"server.disconnect">,
  context: ChangeContext,
): ChangeDecision<"server.disconnect"> {
  const server = findServer(config, slug);
  if (!server) return refuseUnknownServer();
  if (person !== undefined && (memberId === null || !findOwn(config, memberId, person)))
    return refuseOther();
  const changes = toSignOuts(
    config,
    (known) => known.serverId === server.id && (memberId === null || known.memberId === memberId),
  );
  if (changes.length === 0) return { kind: "unchanged", result: { server } };
  const member = memberId === null ? undefined : config.members.get(memberId);
  const event = {
    action: "server.disconnected",
    object: `server:${slug}`,
    detail: { accounts: changes.length, ...toMemberDetail(member ?? null) },
  } as const;
  return accept(context, config.workspace, event, changes, { server });
}

/** The changes that end sign-ins. */
export function toSignOuts(
  { connections }: WorkspaceConfig,
  isEnded: (connection: ConnectionRecord) => boolean,
): EntityChange[] {
  return [...connections.values()]
    .filter(isEnded)
    .map(({ id }) => ({ kind: "connection", id, value: null }));
}

/** Null: the workspace's key cannot be opened. */
async function seal(
  { workspace }: WorkspaceConfig,
  known: Omit<ConnectionRecord, "id" | "tokens" | "connectedAt">,
  provider: ProviderClient | null,
  tokens: IssuedTokens,
  context: ChangeContext,
): Promise<ConnectionRecord | null> {
  const key = await tryOpenWorkspaceKey(context.ring, workspace.wrappedKey);
  if (!key) return null;
  const place = { ...known, workspaceId: workspace.id };
  const sealed = await sealTokens(key, place, provider, tokens, context.now);
  return { id: context.newId("con"), ...known, tokens: sealed, connectedAt: context.now };
}

/** The member that a user is, or an agent of that member. */
function findOwn(
  { members }: WorkspaceConfig,
  memberId: string,
  person: string,
): MemberRecord | undefined {
  const member = members.get(memberId);
  const responsible = member?.agent ? members.get(member.agent.ownerId) : member;
  return responsible?.userId === person && member?.role !== "auditor" ? member : undefined;
}

function toMemberDetail(member: MemberRecord | null): { member?: string; memberId?: string } {
  return member ? { member: member.name, memberId: member.id } : {};
}

function refuseOther(): RefusedDecision {
  return refuse(
    "forbidden",
    "You can connect your own account, and those of the agents that you are responsible for.",
  );
}
