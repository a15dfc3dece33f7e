import { MAX_REQUEST_BYTES } from "../../contract/limits.ts";
import { BODY_INCOMPLETE, BODY_TOO_LATE, decodeUtf8, readBody } from "../../http/read-body.ts";
import type { McpInvalidMessage, McpMessage, McpRequest } from "../../mcp/message.ts";
import { parseMessage } from "../../mcp/request.ts";
import { budgetsOf } from "../../runtime/settings.ts";
import { toAddress, type EntryContext, type RequestContext } from "../context.ts";
import { denialResponse } from "./admission-responses.ts";
import { denyUnlessAuthenticated } from "./admission.ts";
import {
  openClientSession,
  type ClientSession,
  type OpenedClientSession,
} from "./client-session.ts";
import { tooLarge } from "./entry-checks.ts";
import { handleClientResponse } from "./handle-client-response.ts";
import { handleNotification } from "./handle-notification.ts";
import { handleRequest } from "./handle-request.ts";
import { badRequest, errorResponse, sessionNotFound } from "./responses.ts";

/** A message by POST: reads it, opens its client session, and handles it by its kind. */
export async function handleMessage(entry: EntryContext): Promise<Response> {
  const { request, env } = entry;
  const body = await readBody(request, MAX_REQUEST_BYTES, budgetsOf(env));
  if (body === "too_large") return tooLarge();
  if (body === "too_late") return badRequest(408, BODY_TOO_LATE);
  if (body === "incomplete") return badRequest(400, BODY_INCOMPLETE);
  // What is not UTF-8 is no JSON either.
  const message = parseMessage(decodeUtf8(body) ?? "", request.headers);
  const opened = openSession(message, entry);
  if (opened.kind === "invalid") {
    const denial = await denyUnlessAuthenticated(entry);
    return denial ? denialResponse(idOf(message), denial) : sessionNotFound(idOf(message));
  }
  const session = opened.kind === "open" ? opened.session : null;
  const context = { ...entry, session };
  switch (message.kind) {
    case "request":
      return handleRequest(withSession(message, session), context);
    case "response":
      return handleClientResponse(message, context);
    case "notification":
      return handleNotification(message, context);
    case "invalid":
      return handleInvalidMessage(message, context);
  }
}

/** `initialize` begins a session, whatever header it carries; modern clients have none. */
function openSession(message: McpMessage, entry: EntryContext): OpenedClientSession {
  const isInitialize = message.kind !== "response" && message.method === "initialize";
  if (message.era === "modern" || isInitialize) return { kind: "none" };
  const { request, env, boundTo } = entry;
  return openClientSession(request.headers, env, toAddress(entry), boundTo);
}

/** A legacy client states its capabilities, name and version in `initialize` only: they are kept in its session. */
function withSession(message: McpRequest, session: ClientSession | null): McpRequest {
  if (session === null) return message;
  const { key: _key, ...client } = session;
  // Clients of 2025-03-26 and older name no revision after `initialize`.
  const protocolVersion = message.protocolVersion ?? client.protocolVersion;
  return { ...message, ...client, protocolVersion };
}

async function handleInvalidMessage(
  { id, status, code, message, data }: McpInvalidMessage,
  context: RequestContext,
): Promise<Response> {
  const denial = await denyUnlessAuthenticated(context);
  if (denial) return denialResponse(id, denial);
  return errorResponse(id, { code, message, ...(data === undefined ? {} : { data }) }, status);
}

/** The id of the response to a message, as JSON text. */
function idOf(message: McpMessage): string {
  return message.kind === "request" || message.kind === "invalid" ? message.id : "null";
}
