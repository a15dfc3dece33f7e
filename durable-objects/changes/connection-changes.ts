import type { ConnectionRecord } from "../../workers/contract/records/connection.ts";
import type { EntityChange, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import { tryOpenWorkspaceKey } from "../credentials/encryption.ts";
import { sealTokens } from "../credentials/sealed-tokens.ts";
import {
  accept,
  refuse,
  refuseUnreadableKey,
  type ChangeContext,
  type ChangeDecision,
} from "./change-decision.ts";

/** Stores a sign-in at a server. */
export async function connectServer(
  config: WorkspaceConfig,
  { serverId, url, provider, tokens, scopes, person }: Command<"server.connect">,
  context: ChangeContext,
): Promise<ChangeDecision<"server.connect">> {
  const { workspace, servers } = config;
  const server = servers.get(serverId);
  if (!server) return refuse("not_found", "The server was removed during the sign-in.");
  // The tokens are for the server that the person has seen.
  if (server.url !== url)
    return refuse("conflict", "The server’s URL was changed during the sign-in: connect it again.");
  const key = await tryOpenWorkspaceKey(context.ring, workspace.wrappedKey);
  if (!key) return refuseUnreadableKey();
  const { issuer, resource, clientId } = provider;
  const place = { serverId, memberId: null, issuer, resource };
  const record: ConnectionRecord = {
    id: context.newId("con"),
    ...place,
    scopes: tokens.scopes ?? scopes,
    askedScopes: scopes,
    clientId,
    tokens: await sealTokens(
      key,
      { ...place, workspaceId: workspace.id },
      provider,
      tokens,
      context.now,
    ),
    connectedBy: person,
    connectedAt: context.now,
  };
  const event = {
    action: "server.connected",
    object: `server:${server.slug}`,
    detail: { issuer, scopes: record.scopes },
  } as const;
  const changes: EntityChange[] = [
    ...toSignOuts(config, serverId),
    { kind: "connection", id: record.id, value: record },
  ];
  return accept(context, workspace, event, changes, { server, check: null });
}

/** Ends the sign-in at a server. The tokens are revoked after the change. */
export function disconnectServer(
  config: WorkspaceConfig,
  { slug }: Command<"server.disconnect">,
  context: ChangeContext,
): ChangeDecision<"server.disconnect"> {
  const server = [...config.servers.values()].find((known) => known.slug === slug);
  if (!server) return refuse("not_found", "There is no such server in this workspace.");
  const changes = toSignOuts(config, server.id);
  if (changes.length === 0) return { kind: "unchanged", result: { server } };
  const event = { action: "server.disconnected", object: `server:${slug}`, detail: {} } as const;
  return accept(context, config.workspace, event, changes, { server });
}

/** The changes that end all sign-ins at a server. */
export function toSignOuts({ connections }: WorkspaceConfig, serverId: string): EntityChange[] {
  return [...connections.values()]
    .filter((connection) => connection.serverId === serverId)
    .map(({ id }) => ({ kind: "connection", id, value: null }));
}
