import type { Context } from "hono";
import { Names, toServerReference } from "../db/names.ts";
import { requireMemberId, type ManagementEnv } from "./authorize.ts";
import { listKnownServers } from "./known-servers.ts";
import { ROLES } from "./roles.ts";

/** All names of the workspace: for callers who may read its audit log. */
export function openNames(c: Context<ManagementEnv>): Names {
  return new Names(c.var.db, c.var.workspace.id);
}

/**
 * The names for what a member reads about itself. Its refused calls can be calls of servers that it may not know, and a
 * query can have any id: a member who may not read the audit log finds its own name, those of its tokens, and those of
 * the servers that it may know.
 */
export async function openOwnNames(c: Context<ManagementEnv>): Promise<Names> {
  const { db, workspace, role } = c.var;
  const memberId = requireMemberId(c);
  if (role !== null && ROLES["audit.read"].includes(role)) return openNames(c);
  const known = await listKnownServers(c);
  const servers = new Set(known.map(({ slug }) => toServerReference(slug)));
  return new Names(db, workspace.id, { memberId, servers });
}
