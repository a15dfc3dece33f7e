import type { Context } from "hono";
import type { NamedTool } from "../contract/api/resources.ts";
import { workspacesOf } from "../runtime/objects.ts";
import type { ManagementEnv } from "./authorize.ts";

/** The names of all tools of a workspace, as the servers and as clients know them. */
export function listToolNames(c: Context<ManagementEnv>): Promise<NamedTool[]> {
  const { slug, id } = c.var.workspace;
  return workspacesOf(c.env).getByName(slug).listToolNames(id);
}

/**
 * The names of the tools of other servers than `slug`, which texts of that server should not mention. A name that the server
 * has, too, is its own. `slug` undefined: a server that is not there yet.
 */
export function listOtherTools(tools: readonly NamedTool[], slug: string | undefined): string[] {
  const toNames = (listed: readonly NamedTool[]) =>
    listed.flatMap(({ name, exposedName }) => [name, exposedName]);
  const own = new Set(toNames(tools.filter(({ serverSlug }) => serverSlug === slug)));
  const others = toNames(tools.filter(({ serverSlug }) => serverSlug !== slug));
  return [...new Set(others)].filter((name) => !own.has(name));
}
