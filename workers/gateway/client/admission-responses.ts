import { MAX_SUBSCRIBED_URI_LENGTH } from "../../contract/limits.ts";
import type {
  Admission,
  Denial,
  ListView,
  SubscriptionLimit,
} from "../../contract/rpc/admission.ts";
import type { McpRequest } from "../../mcp/message.ts";
import {
  ERROR,
  LATEST_LEGACY_VERSION,
  LEGACY_VERSIONS,
  MODERN_VERSION,
  SERVER_INFO,
} from "../../mcp/protocol.ts";
import { settingsOf } from "../../runtime/settings.ts";
import { toFailureText } from "../../upstream/failure-text.ts";
import { VIA_HEADER } from "../../upstream/via.ts";
import { toAccessData, toAccessText } from "../access-page.ts";
import { toUnlistedText } from "../account-page.ts";
import { formatFailure } from "../call/failure.ts";
import { toAddress, type RequestContext } from "../context.ts";
import { sealClientSession } from "./client-session.ts";
import type { CachedList } from "./list-cache.ts";
import { errorResponse, jsonResponse, rateLimited, resultText, unauthorized } from "./responses.ts";
import { toStopError } from "./stop-error.ts";

/** The response to `initialize` and `server/discover`. `discovery`: the capabilities for this token owner. */
export function capabilitiesResponse(
  message: McpRequest,
  discovery: Extract<Admission, { kind: "capabilities" }>,
  context: RequestContext,
): Response {
  const { env, boundTo, via } = context;
  const leadsTo = [...new Set([settingsOf(env).gatewayId, ...discovery.leadsTo])];
  const headers: Record<string, string> =
    via.length > 0 ? { [VIA_HEADER]: leadsTo.join(", ") } : {};
  const instructions =
    discovery.instructions === null
      ? ""
      : `,"instructions":${JSON.stringify(discovery.instructions)}`;
  if (message.era === "modern") {
    const capabilities = JSON.stringify(discovery.capabilities);
    const members = `"supportedVersions":["${MODERN_VERSION}"],"capabilities":${capabilities}${instructions}`;
    return jsonResponse(resultText(message, members, true).join(""), 200, headers);
  }
  const requested = message.values["protocolVersion"];
  const protocolVersion =
    LEGACY_VERSIONS.find((known) => known === requested) ?? LATEST_LEGACY_VERSION;
  // Older revisions have no tasks.
  const { tasks: _, ...older } = discovery.capabilities;
  const capabilities = JSON.stringify(
    protocolVersion === LATEST_LEGACY_VERSION ? discovery.capabilities : older,
  );
  const server = `"serverInfo":${JSON.stringify(SERVER_INFO)}`;
  const members = `"protocolVersion":"${protocolVersion}","capabilities":${capabilities},${server}${instructions}`;
  const { clientName, clientVersion } = message;
  const { capabilities: declared } = message.values;
  const client = { capabilities: declared, clientName, clientVersion, protocolVersion };
  return jsonResponse(resultText(message, members, false).join(""), 200, {
    ...headers,
    "mcp-session-id": sealClientSession(client, env, toAddress(context), boundTo),
  });
}

const encoder = new TextEncoder();

/** The result's member that holds the list. */
const LIST_MEMBERS: Record<string, string> = {
  "tools/list": "tools",
  "prompts/list": "prompts",
  "resources/list": "resources",
  "resources/templates/list": "resourceTemplates",
  "skills/list": "skills",
  "resources/directory/read": "resources",
};

/** The list that the Workspace has returned, as it is cached and sent. */
export function encodeList({ etag, items, nextCursor }: ListView): CachedList {
  return { etag, items: encoder.encode(items ?? "[]"), nextCursor };
}

/** The response to a list request. */
export function listResponse(message: McpRequest, list: CachedList): Response {
  const cursor = list.nextCursor === null ? "" : `"nextCursor":${JSON.stringify(list.nextCursor)},`;
  const [head, tail] = resultText(message, "", true);
  const separator = message.era === "modern" ? "," : "";
  const member = `${separator}${cursor}"${LIST_MEMBERS[message.method]}":`;
  return jsonResponse(new Blob([head, member, list.items, tail]));
}

