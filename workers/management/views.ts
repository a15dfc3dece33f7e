import { z } from "zod";
import type { EntryState } from "../contract/api/marketplace-requests.ts";
import type { Person, Rules, Server, TokenSummary, Workspace } from "../contract/api/resources.ts";
import type { NamedToken, ServerRecord, WorkspaceRecord } from "../contract/records/workspace.ts";
import { hideUrlSecrets } from "../contract/versions/secret-url.ts";
import type { Name, Names } from "../db/names.ts";
import { toOriginState } from "./server-origins.ts";

/** API view of a workspace: no wrapped data key, and no blocked clients, which not every member is shown. */
export function toWorkspace(record: WorkspaceRecord): Workspace {
  const { wrappedKey: _key, blockedClients: _clients, ...workspace } = record;
  return workspace;
}

/**
 * API view of a server: credential names and last four characters, never values. `names`: of who set them; `entries`: those
 * of the marketplace that servers are from.
 */
export function toServer(
  record: ServerRecord,
  names: Names | null,
  entries: Map<string, EntryState>,
): Server {
  const { changedAt: _changedAt, ...server } = record;
  const credentials = server.credentials.map(({ name, lastFour, setAt, setBy, expiresAt }) => ({
    name,
    lastFour,
    setAt,
    setBy: setBy === undefined ? null : toPerson(setBy, names?.find(setBy) ?? null),
    expiresAt: expiresAt ?? null,
  }));
  return { ...server, credentials, origin: toOriginState(server.origin, entries) };
}

/** API view of a server for an auditor, who changes nothing: no secret that its URL has. */
export function toServerForAuditor(server: Server): Server {
  return { ...server, url: hideUrlSecrets(server.url, () => "…") };
}

/** API view of a person who did something. `name`: null: not known. */
export function toPerson(id: string, name: Name | null): Person {
  return { id, name: name?.name ?? null, hasLeft: name?.isGone ?? false };
}

/**
 * API view of a server for a member: how to use it, not where it is and how the gateway reaches it. A host name can be one
 * of an inside network, and a URL can hold a key. `position`: among the servers that the member sees.
 */
export function toServerForMember(record: ServerRecord, position: number): Server {
  return {
    ...toServer(record, null, new Map()),
    position,
    url: "",
    headers: {},
    credentials: [],
    hosted: null,
    // The entry says where the server is.
    origin: null,
    legacy: null,
    longestCallSeconds: null,
    longestSilenceSeconds: null,
  };
}

/** API view of the rules of a member or team. */
export function toRules({ rules, terms, isRestricted, rulesVersion }: Rules): Rules {
  return { rules, terms, isRestricted, rulesVersion };
}

/** API view of a token: no digest, and not who made it. */
export function toToken<
  T extends Omit<NamedToken, "accessTokens"> & Partial<Pick<NamedToken, "accessTokens">>,
>(
  record: T,
): Omit<T, "digest" | "createdBy" | "sessionId" | "trustRuleId" | "accessTokens"> & TokenSummary {
  const {
    digest: _,
    createdBy: _creator,
    sessionId: _session,
    trustRuleId: _rule,
    accessTokens: _access,
    ...token
  } = record;
  return token;
}

/** API view of a new token: its clear text, which no later response contains, and its record. */
export function toIssuedToken({ token, record }: { token: string; record: NamedToken }) {
  return { token, record: toToken(record) };
}

const Definition = z.object({
  description: z.string().nullable().catch(null),
  inputSchema: z.record(z.string(), z.unknown()).nullable().catch(null),
  annotations: z.record(z.string(), z.unknown()).nullable().catch(null),
});

/** Parses a tool's definition, which is text from the server: a field with a wrong type becomes null. */
export function parseToolDefinition(text: string): z.infer<typeof Definition> {
  return Definition.parse(JSON.parse(text));
}
