import { MAX_REQUEST_BYTES } from "../../contract/limits.ts";
import { hasAddress } from "../../contract/server-address.ts";
import { isAllowedHost } from "../../http/allowed-host.ts";
import { MODERN_VERSION } from "../../mcp/protocol.ts";
import type { Env } from "../../runtime/env.ts";
import { settingsOf } from "../../runtime/settings.ts";
import { parseVia, VIA_HEADER } from "../../upstream/via.ts";
import { badRequest, loopDetected, nothingHere, unauthorized } from "./responses.ts";
import { parseBearer, type GatewayToken } from "./tokens.ts";

/**
 * The address for tokens that people made (`/api/gw`) or for those that clients get by OAuth (`/mcp`), the slugs of the
 * workspace and, if present, of one server, and `/health`. A trailing slash and a query change nothing.
 */
const PATH =
  /^https?:\/\/[^/?#]+\/(api\/gw|mcp)\/([a-z0-9][a-z0-9-]{0,38})(?:\/([a-z0-9][a-z0-9-]{0,38}))?(\/health)?\/?(?:\?.*)?$/;

type RequestKind = "message" | "stream" | "health";

/** The result of the entry checks. `token` is extracted, not verified. */
export type CheckedEntry =
  | ({ kind: RequestKind } & AddressedEntry)
  /** `response` is for a client whose token is valid; all others get 401. */
  | ({ kind: "refused"; response: Response } & AddressedEntry)
  | { kind: "denied"; response: Response };

/** `server`: slug of the one server that the address serves; null: it is the workspace's. */
interface AddressedEntry {
  slug: string;
  server: string | null;
  token: GatewayToken;
  via: string[];
}

/**
 * The checks that need no storage, in this order: host, path, Origin (DNS rebinding), the gateways on the way (loops),
 * presence of a token, then method, `Accept`, content type and size. The path is matched on the raw URL, because a URL parser would normalise it.
 */
export function checkEntry(request: Request, env: Env): CheckedEntry {
  const deny = (response: Response): CheckedEntry => ({ kind: "denied", response });
  const host = request.headers.get("host") ?? "";
  if (!isAllowedHost(host, env.ALLOWED_HOSTS))
    return deny(badRequest(403, "This host name is not served here"));
  const address = parseAddress(request);
  if (!address) return deny(nothingHere());
  const origin = request.headers.get("origin");
  if (origin !== null && !isAllowedOrigin(origin, host, env))
    return deny(badRequest(403, "This Origin may not call the gateway"));
  const passed = parseVia(request.headers.get(VIA_HEADER), settingsOf(env).gatewayId);
  if (!passed.ok) return deny(loopDetected(passed.problem));
  const { via } = passed;
  const { isHealth, isOauth, ...names } = address;
  const token = parseBearer(request.headers, isOauth);
  if (token === undefined) return deny(unauthorized());
  const kind = isHealth ? "health" : request.method === "GET" ? "stream" : "message";
  const response = findRefusal(kind, request);
  const entry = { ...names, token, via };
  return response ? { kind: "refused", ...entry, response } : { kind, ...entry };
}

function parseAddress({
  url,
  method,
  headers,
}: Request): { slug: string; server: string | null; isHealth: boolean; isOauth: boolean } | null {
  const [, base, slug, name = null, health] = PATH.exec(url) ?? [];
  const isOauth = base === "mcp";
  if (slug === undefined || (name !== null && !hasAddress(name))) return null;
  // `health` can be a server's slug: what an MCP client sends to it is no request for the workspace's health.
  const isOfWorkspace = name === "health" && method === "GET" && !acceptsEventStream(headers);
  if (health === undefined && isOfWorkspace) return { slug, server: null, isHealth: true, isOauth };
  return { slug, server: name, isHealth: health !== undefined, isOauth };
}

function findRefusal(kind: RequestKind, request: Request): Response | null {
  switch (kind) {
    case "health":
      return request.method === "GET" ? null : methodNotAllowed("GET");
    case "stream":
      return findStreamRefusal(request.headers);
    case "message":
      return request.method === "POST"
        ? findBodyRefusal(request.headers)
        : methodNotAllowed("GET, POST");
  }
}

function findStreamRefusal(headers: Headers): Response | null {
  if (!acceptsEventStream(headers))
    return badRequest(406, "Send Accept: text/event-stream, or a message by POST");
  const version = headers.get("mcp-protocol-version");
  // Only the legacy era has the GET stream; the modern one has `subscriptions/listen` instead.
  if (version !== null && version >= MODERN_VERSION) return methodNotAllowed("POST");
  // A client of HTTP+SSE (2024-11-05) begins with this GET and would wait for an `endpoint` event. One of streamable HTTP
  // has its session from `initialize`, or names its revision; without either it must accept 405 (2025-03-26).
  if (version === null && !headers.has("mcp-session-id"))
    return methodNotAllowed(
      "POST",
      "This address has the Streamable HTTP transport, not HTTP+SSE: set the client's transport to Streamable HTTP",
    );
  return null;
}

function acceptsEventStream(headers: Headers): boolean {
  return /\btext\/event-stream\b/i.test(headers.get("accept") ?? "");
}

function findBodyRefusal(headers: Headers): Response | null {
  if (!/^application\/json\s*(;|$)/i.test(headers.get("content-type") ?? ""))
    return badRequest(415, "Send Content-Type: application/json");
  if (headers.has("content-encoding"))
    return badRequest(415, "Send the body without Content-Encoding");
  return Number(headers.get("content-length") ?? 0) > MAX_REQUEST_BYTES ? tooLarge() : null;
}

/** 405; `methods`: value of the `Allow` header. */
function methodNotAllowed(
  methods: string,
  message = `Use ${methods.replace(",", " or")}`,
): Response {
  return badRequest(405, message, { allow: methods });
}

/** 413, for a body beyond the limit. */
export function tooLarge(): Response {
  return badRequest(413, `The body is larger than ${MAX_REQUEST_BYTES} bytes`);
}

/**
 * Listed origins, and the request's own host. With `ALLOWED_HOSTS=*` the platform checks the host, and only https
 * counts.
 */
function isAllowedOrigin(origin: string, host: string, env: Env): boolean {
  // An empty header names no origin, and an empty variable lists none.
  if (origin === "") return false;
  if (env.ALLOWED_ORIGINS.split(",").includes(origin)) return true;
  return origin === `https://${host}` || (env.ALLOWED_HOSTS !== "*" && origin === `http://${host}`);
}
