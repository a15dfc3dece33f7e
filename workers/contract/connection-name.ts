/** The name under which the dashboard itself calls the gateway (`clientInfo.name`). */
export const DASHBOARD_CLIENT_NAME = "mcpnest dashboard";

/** Longest tool name that models' APIs accept. */
const MAX_TOOL_NAME_LENGTH = 64;
/** What the common clients put around the connection's name at most: `mcp__<name>__` (docs/clients.md). */
const CLIENT_PREFIX_LENGTH = "mcp____".length;
/** Longest name of a connection, so that at least 32 characters remain for a tool. */
const MAX_CONNECTION_NAME_LENGTH = 25;

/** The name of a workspace's connection in clients: its slug, cut where tool names would become too long. */
export function toConnectionName(slug: string): string {
  return slug.slice(0, MAX_CONNECTION_NAME_LENGTH).replace(/-+$/, "");
}

/**
 * Longest exposed name of a tool or prompt in a workspace, 32 to 56 characters: clients put the connection's name before
 * it, and models' APIs refuse more than 64.
 */
export function maxExposedNameLength(slug: string): number {
  return MAX_TOOL_NAME_LENGTH - CLIENT_PREFIX_LENGTH - toConnectionName(slug).length;
}

/**
 * The environment variable for a workspace's token: `MCPNEST_ACME_TOKEN`. Each workspace has its own, so that one machine
 * can use several.
 */
export function toTokenVariable(slug: string): string {
  return `MCPNEST_${slug.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}_TOKEN`;
}
