import { MAX_REQUEST_BYTES } from "../../contract/limits.ts";
import { isAllowedHost } from "../../http/allowed-host.ts";
import { MODERN_VERSION } from "../../mcp/protocol.ts";
import type { Env } from "../../runtime/env.ts";
import { badRequest, jsonResponse } from "./responses.ts";

/** The slug, and `/health` if present. */
const PATH = /^https?:\/\/[^/?#]+\/api\/gw\/([a-z0-9][a-z0-9-]{0,38})(\/health)?$/;
const BEARER = /^Bearer (mng_[0-9a-f]{48})$/i;

/** `token`: null when the header is missing or malformed. */
export type CheckedEntry =
  | { ok: true; kind: "message" | "stream" | "health"; slug: string; token: string | null }
  | { ok: false; response: Response };

/**
 * The checks that need no storage, in this order: host, exact path, method, content type, size, Origin (DNS rebinding).
 * The path is matched on the raw URL, because a URL parser would normalise it. The token is extracted, not verified.
 */
export function checkEntry(request: Request, env: Env): CheckedEntry {
  const refuse = (response: Response): CheckedEntry => ({ ok: false, response });
  const host = request.headers.get("host") ?? "";
  if (!isAllowedHost(host, env.ALLOWED_HOSTS))
    return refuse(badRequest(403, "This host name is not served here"));
  const [, slug, health] = PATH.exec(request.url) ?? [];
  if (slug === undefined) {
    return refuse(
      jsonResponse(
        '{"error":{"code":"not_found","message":"Nothing is served at this address"}}',
        404,
      ),
    );
  }
  const kind = health ? "health" : request.method === "GET" ? "stream" : "message";
  if (!isAllowedMethod(kind, request)) {
    const methods = health ? "GET" : "GET, POST";
    return refuse(badRequest(405, `Use ${methods.replace(",", " or")}`, { allow: methods }));
  }
  if (kind === "stream" && !/\btext\/event-stream\b/i.test(request.headers.get("accept") ?? ""))
    return refuse(badRequest(406, "Send Accept: text/event-stream, or a message by POST"));
  if (kind === "message") {
    if (!/^application\/json\s*(;|$)/i.test(request.headers.get("content-type") ?? "")) {
      return refuse(badRequest(415, "Send Content-Type: application/json"));
    }
    if (request.headers.has("content-encoding"))
      return refuse(badRequest(415, "Send the body without Content-Encoding"));
    if (Number(request.headers.get("content-length") ?? 0) > MAX_REQUEST_BYTES)
      return refuse(tooLarge());
  }
  const origin = request.headers.get("origin");
  if (origin !== null && !isAllowedOrigin(origin, host, env))
    return refuse(badRequest(403, "This Origin may not call the gateway"));
  const token = BEARER.exec(request.headers.get("authorization") ?? "")?.[1] ?? null;
  return { ok: true, kind, slug, token };
}

/** Only the legacy era has the GET stream; the modern one has `subscriptions/listen` instead. */
function isAllowedMethod(kind: "message" | "stream" | "health", request: Request): boolean {
  if (kind === "message") return request.method === "POST";
  const version = request.headers.get("mcp-protocol-version") ?? "";
  return request.method === "GET" && (kind === "health" || version < MODERN_VERSION);
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
  if (env.ALLOWED_ORIGINS.split(",").includes(origin)) return true;
  return origin === `https://${host}` || (env.ALLOWED_HOSTS !== "*" && origin === `http://${host}`);
}
