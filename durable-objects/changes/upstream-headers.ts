/** Headers that the gateway or its runtime sets itself on a request to a server. */
const GATEWAY_HEADERS = new Set([
  "accept",
  "accept-encoding",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "host",
  "keep-alive",
  "last-event-id",
  "mcp-method",
  "mcp-name",
  "mcp-protocol-version",
  "mcp-session-id",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
const LOOKS_SECRET = /authorization|token|secret|passw|credential|api-?key|(^|-)(auth|key)$/;

export type HeadersParsed<T> =
  | { ok: true; headers: Map<string, T> }
  | { ok: false; problem: string };

/** Header names in lower case, each once and none that the gateway sets; `field` names them in the problem. */
export function parseHeaders<T extends string | null>(
  field: "headers" | "credentials",
  input: Record<string, T>,
): HeadersParsed<T> {
  const headers = new Map<string, T>();
  for (const [given, value] of Object.entries(input)) {
    const name = given.toLowerCase();
    if (headers.has(name))
      return {
        ok: false,
        problem: `${field}.${given}: given twice; header names do not differ by case.`,
      };
    if (GATEWAY_HEADERS.has(name) || name.startsWith("mcp-param-")) {
      return {
        ok: false,
        problem: `${field}.${given}: the gateway sets this header itself; leave it out.`,
      };
    }
    if (field === "headers" && LOOKS_SECRET.test(name)) {
      return {
        ok: false,
        problem: `${field}.${given}: this looks like a secret; put it into credentials, which are stored encrypted.`,
      };
    }
    headers.set(name, value);
  }
  return { ok: true, headers };
}
