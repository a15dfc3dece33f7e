import { and, eq, isNull, sql } from "drizzle-orm";
import type { RegisteredServer } from "../contract/rpc/admission.ts";
import type { Db } from "./database.ts";
import { servers, workspaces } from "./schema.ts";

/** Returns what the registry of a workspace lists without a token; null: no such workspace, or it is not public. */
export async function findPublicRegistry(db: Db, slug: string): Promise<RegisteredServer[] | null> {
  const [workspace] = await db
    .select({ id: workspaces.id })
    .from(workspaces)
    .where(
      and(
        eq(workspaces.slug, slug),
        isNull(workspaces.deletedAt),
        eq(workspaces.publicRegistry, true),
      ),
    );
  if (!workspace) return null;
  return db
    .select({
      slug: servers.slug,
      name: servers.name,
      createdAt: servers.createdAt,
      changedAt: sql<number>`coalesce(${servers.changedAt}, ${servers.createdAt})`,
    })
    .from(servers)
    .where(and(eq(servers.workspaceId, workspace.id), eq(servers.enabled, true)));
}
