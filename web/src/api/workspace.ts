import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import { Account } from "../../../workers/contract/api/accounts.ts";
import { Connection } from "../../../workers/contract/api/connections.ts";
import { ApiKey, Invitation, CallableTool } from "../../../workers/contract/api/people.ts";
import {
  Event,
  Health,
  ListedMember,
  Member,
  NamedTool,
  RefusedTokenHour,
  Server,
  ServerToolCatalogue,
  ServerTool,
  Token,
  ToolCall,
  Workspace,
  WorkspaceToken,
} from "../../../workers/contract/api/resources.ts";
import { BlockedClient } from "../../../workers/contract/records/workspace.ts";
import { request } from "./request.ts";

function listSchema<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item) }).transform(({ items }) => items);
}

function pageSchema<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** Query key of a workspace's data; all of them share this prefix. */
export function workspaceKey(slug: string, ...rest: unknown[]): unknown[] {
  return ["workspace", slug, ...rest];
}

/** Query: one resource of a workspace. */
function resourceQuery<T extends z.ZodType>(slug: string, path: string, schema: T) {
  return queryOptions({
    queryKey: workspaceKey(slug, ...path.split(/[/?]/)),
    queryFn: () => request(schema, "GET", `/workspaces/${slug}/${path}`),
  });
}

/** Query: a workspace's settings. */
export const workspaceQuery = (slug: string) =>
  queryOptions({
    queryKey: workspaceKey(slug, "settings"),
    queryFn: () => request(Workspace, "GET", `/workspaces/${slug}`),
  });
/** Query: a workspace's servers, in the order of the merged catalogue. */
export const serversQuery = (slug: string) => resourceQuery(slug, "servers", listSchema(Server));
/** Query: the tools of one server, as last listed. */
export const serverToolsQuery = (slug: string, server: string) =>
  resourceQuery(slug, `servers/${server}/tools`, listSchema(ServerTool));
/** Query: the names of the tools of all servers, by position of their server. */
export const toolNamesQuery = (slug: string) => resourceQuery(slug, "tools", listSchema(NamedTool));
/** Query: the prompts, resources, resource templates and skills of one server, as last listed. */
export const serverFeaturesQuery = (slug: string, server: string) =>
  resourceQuery(slug, `servers/${server}/tool-catalogue`, ServerToolCatalogue);
/** Query: the gateway's sign-in at one server. */
export const connectionQuery = (slug: string, server: string) =>
  resourceQuery(slug, `servers/${server}/connection`, Connection);
/** Query: the people who have connected an account at one server. */
export const serverAccountsQuery = (slug: string, server: string) =>
  resourceQuery(slug, `servers/${server}/accounts`, listSchema(Account));
/** Query: the accounts of the signed-in member and their agents. */
export const myAccountsQuery = (slug: string) =>
  resourceQuery(slug, "me/accounts", listSchema(Account));
/** Query: the current health of all servers. */
export const healthQuery = (slug: string) => resourceQuery(slug, "health", Health);
/** Query: the health of one server, with its last 200 checks. */
export const serverHealthQuery = (slug: string, server: string) =>
  resourceQuery(slug, `health?server=${server}&limit=200`, Health);
/** Query: a workspace's members with their rules and last activity. */
export const membersQuery = (slug: string) =>
  resourceQuery(slug, "members", listSchema(ListedMember));
/** Query: invitations that are neither accepted nor expired. */
export const invitationsQuery = (slug: string) =>
  resourceQuery(slug, "invitations", listSchema(Invitation));
/** Query: all tokens of a workspace, with who made them. */
export const tokensQuery = (slug: string) =>
  resourceQuery(slug, "tokens", listSchema(WorkspaceToken));
/** Query: the clients that a workspace refuses by name. */
export const blockedClientsQuery = (slug: string) =>
  resourceQuery(slug, "blocked-clients", listSchema(BlockedClient));
/** Query: the numbers of refused tokens of the last 7 days, by hour. */
export const refusedTokensQuery = (slug: string) =>
  resourceQuery(slug, "refused-tokens", listSchema(RefusedTokenHour));
/** Query: the signed-in member's tokens. */
export const myTokensQuery = (slug: string) => resourceQuery(slug, "me/tokens", listSchema(Token));
/** Query: a workspace's API keys. */
export const apiKeysQuery = (slug: string) => resourceQuery(slug, "api-keys", listSchema(ApiKey));
/** Query: the tools that the signed-in member is allowed to call. */
export const myToolsQuery = (slug: string) =>
  resourceQuery(slug, "me/tools", listSchema(CallableTool));

/** A page of calls, of the workspace or of the signed-in member, newest first. */
export const CallPage = pageSchema(ToolCall);
/** A page of audit events, newest first. */
export const EventPage = pageSchema(Event);
export type CallPage = z.infer<typeof CallPage>;
export type EventPage = z.infer<typeof EventPage>;

/** Query: the signed-in member of a workspace. */
export const meInWorkspaceQuery = (slug: string) => resourceQuery(slug, "me", Member);
/** Query: the last calls of the signed-in member that a rule or a stop refused. */
export const myRefusedCallsQuery = (slug: string) =>
  resourceQuery(slug, "me/tool-calls?status=blocked&limit=20", CallPage);

/**
 * A member of a workspace, as the API returns it; or a team, of which the pages about rules show the same. `teamRules`: the rules
 * of the member's teams that are in force.
 */
export type WorkspaceMember = ListedMember & {
  isTeam?: boolean;
  teamRules?: readonly string[];
  isTeamRestricted?: boolean;
};
