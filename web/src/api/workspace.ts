import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import { ApiKey, Invitation, CallableTool } from "../../../workers/contract/api/people.ts";
import {
  Event,
  Health,
  Member,
  Server,
  ServerToolCatalogue,
  ServerTool,
  Token,
  ToolCall,
  Workspace,
} from "../../../workers/contract/api/resources.ts";
import { Usage, type UsageDimension } from "../../../workers/contract/api/usage.ts";
import { request, toQuery } from "./request.ts";

function listOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item) }).transform(({ items }) => items);
}

function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** Everything loaded of a workspace has a key that begins so. */
export function keyOf(slug: string, ...rest: unknown[]): unknown[] {
  return ["workspace", slug, ...rest];
}

/** A query of one resource below a workspace. */
function resource<T extends z.ZodType>(slug: string, path: string, schema: T) {
  return queryOptions({
    queryKey: keyOf(slug, ...path.split(/[/?]/)),
    queryFn: () => request(schema, "GET", `/workspaces/${slug}/${path}`),
  });
}

export const workspaceQuery = (slug: string) =>
  queryOptions({
    queryKey: keyOf(slug, "settings"),
    queryFn: () => request(Workspace, "GET", `/workspaces/${slug}`),
  });
export const serversQuery = (slug: string) => resource(slug, "servers", listOf(Server));
export const serverToolsQuery = (slug: string, server: string) =>
  resource(slug, `servers/${server}/tools`, listOf(ServerTool));
export const serverOfferQuery = (slug: string, server: string) =>
  resource(slug, `servers/${server}/tool-catalogue`, ServerToolCatalogue);
export const healthQuery = (slug: string) => resource(slug, "health", Health);
export const serverHealthQuery = (slug: string, server: string) =>
  resource(slug, `health?server=${server}&limit=200`, Health);
export const membersQuery = (slug: string) => resource(slug, "members", listOf(Member));
export const invitationsQuery = (slug: string) => resource(slug, "invitations", listOf(Invitation));
export const tokensQuery = (slug: string) => resource(slug, "tokens", listOf(Token));
export const ownTokensQuery = (slug: string) => resource(slug, "me/tokens", listOf(Token));
export const apiKeysQuery = (slug: string) => resource(slug, "api-keys", listOf(ApiKey));
export const ownToolsQuery = (slug: string) => resource(slug, "me/tools", listOf(CallableTool));

/** Calls or events by the workspace's audit or, for a member, one's own calls. */
export const CallPage = pageOf(ToolCall);
export const EventPage = pageOf(Event);
export type CallPage = z.infer<typeof CallPage>;
export type EventPage = z.infer<typeof EventPage>;

export interface UsageRange {
  from: number;
  to: number;
  step: "hour" | "day";
}

const REFRESH_MS = 60_000;
/** More colours would not be told apart. */
const MAX_SERIES = 6;

/** The workspace's figures per hour or day. */
export const usageQuery = (slug: string, by: UsageDimension, range: UsageRange) =>
  queryOptions({
    queryKey: keyOf(slug, "usage", by, range),
    queryFn: () =>
      request(
        Usage,
        "GET",
        `/workspaces/${slug}/usage${toQuery({ by, ...range, limit: MAX_SERIES })}`,
      ),
    refetchInterval: REFRESH_MS,
  });

/** The same of one's own calls, all together. */
export const ownUsageQuery = (slug: string, range: UsageRange) =>
  queryOptions({
    queryKey: keyOf(slug, "me", "usage", range),
    queryFn: () => request(Usage, "GET", `/workspaces/${slug}/me/usage${toQuery({ ...range })}`),
    refetchInterval: REFRESH_MS,
  });
