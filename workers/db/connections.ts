import { and, eq, getTableColumns } from "drizzle-orm";
import type { ConnectionRecord } from "../contract/records/connection.ts";
import { connections, upstreamClients } from "./connections-schema.ts";
import type { Db } from "./database.ts";

const { workspaceId: _owner, ...columns } = getTableColumns(connections);

/** Returns the sign-ins of a workspace at its servers. A server has one, or one for each member. */
export async function listConnections(db: Db, workspaceId: string): Promise<ConnectionRecord[]> {
  return db.select(columns).from(connections).where(eq(connections.workspaceId, workspaceId));
}

/** The gateway as a client of an authorization server. */
export type UpstreamClient = typeof upstreamClients.$inferSelect;

/** The key of an `UpstreamClient`: a client is good for its redirect address only. */
export type UpstreamClientKey = Pick<UpstreamClient, "workspaceId" | "issuer" | "redirectUri">;

/** Returns the client that a workspace has at an authorization server. */
export async function findUpstreamClient(
  db: Db,
  key: UpstreamClientKey,
): Promise<UpstreamClient | undefined> {
  return (await db.select().from(upstreamClients).where(isClient(key)))[0];
}

/** Stores the client that a workspace has at an authorization server, in place of another one. */
export async function saveUpstreamClient(db: Db, client: UpstreamClient): Promise<void> {
  const { workspaceId, issuer, redirectUri } = upstreamClients;
  await db
    .insert(upstreamClients)
    .values(client)
    .onConflictDoUpdate({ target: [workspaceId, issuer, redirectUri], set: client });
}

/** Deletes the client that a workspace has at an authorization server, which does not know it any more. */
export async function deleteUpstreamClient(db: Db, key: UpstreamClientKey): Promise<void> {
  await db.delete(upstreamClients).where(isClient(key));
}

function isClient({ workspaceId, issuer, redirectUri }: UpstreamClientKey) {
  return and(
    eq(upstreamClients.workspaceId, workspaceId),
    eq(upstreamClients.issuer, issuer),
    eq(upstreamClients.redirectUri, redirectUri),
  );
}
