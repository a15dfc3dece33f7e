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

/** Headers by which proxies and platforms tell servers who the client is and on which way the request came. */
const PROXY_HEADERS = new Set([
  "cdn-loop",
  "client-ip",
  "fastly-client-ip",
  "forwarded",
  "max-forwards",
  "true-client-ip",
  "via",
  "x-client-ip",
  "x-cluster-client-ip",
  "x-original-host",
  "x-original-url",
  "x-real-ip",
  "x-rewrite-url",
]);
const PROXY_PREFIXES = ["cf-", "proxy-", "sec-", "x-forwarded-"];

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
function findNameProblem(name: string): string | null {
  if (GATEWAY_HEADERS.has(name) || GATEWAY_PREFIXES.some((prefix) => name.startsWith(prefix)))
    return "the gateway sets this header itself; leave it out.";
  if (PROXY_HEADERS.has(name) || PROXY_PREFIXES.some((prefix) => name.startsWith(prefix)))
    return "only proxies and browsers set this header, and servers trust it; leave it out.";
  if (COOKIE_HEADERS.has(name))
    return "the gateway sends no cookies; use a header such as authorization.";
  return null;
}
