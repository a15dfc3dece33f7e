/** Names that clients take for OAuth endpoints of the workspace's address (RFC 6749, RFC 7591). */
const OAUTH_ENDPOINTS = new Set(["authorize", "token", "register"]);

/**
 * Whether a server with this slug has an address of its own at the gateway. Where clients assume OAuth endpoints, they would
 * take a 401 for an answer of the endpoint.
 */
export function hasAddress(slug: string): boolean {
  return !OAUTH_ENDPOINTS.has(slug);
}
