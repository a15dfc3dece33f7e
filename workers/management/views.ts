import { z } from "zod";
import type { Server, TokenFacts, Workspace } from "../contract/api/resources.ts";
import type {
  Role,
  ServerRecord,
  TokenRecord,
  WorkspaceRecord,
} from "../contract/records/workspace.ts";

/** A workspace as the API shows it: without its key. */
export function toWorkspace(record: WorkspaceRecord): Workspace {
  const { wrappedKey: _, ...workspace } = record;
  return workspace;
}

/** A server as the API shows it: of its credentials, all but what they are. */
export function toServer(record: ServerRecord): Server {
  const credentials = record.credentials.map(({ name, lastFour, setAt }) => ({
    name,
    lastFour,
    setAt,
  }));
  return { ...record, credentials };
}

/** How somebody of a role sees servers: members learn nothing of headers and credentials. */
export function shownTo(role: Role | null): (record: ServerRecord) => Server {
  if (role !== "member") return toServer;
  return (record) => ({ ...toServer(record), headers: {}, credentials: [] });
}

/** A token as the API shows it: without its digest. */
export function toToken<T extends TokenRecord>(record: T): Omit<T, "digest"> & TokenFacts {
  const { digest: _, ...token } = record;
  return token;
}

/** A new token's clear text, shown this once, with its record. */
export function toIssuedToken({ token, record }: { token: string; record: TokenRecord }) {
  return { token, record: toToken(record) };
}

const Definition = z.object({
  description: z.string().nullable().catch(null),
  inputSchema: z.record(z.string(), z.unknown()).nullable().catch(null),
  annotations: z.record(z.string(), z.unknown()).nullable().catch(null),
});

/** A tool's definition is the server's own text: what is not of its type is left out. */
export function toDefinition(text: string): z.infer<typeof Definition> {
  return Definition.parse(JSON.parse(text));
}
