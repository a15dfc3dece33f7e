import type { Context } from "hono";
import type { ServerHealth } from "../contract/rpc/admission.ts";
import { workspacesOf } from "../runtime/objects.ts";
import { withoutCause } from "../upstream/failure-text.ts";
import type { ManagementEnv } from "./authorize.ts";

/**
 * Returns the state of the servers that the caller is allowed to know: all for admins and owners; for a member those that
 * its rules name. An API key with the role of a member knows the servers of the member that created it.
 */
export async function listKnownServers(c: Context<ManagementEnv>): Promise<ServerHealth[]> {
  const { role, caller, workspace } = c.var;
  const object = workspacesOf(c.env).getByName(workspace.slug);
  if (role !== "member") return object.listServerHealth(workspace.id, null);
  const creator = caller?.kind === "api-key" ? caller.key.createdBy : null;
  const viewer = caller?.kind === "user" ? caller.session.user.id : creator;
  const states = await object.listServerHealth(workspace.id, viewer === "operator" ? null : viewer);
  return states.map((state) => ({ ...state, check: withoutCause(state.check, state.name) }));
}
