import { createHash } from "node:crypto";
import {
  ANSWER_METHOD,
  HEALTH_METHOD,
  type Admission,
  type AdmitRequest,
} from "../contract/rpc/admission.ts";
import { clientAddress } from "../http/client-address.ts";
import type { McpMessage, McpRequest } from "../mcp/message.ts";
import { ERROR } from "../mcp/protocol.ts";
import { parseMessage } from "../mcp/request.ts";
import type { Env } from "../runtime/env.ts";
import { Memo } from "../runtime/memo.ts";
import { relayCall } from "./call/relay-call.ts";
import {
  capabilitiesResponse,
  listResponse,
  refusedResponse,
} from "./client/admission-responses.ts";
import {
  openClientSession,
  type ClientSession,
  type OpenedClientSession,
} from "./client/client-session.ts";
import { checkEntry, tooLarge } from "./client/entry-checks.ts";
import { findCachedList } from "./client/list-cache.ts";
import { readBody } from "./client/read-body.ts";
import {
  badRequest,
  emptyResponse,
  errorResponse,
  jsonResponse,
  rateLimited,
  resultText,
  sessionNotFound,
  unauthorized,
} from "./client/responses.ts";
import type { Lifetime, RequestContext } from "./context.ts";
import {
  forwardClientResponse,
  openServerRequestId,
  type SealedServerRequest,
} from "./elicitation/server-requests.ts";
import { openSubscription, openNotificationStream } from "./notifications.ts";

/** The way of a request: entry checks, body, token, one call to the Workspace, then its answer or the upstream's. */
export async function handleGateway(request: Request, env: Env, ctx: Lifetime): Promise<Response> {
  const entry = checkEntry(request, env);
  if (!entry.ok) return entry.response;
  if (entry.token === null) return unauthorized();
  const { slug, token } = entry;
  if (entry.kind === "health") return answerHealth(request, env, slug, token);
  if (entry.kind === "stream") return answerStream(request, env, ctx, slug, token);

  const text = await readBody(request);
  if (text === null) return tooLarge();
  const parsed: McpMessage = parseMessage(text ?? "", request.headers);
  const digest = digests.get(token);
  const opened = clientSessionOf(parsed, request, env, slug, digest);
  const session = opened.kind === "open" ? opened.session : null;
  const message = withSession(parsed, session);
  const question =
    message.kind === "response" ? openServerRequestId(message.id ?? "", env, slug, digest) : null;
  const listKey = `${slug} ${digest} ${message.era} ${methodOf(message)} ${cursorOf(message) ?? ""}`;
  const admission = await admit(env, slug, {
    ...toAdmitRequest(opened.kind === "invalid" ? null : message, question),
    digest,
    address: clientAddress(request, env.CLIENT_ADDRESS_HEADER),
    have: findCachedList(listKey)?.etag ?? null,
    session: session?.key ?? null,
  });
  const refusal = answerRefusal(idOf(message), admission);
  if (refusal) return refusal;
  if (opened.kind === "invalid") return sessionNotFound(idOf(message));
  const context = { request, env, ctx, slug, digest, session };
  return answerMessage(message, admission, listKey, question, context);
}

/** `initialize` begins a session whatever header it carries; modern clients have none. */
function clientSessionOf(
  message: McpMessage,
  request: Request,
  env: Env,
  slug: string,
  digest: string,
): OpenedClientSession {
  if (message.era === "modern" || methodOf(message) === "initialize") return { kind: "none" };
  return openClientSession(request.headers, env, slug, digest);
}

/** The message with what its session says of the client. */
function withSession(message: McpMessage, session: ClientSession | null): McpMessage {
  if (message.kind !== "request" || session === null) return message;
  return {
    ...message,
    clientCapabilities: session.clientCapabilities,
    clientName: session.clientName,
  };
}

/** What the Workspace needs of a message; null: one that is only authenticated and counted. */
function toAdmitRequest(
  message: McpMessage | null,
  question: SealedServerRequest | null,
): Pick<
  AdmitRequest,
  "era" | "method" | "target" | "cursor" | "protocolVersion" | "clientName" | "clientCapabilities"
