import { CALL_TIMEOUT_HEADER } from "../../contract/limits.ts";
import type { CallRoute } from "../../contract/rpc/admission.ts";
import { computeParamHeaders, encodeHeaderValue, matchParamHeaders } from "../../mcp/headers.ts";
import { editObject, EMPTY_OBJECT, type ObjectEdits } from "../../mcp/json-scan.ts";
import { isObject } from "../../mcp/json.ts";
import type { McpRequest } from "../../mcp/message.ts";
import { MODERN_VERSION } from "../../mcp/protocol.ts";
import { NAMED_METHODS } from "../../mcp/request-target.ts";
import { findProgressToken } from "../../mcp/translate/progress.ts";
import { toLegacyParams, toModernParams } from "../../mcp/translate/request.ts";
import { newRequestId } from "../../upstream/json-rpc.ts";
import { CONNECT_ACCOUNT_KEY } from "../account-page.ts";

/** A call as it is sent to its upstream. */
export interface UpstreamRequest {
  /** JSON text of the id in the body. */
  id: string;
  body: string;
  headers: Record<string, string>;
  /** The gateway's progress token in the body; null: the client's own token, or none. */
  progressToken: number | null;
}

/** One round of a multi round-trip request to a modern server. */
export interface RoundTrip {
  /** 0: the client's request; from 1: the gateway's retries. */
  number: number;
  /** JSON text of `inputResponses`; null: none. */
  responses: string | null;
  /** JSON text of the server's `requestState`; null: none. */
  state: string | null;
}

const FIRST_ROUND: RoundTrip = { number: 0, responses: null, state: null };

/**
 * The client's request as it is sent to the upstream: with the upstream's name of the tool, the `_meta` of its era and
 * its headers. All other parts of the body keep the client's exact text.
 */
export function toUpstreamRequest(
  message: McpRequest,
  route: CallRoute,
  sessionId: string | null,
  round: RoundTrip = FIRST_ROUND,
): UpstreamRequest {
  const { endpoint } = route;

  const isInSession = sessionId !== null || endpoint.transport === "sse";
  // Clients that share a session can choose the same token.
  const renamesToken = isInSession && findProgressToken(message) !== null;
  const id = toUpstreamId(message, route, isInSession, round);
  const progressToken = renamesToken ? route.seq : null;
  const token = renamesToken ? String(route.seq) : null;
  const params = toUpstreamParams(message, route, token, round);
  const body = editObject(message.text, message.root, {
    ...(id === message.id ? {} : { id }),
    ...(params === null ? {} : { params }),
  });
  const headers: Record<string, string> = {
    ...endpoint.headers,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": endpoint.era === "modern" ? MODERN_VERSION : endpoint.protocolVersion,
  };
  if (sessionId !== null) headers["mcp-session-id"] = sessionId;
  if (endpoint.longestCallSeconds !== null)
    headers[CALL_TIMEOUT_HEADER] = String(endpoint.longestCallSeconds * 1000);
  if (endpoint.era === "modern") {
    headers["mcp-method"] = message.method;
    const name = NAMED_METHODS.has(message.method) ? (route.task ?? route.target) : null;
    if (name !== null) headers["mcp-name"] = encodeHeaderValue(name);
    const args = message.values["arguments"];
    Object.assign(headers, Object.fromEntries(computeParamHeaders(route.paramHeaders ?? [], args)));
  }
  return { id, body, headers, progressToken };
}

/**
 * The id (JSON text) of a request: unique on a session that several clients share, and for each round of a call. Always an
 * integer, because some servers keep ids as integers.
 */
function toUpstreamId(
  { id, method }: McpRequest,
  { seq }: CallRoute,
  isInSession: boolean,
  round: RoundTrip,
): string {
  if (round.number > 0) return String(newRequestId());
  // The notifications of a subscription repeat its id, and pass unchanged.
  if (method === "subscriptions/listen") return id;
  return !isInSession && /^\d{1,15}$/.test(id) ? id : String(seq);
}

/** Whether a modern client's `Mcp-Param-*` headers equal its arguments. */
export function hasMatchingParamHeaders(
  { era, values }: McpRequest,
  { paramHeaders }: CallRoute,
  headers: Headers,
): boolean {
  return (
    era === "legacy" ||
    !paramHeaders ||
    matchParamHeaders(paramHeaders, values["arguments"], headers)
  );
}

/** The new text of `params`; null: the client's text stays unchanged. */
function toUpstreamParams(
  message: McpRequest,
  route: CallRoute,
  progressToken: string | null,
  round: RoundTrip,
): string | null {
  const { values } = message;
  const edits: ObjectEdits =
    route.endpoint.era === "modern"
      ? toModernParams(message)
      : toLegacyParams(message, progressToken);
  // They respond to the gateway, which asked for nothing else.
  if (isObject(values["inputResponses"]) && CONNECT_ACCOUNT_KEY in values["inputResponses"])
    edits["inputResponses"] = null;
  if (round.responses !== null) edits["inputResponses"] = round.responses;
  if (round.state !== null) edits["requestState"] = round.state;
  const { name, ref, uri } = values;
  if (route.skill && uri !== route.target) edits["uri"] = JSON.stringify(route.target);
  if (route.task !== null && values["taskId"] !== undefined)
    edits["taskId"] = JSON.stringify(route.task);
  if (
    route.task === null &&
    route.target !== null &&
    name !== undefined &&
    route.target !== message.target
  )
    edits["name"] = JSON.stringify(route.target);
  const isPromptRef =
    message.method === "completion/complete" && message.target?.startsWith("prompt:");
  if (isPromptRef && isObject(ref) && ref["name"] !== route.target)
    edits["ref"] = JSON.stringify({ ...ref, name: route.target });
  if (Object.keys(edits).length === 0) return null;
  return editObject(message.text, message.params ?? EMPTY_OBJECT, edits);
}
