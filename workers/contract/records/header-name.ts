/** Names of headers (RFC 9110, section 5.1). */
export const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;

/** Headers that the gateway, the MCP transport or HTTP itself sets on requests to servers. */
const GATEWAY_HEADERS = new Set([
  "accept",
  "accept-encoding",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "date",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "last-event-id",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
]);
/** `Mcp-*` of the transport, `Mcpnest-*` between gateways, bridges and hosts. */
const GATEWAY_PREFIXES = ["mcp-", "mcpnest-"];

/**
 * Headers by which proxies and platforms tell servers who the client is and on which way the request came. Those that
 * callers set themselves are not among them: keys, regions, an application's id, the host that an API is to use.
 */
const PROXY_NAMES = [
  /^(cdn-loop|max-forwards|proxy|via|x-host|x-host-override|x-http-host-override|x-rewrite-url)$/,
  /^(cf|proxy|sec|wl-proxy|x-appengine|x-azure|x-envoy|x-original)-/,
  // The client's address.
  /(^|-)forwarded(-|$)|(^|-)forward(ed)?-?for$|(^|-|client|socket)ip$/,
  /(^|-)(client|connecting|external|ip|originating|peer|real|remote|source)-?addr(ess)?$/,
  // The identity that a proxy found, or the client's certificate.
  /^(x-)?(auth-request|authenticated|remote|webauth)-?(email|extra|groups?|host|ident|name|port|preferred-username|roles?|uid|user|user-?id|user-?name)(-|$)/,
  /^(tailscale-user|x-amzn-(mtls|oidc)|x-authentik|x-goog-(authenticated-user|iap)|x-ms-client-principal|x-pomerium)(-|$)/,
  /(^|-)(client-?cert|ssl-client)(-|$)/,
];

/** The service token with which a caller passes Cloudflare Access: callers set these headers themselves. */
const ACCESS_TOKEN_NAMES = new Set(["cf-access-client-id", "cf-access-client-secret"]);

/** A browser's session: the gateway keeps none with a server. */
const COOKIE_HEADERS = new Set(["cookie", "cookie2", "set-cookie", "set-cookie2"]);

/** Why a header cannot be set for requests to servers, as the end of a sentence; null: it can. `given`: in lower case. */
export function findHeaderNameProblem(given: string): string | null {
  if (!HEADER_NAME.test(given)) return "not a valid header name (RFC 9110, section 5.1).";
  // A member of every object in JavaScript: it would be lost on the way.
  if (given === "__proto__") return "a header cannot have this name.";
  if (ACCESS_TOKEN_NAMES.has(given)) return null;
  // Servers that follow CGI read both signs as the same one.
  const name = given.replaceAll("_", "-");
  if (GATEWAY_HEADERS.has(name) || GATEWAY_PREFIXES.some((prefix) => name.startsWith(prefix)))
    return "the gateway sets this header itself; leave it out.";
  if (PROXY_NAMES.some((pattern) => pattern.test(name)))
    return "only proxies and browsers set this header, and servers trust it; leave it out.";
  if (COOKIE_HEADERS.has(name))
    return "the gateway sends no cookies; use a header such as authorization.";
  return null;
}