/** The error response for a denied client; `id` is JSON text. */
export function denialResponse(id: string, denial: Denial): Response {
  switch (denial.kind) {
    case "unauthorized":
      return unauthorized();
    case "rate_limited":
      return rateLimited(id, denial.retryAfterSeconds);
    case "stopped":
      // A request gets a response that every client shows; a client can take 403 for the end of the connection.
      return errorResponse(id, toStopError(denial.cause), id === "null" ? 403 : 200);
    case "unknown_server": {
      const message = "This workspace has no such server, or this token may not use it";
      const error = { code: ERROR.invalidRequest, message, data: { reason: denial.kind } };
      return errorResponse(id, error, 404);
    }
    case "unavailable": {
      const message = "The gateway cannot check this request now. Try again in a few seconds.";
      const error = { code: ERROR.internal, message, data: { reason: "unavailable" } };
      return errorResponse(id, error, 503, { "retry-after": "5" });
    }
  }
}

/** The response to a call whose server cannot be called now. */
export function unroutableResponse(
  message: McpRequest,
  { serverName, error }: Extract<Admission, { kind: "unroutable" }>,
): Response {
  const text = toFailureText(error, serverName);
  return jsonResponse(formatFailure(message, text, { reason: error.code }));
}

const SUBSCRIPTION_LIMITS: Record<SubscriptionLimit, string> = {
  uri: `A resource with a URI of more than ${MAX_SUBSCRIBED_URI_LENGTH} characters cannot be subscribed to`,
  session:
    "This session has the maximum number of subscriptions: unsubscribe from a resource first",
  owner:
    "All sessions of this user together have the maximum number of subscriptions: unsubscribe from a resource first, in any of them. Subscriptions end after 7 days, and with their token.",
  workspace:
    "All sessions of this workspace together have the maximum number of subscriptions. Subscriptions end after 7 days, and with their token.",
};

const SKILL_REFUSALS = {
  unknown_skill: "Unknown skill: use a URI from skills/list",
  ambiguous_skill: "Several servers have a skill with this URI: use a URI from skills/list",
  outside_skill:
    "The skill does not list this file: use a URI from its entry in skills/list, as it is written there",
  unknown_directory: "No skill in skills/list has such a directory",
};

const EXPIRED_CURSOR = "The cursor is not valid any more: list again without a cursor";

/** The error response for a refused request. */
export function refusedResponse(
  message: McpRequest,
  { reason, limit = "session", unlisted = [], access }: Extract<Admission, { kind: "refused" }>,
  context: RequestContext,
): Response {
  const page = access && toAccessData(context, access);
  const ofAccess = { reason, ...page };
  const refuse = (code: number, text: string, data: Record<string, unknown> = ofAccess) =>
    errorResponse(message.id, { code, message: text, data });
  switch (reason) {
    case "tool_not_allowed":
      return refuse(ERROR.toolNotAllowed, toAccessText(page?.access));
    case "tool_not_selected":
      return refuse(
        ERROR.toolNotAllowed,
        "This token is narrowed to other tools: change its tools in the dashboard",
      );
    case "definition_held":
      return refuse(
        ERROR.toolNotAllowed,
        "The server has changed this definition since it was approved, so the call was not sent: an admin of the workspace has to approve the change",
      );
    case "unknown_tool":
      return refuse(
        ERROR.invalidParams,
        `Unknown tool: use a name from tools/list${toUnlistedText(context, unlisted)}`,
      );
    case "unknown_prompt":
      return refuse(ERROR.invalidParams, "Unknown prompt: use a name from prompts/list");
    case "unknown_resource": {
      const code = message.era === "modern" ? ERROR.invalidParams : ERROR.resourceNotFound;
      return refuse(code, "Resource not found", { reason, uri: message.values["uri"] });
    }
    case "unknown_skill":
    case "ambiguous_skill":
    case "outside_skill":
    case "unknown_directory":
      return refuse(ERROR.invalidParams, SKILL_REFUSALS[reason], {
        reason,
        uri: message.values["uri"],
      });
    case "unknown_task":
      return refuse(ERROR.invalidParams, "Task not found");
    case "no_updates":
      return refuse(ERROR.methodNotFound, "The server of this resource does not announce updates");
    case "no_session":
      return refuse(
        ERROR.methodNotFound,
        "Subscriptions need a session: send initialize, then its Mcp-Session-Id with every request",
      );
    case "too_many_subscriptions":
      return refuse(
        limit === "uri" ? ERROR.invalidParams : ERROR.internal,
        SUBSCRIPTION_LIMITS[limit],
      );
    case "bad_cursor":
      return refuse(ERROR.invalidParams, EXPIRED_CURSOR);
  }
}
