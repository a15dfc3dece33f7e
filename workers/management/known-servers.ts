import type { Context } from "hono";
import type { ServerRecord } from "../contract/records/workspace.ts";
import type { ServerHealth } from "../contract/rpc/admission.ts";
import { findServer } from "../db/workspaces.ts";
import { workspacesOf } from "../runtime/objects.ts";
import { withoutCause } from "../upstream/failure-text.ts";
import type { ManagementEnv } from "./authorize.ts";

/**
 * The id of the user whose rights as a member limit what the caller sees; null: the caller sees all. An API key with the
 * role of a member sees what the member who created it does, and one that the operator created sees all servers.
 */
export function findViewer(c: Context<ManagementEnv>): string | null {
  const { role, caller } = c.var;
  if (role !== "member") return null;
  const creator = caller?.kind === "api-key" ? caller.key.createdBy : null;
  const viewer = caller?.kind === "user" ? caller.session.user.id : creator;
  return viewer === "operator" ? null : viewer;
}

/**
 * Returns the state of the servers that the caller is allowed to know: all for admins and owners; for a member those that
 * its rules name. An API key with the role of a member knows the servers of the member that created it.
 */
export async function listKnownServers(c: Context<ManagementEnv>): Promise<ServerHealth[]> {
  const { role, workspace } = c.var;
  const viewer = findViewer(c);
  const states = await workspacesOf(c.env)
    .getByName(workspace.slug)
    .listServerHealth(workspace.id, viewer);
  if (role !== "member") return states;
  return states.map((state) => ({
    ...state,
    check: withoutCause(state.check, state.name),
    credentials: [],
  }));
}

/** Finds a server that the caller is allowed to know, by slug. */
export async function findKnownServer(
  c: Context<ManagementEnv>,
  slug: string,
): Promise<ServerRecord | undefined> {
  const server = await findServer(c.var.db, c.var.workspace.id, slug);
  if (!server || c.var.role !== "member") return server;
  const isKnown = (await listKnownServers(c)).some((known) => known.slug === slug);
  return isKnown ? server : undefined;
}
