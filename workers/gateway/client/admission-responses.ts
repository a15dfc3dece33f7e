import type { RefusedReason } from "../../contract/rpc/admission.ts";
import type { McpRequest } from "../../mcp/message.ts";
import {
  ERROR,
  LATEST_LEGACY_VERSION,
  LEGACY_VERSIONS,
  MODERN_VERSION,
  SERVER_INFO,
} from "../../mcp/protocol.ts";
import type { RequestContext } from "../context.ts";
import { sealClientSession } from "./client-session.ts";
import { findCachedList, cacheList } from "./list-cache.ts";
import { errorResponse, jsonResponse, resultText } from "./responses.ts";

/** `initialize` and `server/discover`: what the workspace offers this caller. */
export function capabilitiesResponse(
  message: McpRequest,
  offer: { capabilities: Record<string, unknown>; instructions: string | null },
  { env, slug, digest }: RequestContext,
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
  const client = { capabilities: message.values["capabilities"], clientName: message.clientName };
  return jsonResponse(resultText(message, members, false).join(""), 200, {
    "mcp-session-id": sealClientSession(client, env, slug, digest),
  });
}

const encoder = new TextEncoder();

const LIST_MEMBERS: Record<string, string> = {
  "tools/list": "tools",
  "prompts/list": "prompts",
  "resources/list": "resources",
  "resources/templates/list": "resourceTemplates",
};

/** A list as the Workspace keeps it ready, from this isolate when it has the same. */
export function listResponse(
  message: McpRequest,
  view: { etag: string; items: string | null; nextCursor: string | null },
  listKey: string,
): Response {
  let list = findCachedList(listKey);
  if (view.items !== null || list?.etag !== view.etag) {
    list = {
      etag: view.etag,
      items: encoder.encode(view.items ?? "[]"),
      nextCursor: view.nextCursor,
    };
    cacheList(listKey, list);
  }
  const cursor = list.nextCursor === null ? "" : `"nextCursor":${JSON.stringify(list.nextCursor)},`;
  const [head, tail] = resultText(message, "", true);
  const separator = message.era === "modern" ? "," : "";
  const member = `${separator}${cursor}"${LIST_MEMBERS[message.method]}":`;
  return jsonResponse(new Blob([head, member, list.items, tail]));
}

/** Why a request went nowhere, in words for the client. */
export function refusedResponse(message: McpRequest, reason: RefusedReason): Response {
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
      const code = message.era === "modern" ? ERROR.invalidParams : ERROR.resourceNotFound;
      return refuse(code, "Resource not found", { reason, uri: message.values["uri"] });
    }
    case "no_updates":
      return refuse(ERROR.methodNotFound, "The server of this resource does not tell of updates");
    case "no_session":
      return refuse(
        ERROR.methodNotFound,
        "Updates are told in a session: initialize, and send the Mcp-Session-Id that you get",
      );
    case "too_many_subscriptions":
      return refuse(
        ERROR.internal,
        "This session follows as many resources as it may: unsubscribe from one first",
      );
    case "bad_cursor":
      return refuse(
        ERROR.invalidParams,
        "The cursor is not valid any more: list again from the start",
      );
  }
}
