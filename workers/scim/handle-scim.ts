import { MAX_MANAGEMENT_BYTES } from "../contract/limits.ts";
import { noteScimError } from "../db/scim-tokens.ts";
import { isAllowedHost } from "../http/allowed-host.ts";
import { COMMON_HEADERS } from "../http/error-responses.ts";
import {
  BODY_INCOMPLETE,
  BODY_TOO_LATE,
  decodeUtf8,
  dropBody,
  readBody,
} from "../http/read-body.ts";
import { recordUse } from "../identity/record-use.ts";
import type { Env } from "../runtime/env.ts";
import { budgetsOf } from "../runtime/settings.ts";
import { authenticate } from "./authenticate.ts";
import type { ScimContext } from "./context.ts";
import { toResourceTypes, toSchemas, toServiceProviderConfig } from "./discovery.ts";
import { respondGroups, respondSearch, respondUsers, type ScimRequest } from "./resources.ts";
import { invalid, ScimError } from "./scim-error.ts";

/** The workspace’s slug or id, and what is asked for below it. */
const PATH = /^\/scim\/v2\/([A-Za-z0-9_-]{1,100})(?:\/(.*))?$/;
const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";
const HEADERS = { ...COMMON_HEADERS, "content-type": "application/scim+json" };
const BODY_TYPE = /^application\/(scim\+)?json\s*(;|$)/i;

/**
 * `/scim/v2/<slug or id>/…`: the workspace’s SCIM 2.0 service (RFC 7643, RFC 7644), with which a company’s directory provisions
 * people and teams. It is closed until an owner makes a token.
 */
export async function handleScim(request: Request, env: Env): Promise<Response> {
  try {
    return await respond(request, env);
  } catch (error) {
    if (error instanceof ScimError) return toErrorResponse(error);
    throw error;
  } finally {
    dropBody(request);
  }
}

async function respond(request: Request, env: Env): Promise<Response> {
  if (!isAllowedHost(request.headers.get("host") ?? "", env.ALLOWED_HOSTS))
    throw new ScimError(403, null, "This host name is not configured. Add it to ALLOWED_HOSTS.");
  const [, name, rest = ""] = PATH.exec(new URL(request.url).pathname) ?? [];
  if (name === undefined) throw new ScimError(404, null, "There is nothing at this address.");
  const authentication = await authenticate(request, env, name);
  if (authentication.kind === "limited") {
    const { seconds } = authentication;
    const limited = new ScimError(429, null, `Too many requests: try again in ${seconds} s.`);
    return toErrorResponse(limited, { "retry-after": String(seconds) });
  }
  if (authentication.kind === "unknown") {
    const detail = "Send a SCIM token of this workspace as 'Authorization: Bearer mns_...'.";
    return toErrorResponse(new ScimError(401, null, detail), { "www-authenticate": "Bearer" });
  }
  const { context, token } = authentication;
  try {
    return await route(request, context, rest.replace(/\/$/, ""));
  } catch (error) {
    if (!(error instanceof ScimError)) throw error;
    if (isNoted(request, error)) {
      const said = [request.method, toKind(rest), error.status, error.scimType ?? ""].join(" ");
      await recordUse(noteScimError(context.db, token.id, Date.now(), said.trim()));
    }
    return toErrorResponse(error);
  }
}

/** A directory looks for what is not there as a matter of course. */
function isNoted({ method }: Request, { status }: ScimError): boolean {
  return status !== 412 && !(status === 404 && method === "GET");
}

/** The kind of resource, without an id. */
function toKind(rest: string): string {
  return `/${rest.split("/")[0]?.slice(0, 40) ?? ""}`;
}

async function route(request: Request, context: ScimContext, rest: string): Promise<Response> {
  const [kind = "", encodedId, ...more] = rest.split("/");
  const id = encodedId === undefined ? null : decode(encodedId);
  if (more.length > 0) throw new ScimError(404, null, "There is nothing at this address.");
  const asked: ScimRequest = {
    context,
    method: request.method,
    id,
    headers: request.headers,
    parameters: Object.fromEntries(new URL(request.url).searchParams),
    readBody: () => readJson(request, context.env),
    respond: toResponse,
  };
  switch (kind) {
    case "Users":
      return respondUsers(asked);
    case "Groups":
      return respondGroups(asked);
    case ".search":
      return respondSearch(asked);
    case "ServiceProviderConfig":
    case "ResourceTypes":
    case "Schemas":
      if (request.method !== "GET") throw notAllowed();
      return toResponse(200, describe(kind, context.base, id));
    case "Bulk":
    case "Me":
      throw new ScimError(501, null, `/${kind} is not supported.`);
    default:
      throw new ScimError(404, null, "There is nothing at this address.");
  }
}

function describe(
  kind: "ServiceProviderConfig" | "ResourceTypes" | "Schemas",
  base: string,
  id: string | null,
) {
  if (kind === "ResourceTypes") return toResourceTypes(base, id);
  return kind === "Schemas" ? toSchemas(base, id) : toServiceProviderConfig(base);
}

function notAllowed(): ScimError {
  return new ScimError(405, null, "This address does not take this method.");
}

async function readJson(request: Request, env: Env): Promise<unknown> {
  if (!BODY_TYPE.test(request.headers.get("content-type") ?? ""))
    throw new ScimError(415, null, "Send the body as application/scim+json.");
  const body = await readBody(request, MAX_MANAGEMENT_BYTES, budgetsOf(env));
  if (body === "too_large") throw new ScimError(413, null, "The body is larger than 1 MiB.");
  if (body === "too_late") throw new ScimError(408, null, `${BODY_TOO_LATE}.`);
  if (body === "incomplete") throw invalid("invalidSyntax", `${BODY_INCOMPLETE}.`);
  try {
    return JSON.parse(decodeUtf8(body) ?? "");
  } catch {
    // The client’s JSON.
    throw invalid("invalidSyntax", "The body must be JSON in UTF-8.");
  }
}

function toResponse(
  status: number,
  body: Record<string, unknown> | null,
  headers: Record<string, string> = {},
): Response {
  const text = body === null ? null : JSON.stringify(body);
  return new Response(text, { status, headers: { ...HEADERS, ...headers } });
}

/** RFC 7644, section 3.12. */
function toErrorResponse(
  { status, scimType, message }: ScimError,
  headers: Record<string, string> = {},
): Response {
  const body = {
    schemas: [ERROR],
    status: String(status),
    ...(scimType === null ? {} : { scimType }),
    detail: message,
  };
  return toResponse(status, body, headers);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A client’s malformed escape.
    throw new ScimError(404, null, "There is nothing at this address.");
  }
}
