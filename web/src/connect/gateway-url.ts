/** The address under which clients reach a workspace. */
export function gatewayUrl(slug: string): string {
  return `${location.origin}/api/gw/${slug}`;
}
