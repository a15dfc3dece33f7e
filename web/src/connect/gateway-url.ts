/** The gateway URL of a workspace, which MCP clients connect to. */
export function toGatewayUrl(slug: string): string {
  return `${location.origin}/api/gw/${slug}`;
}
