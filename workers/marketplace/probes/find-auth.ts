import { isObject, parseObject } from "../../mcp/json.ts";
import { discardBody, guardedFetch } from "../../upstream/guarded-fetch.ts";
import { readText, type UpstreamOptions } from "../../upstream/json-rpc.ts";

/** Metadata are small. */
const MAX_METADATA_BYTES = 64 * 1024;

/**
 * How a server that refuses a request without credentials (401) authenticates its callers: by OAuth if its challenge names
 * protected-resource metadata (RFC 9728, section 5.1) or it publishes them, or those of an authorization server at its own
 * origin (MCP 2025-03-26); else by a header. `challenge`: its `WWW-Authenticate`.
 */
export async function findAuth(
  url: string,
  challenge: string | null,
  options: UpstreamOptions,
): Promise<"oauth" | "headers"> {
  if (/\bresource_metadata\s*=/i.test(challenge ?? "")) return "oauth";
  const { origin, pathname } = new URL(url);
  const path = pathname === "/" ? "" : pathname;
  const places = [
    ["authorization_servers", `/.well-known/oauth-protected-resource${path}`],
    ["authorization_servers", "/.well-known/oauth-protected-resource"],
    ["token_endpoint", "/.well-known/oauth-authorization-server"],
  ] as const;
  const distinct = places.filter(([, place], i) => place !== places[i + 1]?.[1]);
  for (const [member, place] of distinct)
    if (await hasMetadata(`${origin}${place}`, member, options)) return "oauth";
  return "headers";
}

async function hasMetadata(url: string, member: string, options: UpstreamOptions) {
  const init = { method: "GET" as const, headers: { accept: "application/json" } };
  const sent = await guardedFetch(url, init, options, options.budgets.firstByteMs);
  if (!sent.ok) return false;
  if (sent.response.status !== 200) {
    await discardBody(sent.response);
    return false;
  }
  const read = await readText(sent.response, { ...options, maxMessageBytes: MAX_METADATA_BYTES });
  const metadata = read.ok ? parseObject(read.text) : null;
  return isObject(metadata) && metadata[member] !== undefined;
}
