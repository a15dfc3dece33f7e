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

/** Header names that usually carry a secret. */
const SECRET_NAME = /authorization|token|secret|passw|credential|api-?key|(^|-)(auth|key)$/;

/** The parsed headers, or a sentence about the first invalid one. */
export type HeadersParsed<T> =
  | { ok: true; headers: Map<string, T> }
  | { ok: false; problem: string };

/**
 * Parses header names to lower case. A name can occur only once and must be one that an admin can set; null, which removes
 * a header, is possible for every name. `field` starts the problem's text.
 * @param stored the object with the headers as they are stored: it is accepted unchanged
 */
export function parseHeaders<T extends string | null>(
  field: "headers" | "credentials",
  input: Record<string, T>,
  stored: object | null = null,
): HeadersParsed<T> {
  if (input === stored) return { ok: true, headers: new Map(Object.entries(input)) };
  const headers = new Map<string, T>();
  for (const [given, value] of Object.entries(input)) {
    const name = given.toLowerCase();
    const problem = headers.has(name)
      ? "given twice; header names do not differ by case."
      : value !== null && findNameProblem(name);
    if (problem) return { ok: false, problem: `${field}.${given}: ${problem}` };
    if (field === "headers" && SECRET_NAME.test(name)) {
      return {
        ok: false,
        problem: `${field}.${given}: this looks like a secret; put it into credentials, which are stored encrypted.`,
      };
    }
    headers.set(name, value);
  }
  return { ok: true, headers };
}

/** Whether a header can be sent to servers, in the name that an admin gave it. `name`: in lower case. */
export function isSettable(name: string): boolean {
  return findNameProblem(name) === null;
}

/** A sentence for the admin about each stored header that is not sent: earlier releases accepted more names. */
export function listIgnoredHeaders(server: {
  headers: Record<string, string>;
  credentials: { name: string }[];
}): string[] {
  const names = [...Object.keys(server.headers), ...server.credentials.map(({ name }) => name)];
  return names
    .filter((name) => !isSettable(name))
    .map((name) => `The header ${name} is stored but not sent: ${findNameProblem(name)}`);
}

/** Why a header of this name cannot be set; null: it can. */
function findNameProblem(given: string): string | null {
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
