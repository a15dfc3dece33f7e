import type { Server, TokenFacts, Workspace } from "../contract/api.ts";
import type { ServerRecord, TokenRecord, WorkspaceRecord } from "../contract/workspace.ts";

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

/** A token as the API shows it: without its digest. */
export function toToken<T extends TokenRecord>(record: T): Omit<T, "digest"> & TokenFacts {
  const { digest: _, ...token } = record;
  return token;
}
