/** Headers that the gateway or its runtime sets on requests to servers. */
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
/** Header names that usually carry a secret. */
const SECRET_NAME = /authorization|token|secret|passw|credential|api-?key|(^|-)(auth|key)$/;

/** The parsed headers, or a sentence about the first invalid one. */
export type HeadersParsed<T> =
  | { ok: true; headers: Map<string, T> }
  | { ok: false; problem: string };

/**
 * Parses header names to lower case. A name can occur only once and must not be one that the gateway sets; `field`
 * starts the problem's text.
 */
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
