import type { Denial, RegisteredServer, VisibleRegistry } from "../contract/rpc/admission.ts";
import { hasAddress } from "../contract/server-address.ts";
import { openDb } from "../db/database.ts";
import { findPublicRegistry } from "../db/public-registry.ts";
import { callWorkspace } from "../gateway/client/admission.ts";
import { isKnownToken, judgeUnknownToken } from "../gateway/client/known-tokens.ts";
import { toStopError } from "../gateway/client/stop-error.ts";
import { digestToken, parseBearer } from "../gateway/client/tokens.ts";
import type { Lifetime } from "../gateway/context.ts";
import { isAllowedHost } from "../http/allowed-host.ts";
import { clientAddress } from "../http/client-address.ts";
import { COMMON_HEADERS, errorBody } from "../http/error-responses.ts";
import { dropBody } from "../http/read-body.ts";
import { passesStrangerLimit, STRANGER_WAIT_SECONDS } from "../http/stranger-limit.ts";
import type { Env } from "../runtime/env.ts";
import { listEntries, toPage } from "./list-entries.ts";
import { ENTRY_VERSION, toEntry, type ListedEntry } from "./server-entry.ts";

/** The slug; the server's name, still encoded; and the version. The two API versions have the same answers. */
const PATH =
  /^\/api\/registry\/([a-z0-9][a-z0-9-]{0,38})\/v0(?:\.1)?\/servers(?:\/(.+?)\/versions(?:\/([^/]+))?)?\/?$/;

/**
 * What GitHub Copilot and VS Code ask of a registry ("Configure an MCP registry", docs.github.com): their pages read it
 * from other origins. No cookie counts here, so that any page can be allowed.
 */
const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, OPTIONS",
  "access-control-allow-headers": "Authorization, Content-Type",
};

/**
 * `/api/registry/<slug>/…`: the servers of a workspace in the format of the official registry's API, for clients that list or
 * allow what a registry has. Read with a gateway token, or without one where the workspace allows it.
 */
export async function handleRegistry(request: Request, env: Env, ctx: Lifetime): Promise<Response> {
  const response = await respond(request, env, ctx);
  dropBody(request);
  return response;
}

async function respond(request: Request, env: Env, ctx: Lifetime): Promise<Response> {
  const host = request.headers.get("host") ?? "";
  if (!isAllowedHost(host, env.ALLOWED_HOSTS))
    return refuse(
      403,
      "forbidden_host",
      "This host name is not configured. Add it to ALLOWED_HOSTS.",
    );
  const { pathname, searchParams } = new URL(request.url);
  const [, slug, encodedName, version] = PATH.exec(pathname) ?? [];
  if (slug === undefined) return nothingHere();
  if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: HEADERS });
  if (request.method !== "GET" && request.method !== "HEAD")
    return refuse(405, "method_not_allowed", "A registry is only read: use GET.", {
      allow: "GET, OPTIONS",
    });
  const registry = await readRegistry(request, env, ctx, slug);
  if (registry.kind !== "registry") return toDenialResponse(registry);
  const entries = registry.servers
    .filter((server) => hasAddress(server.slug))
    .map((server) => toEntry(server, { host, slug }));
  if (encodedName !== undefined) return respondEntry(entries, encodedName, version);
  const listed = listEntries(entries, searchParams);
  return listed.ok ? json(listed.page) : refuse(400, "invalid", listed.problem);
}

/** With a token: what its owner may know. Without one: what the workspace lets everybody read. */
async function readRegistry(
  request: Request,
  env: Env,
  ctx: Lifetime,
  slug: string,
): Promise<VisibleRegistry> {
  const token = parseBearer(request.headers, false);
  if (token === undefined) return readPublicRegistry(request, env, slug);
  const digest = digestToken(token.value);
  const context = { request, env, ctx, slug, server: null, via: [], digest, boundTo: digest };
  const denial = isKnownToken(context) ? null : await judgeUnknownToken(context);
  if (denial) return denial;
  return callWorkspace(context, async (workspace, client) => workspace.listRegistry(client));
}

/** A workspace whose registry is not public answers as one that does not exist. */
async function readPublicRegistry(
  request: Request,
  env: Env,
  slug: string,
): Promise<VisibleRegistry> {
  if (!(await passesStrangerLimit(env, clientAddress(request, env.CLIENT_ADDRESS_HEADER))))
    return { kind: "rate_limited", retryAfterSeconds: STRANGER_WAIT_SECONDS };
  const servers: RegisteredServer[] | null = await findPublicRegistry(openDb(env.DB), slug);
  return servers ? { kind: "registry", servers } : { kind: "unauthorized" };
}

function respondEntry(
  entries: ListedEntry[],
  encodedName: string,
  version: string | undefined,
): Response {
  const entry = entries.find(({ name }) => name === decode(encodedName));
  if (!entry) return nothingHere();
  if (version === undefined) return json(toPage([entry]));
  return version === "latest" || version === ENTRY_VERSION ? json(entry.json) : nothingHere();
}

function toDenialResponse(denial: Denial): Response {
  switch (denial.kind) {
    case "unauthorized":
      return refuse(
        401,
        "unauthorized",
        "Send a valid gateway token of this workspace as 'Authorization: Bearer mng_...'.",
        { "www-authenticate": "Bearer" },
      );
    case "rate_limited": {
      const seconds = denial.retryAfterSeconds;
      const message = `Too many requests: try again in ${seconds} s.`;
      return refuse(429, "rate_limited", message, { "retry-after": String(seconds) });
    }
    case "stopped":
      return refuse(403, denial.cause, toStopError(denial.cause).message);
    case "unknown_server":
      return nothingHere();
    case "unavailable": {
      const message = "The registry cannot be read now. Try again in a few seconds.";
      return refuse(503, "unavailable", message, { "retry-after": "5" });
    }
  }
}

const HEADERS = { ...COMMON_HEADERS, ...CORS };

function json(body: object): Response {
  return Response.json(body, { headers: HEADERS });
}

function refuse(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return Response.json(errorBody(code, message), { status, headers: { ...HEADERS, ...headers } });
}

function nothingHere(): Response {
  return refuse(404, "not_found", "There is nothing at this address.");
}

/** Undefined: it is not encoded correctly. */
function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // A client's malformed escape.
    return undefined;
  }
}
