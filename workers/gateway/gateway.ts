import { createHash } from "node:crypto";
import { clientAddress } from "../client-address.ts";
import {
  HEALTH_METHOD,
  type Admission,
  type AdmitRequest,
  type RefusedReason,
} from "../contract/admission.ts";
import type { Env } from "../env.ts";
import {
  ERROR,
  LATEST_LEGACY_VERSION,
  LEGACY_VERSIONS,
  MODERN_VERSION,
  SERVER_INFO,
} from "../mcp/protocol.ts";
import { parseMessage, type McpMessage, type McpRequest } from "../mcp/request.ts";
import {
  badRequest,
  emptyResponse,
  errorResponse,
  jsonResponse,
  rateLimited,
  resultText,
  unauthorized,
} from "./answers.ts";
import { readBody } from "./body.ts";
import { checkEntry, tooLarge } from "./entry.ts";
import { findKept, keep } from "./list-cache.ts";
import { relay } from "./relay.ts";

const encoder = new TextEncoder();

/** The way of a request: entry checks, body, token, one call to the Workspace, then its answer or the upstream's. */
export async function handleGateway(request: Request, env: Env, ctx: Lifetime): Promise<Response> {
  const entry = checkEntry(request, env);
  if (!entry.ok) return entry.response;
  if (entry.token === null) return unauthorized();
  if (entry.kind === "health") return answerHealth(request, env, entry.slug, entry.token);

  const text = await readBody(request);
  if (text === null) return tooLarge();
  const message: McpMessage = parseMessage(text ?? "", request.headers);
  const digest = sha256Hex(entry.token);
  const listKey = `${entry.slug} ${digest} ${message.era} ${message.method} ${cursorOf(message) ?? ""}`;
  const admission = await admit(env, entry.slug, {
    digest,
    address: clientAddress(request, env.CLIENT_ADDRESS_HEADER),
    era: message.era,
    method: message.kind === "request" ? message.method : "",
    target: message.kind === "request" ? message.target : null,
    cursor: cursorOf(message),
    have: findKept(listKey)?.etag ?? null,
    protocolVersion: message.kind === "request" ? message.protocolVersion : null,
    clientName: message.kind === "request" ? message.clientName : null,
  });
  const id = message.kind === "notice" ? "null" : message.id;
  const refusal = answerRefusal(id, admission);
  if (refusal) return refusal;
  if (message.kind === "notice") return emptyResponse(202);
  if (message.kind === "problem") {
    const { status, code, message: text, data } = message;
    return errorResponse(
      id,
      { code, message: text, ...(data === undefined ? {} : { data }) },
      status,
    );
  }
  return answerRequest(message, admission, listKey, { request, env, ctx, slug: entry.slug });
}

/** What outlives the response. */
export type Lifetime = Pick<ExecutionContext, "waitUntil">;

/** The request's surroundings, as far as answering it needs them. */
export interface Context {
  request: Request;
  env: Env;
  ctx: Lifetime;
  slug: string;
}

async function answerRequest(
  message: McpRequest,
  admission: Admission,
  listKey: string,
  context: Context,
): Promise<Response> {
  switch (admission.kind) {
    case "admitted":
      return jsonResponse(resultText(message, "", false).join(""));
    case "capabilities":
      return answerCapabilities(message, admission);
    case "list":
      return answerList(message, admission.view, listKey);
    case "refused":
      return answerRefused(message, admission.reason);
    case "unroutable": {
      const text = `The server "${admission.serverName}" cannot be reached now. Try again later or tell your admin.`;
      return errorResponse(message.id, {
        code: ERROR.internal,
        message: text,
        data: { reason: admission.error.code },
      });
    }
    case "route":
      return relay(message, admission.route, context);
    case "health":
    case "unauthorized":
    case "unavailable":
    case "rate_limited":
      return badRequest(500, "The gateway answered another question than was asked");
  }
}

/** What is answered whatever was asked; null when the request goes on. */
function answerRefusal(id: string, admission: Admission): Response | null {
  switch (admission.kind) {
    case "unauthorized":
      return unauthorized();
    case "rate_limited":
      return rateLimited(id, admission.retryAfterSeconds);
    case "unavailable": {
      const message = "The gateway cannot check this request now. Try again in a few seconds.";
      return errorResponse(
        id,
        { code: ERROR.internal, message, data: { reason: "unavailable" } },
        503,
        { "retry-after": "5" },
      );
    }
    default:
      return null;
  }
}