> {
  const none = { target: null, cursor: null, protocolVersion: null, clientName: null };
  const era = message?.era ?? "legacy";
  if (question?.kind === "legacy_server")
    return {
      ...none,
      era,
      method: ANSWER_METHOD,
      target: question.serverSlug,
      clientCapabilities: "{}",
    };
  if (message?.kind !== "request") return { ...none, era, method: "", clientCapabilities: "{}" };
  const { method, target, protocolVersion, clientName } = message;
  const cursor = cursorOf(message);
  const clientCapabilities = JSON.stringify(message.clientCapabilities);
  return { era, method, target, cursor, protocolVersion, clientName, clientCapabilities };
}

async function answerMessage(
  message: McpMessage,
  admission: Admission,
  listKey: string,
  question: SealedServerRequest | null,
  context: RequestContext,
): Promise<Response> {
  switch (message.kind) {
    case "request":
      return answerRequest(message, admission, listKey, context);
    case "invalid": {
      const { id, status, code, message: text, data } = message;
      return errorResponse(
        id,
        { code, message: text, ...(data === undefined ? {} : { data }) },
        status,
      );
    }
    case "response":
      if (question) await forwardClientResponse(message, question, admission, context);
      return emptyResponse(202);
    case "notification":
      if (message.method === "notifications/cancelled" && message.requestId !== null)
        await cancelCall(message.requestId, context);
      return emptyResponse(202);
  }
}

/** Stops a call of this session, wherever it is held; one that has ended meanwhile needs nothing. */
async function cancelCall(
  requestId: string,
  { env, slug, session }: RequestContext,
): Promise<void> {
  if (session === null) return;
  await env.WORKSPACES.getByName(slug)
    .cancelCall(`${session.key} ${requestId}`)
    .catch(() => undefined);
}

async function answerRequest(
  message: McpRequest,
  admission: Admission,
  listKey: string,
  context: RequestContext,
): Promise<Response> {
  switch (admission.kind) {
    case "admitted":
      if (message.method === "subscriptions/listen") return openSubscription(message, context);
      return jsonResponse(resultText(message, "", false).join(""));
    case "capabilities":
      return capabilitiesResponse(message, admission, context);
    case "list":
      return listResponse(message, admission.view, listKey);
    case "refused":
      return refusedResponse(message, admission.reason);
    case "unroutable": {
      const text = `The server "${admission.serverName}" cannot be reached now. Try again later or tell your admin.`;
      return errorResponse(message.id, {
        code: ERROR.internal,
        message: text,
        data: { reason: admission.error.code },
      });
    }
    case "route":
      return relayCall(message, admission.route, context);
    case "health":
    case "answer":
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

/** A legacy client that only wants to hear. */
async function answerStream(
  request: Request,
  env: Env,
  ctx: Lifetime,
  slug: string,
  token: string,
): Promise<Response> {
  const digest = digests.get(token);
  const opened = openClientSession(request.headers, env, slug, digest);
  const admission = await admit(env, slug, {
    ...toAdmitRequest(null, null),
    digest,
    address: clientAddress(request, env.CLIENT_ADDRESS_HEADER),
    have: null,
    session: null,
  });
  const refusal = answerRefusal("null", admission);
  if (refusal) return refusal;
  if (opened.kind === "invalid") return sessionNotFound("null");
  const session = opened.kind === "open" ? opened.session : null;
  return openNotificationStream({ request, env, ctx, slug, digest, session });
}

async function answerHealth(
  request: Request,
  env: Env,
  slug: string,
  token: string,
): Promise<Response> {
  const admission = await admit(env, slug, {
    digest: digests.get(token),
    address: clientAddress(request, env.CLIENT_ADDRESS_HEADER),
    era: "modern",
    method: HEALTH_METHOD,
    target: null,
    cursor: null,
    have: null,
    protocolVersion: null,
    clientName: null,
    session: null,
    clientCapabilities: "{}",
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

/** The id under which a message is answered, as JSON text. */
function idOf(message: McpMessage): string {
  return message.kind === "request" || message.kind === "invalid" ? message.id : "null";
}

function methodOf(message: McpMessage): string {
  return message.kind === "response" ? "" : message.method;
}

function cursorOf(message: McpMessage): string | null {
  const cursor = message.kind === "request" ? message.values["cursor"] : null;
  return typeof cursor === "string" ? cursor : null;
}

/** By token. Computed without a turn of the event loop, and only once: hashing takes as long as all entry checks. */
const digests = new Memo((token) => createHash("sha256").update(token).digest("hex"));
