/** The gateway URL of a workspace, which MCP clients connect to. */
export function toGatewayUrl(slug: string): string {
  return `${location.origin}/api/gw/${slug}`;
}

/** The URL of a workspace's registry, to which clients add the API's version and paths. */
export function toRegistryUrl(slug: string): string {
  return `${location.origin}/api/registry/${slug}`;
}

/** The address of a workspace at which a client lets its user sign in, instead of holding a token. */
export function toSignInUrl(slug: string): string {
  return `${location.origin}/mcp/${slug}`;
}