function answerCapabilities(
  message: McpRequest,
  offer: { capabilities: Record<string, unknown>; instructions: string | null },
): Response {
  const capabilities = `"capabilities":${JSON.stringify(offer.capabilities)}`;
  const instructions =
    offer.instructions === null ? "" : `,"instructions":${JSON.stringify(offer.instructions)}`;
  if (message.era === "modern") {
    const members = `"supportedVersions":["${MODERN_VERSION}"],${capabilities}${instructions}`;
    return jsonResponse(resultText(message, members, true).join(""));
  }
  const asked = message.values["protocolVersion"];
  const version = LEGACY_VERSIONS.find((known) => known === asked) ?? LATEST_LEGACY_VERSION;
  const server = `"serverInfo":${JSON.stringify(SERVER_INFO)}`;
  const members = `"protocolVersion":"${version}",${capabilities},${server}${instructions}`;
  return jsonResponse(resultText(message, members, false).join(""));
}

const LIST_MEMBERS: Record<string, string> = {
  "tools/list": "tools",
  "prompts/list": "prompts",
  "resources/list": "resources",
  "resources/templates/list": "resourceTemplates",
};

function answerList(
  message: McpRequest,
  view: { etag: string; items: string | null; nextCursor: string | null },
  listKey: string,
): Response {
  let list = findKept(listKey);
  if (view.items !== null || list?.etag !== view.etag) {
    list = {
      etag: view.etag,
      items: encoder.encode(view.items ?? "[]"),
      nextCursor: view.nextCursor,
    };
    keep(listKey, list);
  }
  const cursor = list.nextCursor === null ? "" : `"nextCursor":${JSON.stringify(list.nextCursor)},`;
  const [head, tail] = resultText(message, "", true);
  const separator = message.era === "modern" ? "," : "";
  const before = encoder.encode(`${head}${separator}${cursor}"${LIST_MEMBERS[message.method]}":`);
  const after = encoder.encode(tail);
  const body = new Uint8Array(before.length + list.items.length + after.length);
  body.set(before);
  body.set(list.items, before.length);
  body.set(after, before.length + list.items.length);
  return jsonResponse(body);
}

function answerRefused(message: McpRequest, reason: RefusedReason): Response {
  const refuse = (code: number, text: string, data: Record<string, unknown> = { reason }) =>
    errorResponse(message.id, { code, message: text, data });
  switch (reason) {
    case "tool_not_allowed":
      return refuse(ERROR.toolNotAllowed, "Tool not allowed for this user");
    case "unknown_tool":
      return refuse(ERROR.invalidParams, "Unknown tool: tools/list names the ones there are");
    case "unknown_prompt":
      return refuse(ERROR.invalidParams, "Unknown prompt: prompts/list names the ones there are");
    case "unknown_resource": {
      // -32002 until 2025-11-25, -32602 since.
      const code = message.era === "modern" ? ERROR.invalidParams : -32002;
      return refuse(code, "Resource not found", { reason, uri: message.values["uri"] });
    }
    case "bad_cursor":
      return refuse(
        ERROR.invalidParams,
        "The cursor is not valid any more: list again from the start",
      );
  }
}

async function answerHealth(
  request: Request,
  env: Env,
  slug: string,
  token: string,
): Promise<Response> {
  const admission = await admit(env, slug, {
    digest: sha256Hex(token),
    address: clientAddress(request, env.CLIENT_ADDRESS_HEADER),
    era: "modern",
    method: HEALTH_METHOD,
    target: null,
    cursor: null,
    have: null,
    protocolVersion: null,
    clientName: null,
  });
  if (admission.kind !== "health") return answerRefusal("null", admission) ?? unauthorized();
  const failing = admission.servers.some((server) => server.status === "failing");
  return jsonResponse(
    JSON.stringify({ status: failing ? "degraded" : "ok", servers: admission.servers }),
  );
}

/** Asks the Workspace. It being overloaded or restarting is no reason to let anything through. */
async function admit(env: Env, slug: string, request: AdmitRequest): Promise<Admission> {
  try {
    // The other end of the RPC is this same deployable: it made the text from an Admission.
    return JSON.parse(await env.WORKSPACES.getByName(slug).admit(request)) as Admission;
  } catch {
    return { kind: "unavailable" };
  }
}

function cursorOf(message: McpMessage): string | null {
  const cursor = message.kind === "request" ? message.values["cursor"] : null;
  return typeof cursor === "string" ? cursor : null;
}

/** Synchronous, which saves every request a turn of the event loop. */
function sha256Hex(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
