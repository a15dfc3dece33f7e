import { z } from "zod";
import type { Server, TokenSummary, Workspace } from "../contract/api/resources.ts";
import type { ServerRecord, TokenRecord, WorkspaceRecord } from "../contract/records/workspace.ts";

/** API view of a workspace: no wrapped data key, and no blocked clients, which not every member is shown. */
export function toWorkspace(record: WorkspaceRecord): Workspace {
  const { wrappedKey: _key, blockedClients: _clients, ...workspace } = record;
  return workspace;
}

/** API view of a server: credential names and last four characters, never values. */
export function toServer(record: ServerRecord): Server {
  const credentials = record.credentials.map(({ name, lastFour, setAt }) => ({
    name,
    lastFour,
    setAt,
  }));
  return { ...record, credentials };
}

/**
 * API view of a server for a member: how to use it, not how the gateway reaches it. A URL can hold a key in its user,
 * path or query, so that only the origin is left; a hosted server's URL is that of its container host, and is not shown.
 */
export function toServerForMember(record: ServerRecord): Server {
  return {
    ...toServer(record),
    url: record.hosted ? "" : new URL(record.url).origin,
    headers: {},
    credentials: [],
    hosted: null,
    legacy: null,
    longestCallSeconds: null,
    longestSilenceSeconds: null,
  };
}

/** API view of a token: no digest, and not who made it. */
export function toToken<T extends TokenRecord>(
  record: T,
): Omit<T, "digest" | "createdBy"> & TokenSummary {
  const { digest: _, createdBy: _creator, ...token } = record;
  return token;
}

/** API view of a new token: its clear text, which no later response contains, and its record. */
export function toIssuedToken({ token, record }: { token: string; record: TokenRecord }) {
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
