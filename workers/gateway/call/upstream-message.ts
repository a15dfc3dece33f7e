import type { CallStatus } from "../../contract/records/audit.ts";
import type { CallRoute } from "../../contract/rpc/admission.ts";
import type { UpstreamErrorCode } from "../../contract/rpc/tool-catalogue.ts";
import {
  acceptsServerRequests,
  acceptsTasks,
  supportsServerRequest,
} from "../../mcp/client-capabilities.ts";
import { formatError, type JsonRpcError } from "../../mcp/json-rpc.ts";
import { editObject, RESPONSE_LIMITS, scanJson } from "../../mcp/json-scan.ts";
import { isObject, parseObject } from "../../mcp/json.ts";
import type { McpRequest } from "../../mcp/message.ts";
import { ERROR } from "../../mcp/protocol.ts";
import {
  formatInputRequired,
  parseInputRequired,
  parseUrlElicitations,
  type InputRequired,
} from "../../mcp/translate/elicitation.ts";
import {
  toClientErrorCode,
  toCompleteResult,
  toLegacyResult,
  toModernResult,
  toWrappedOutput,
} from "../../mcp/translate/response.ts";

/** The response to a call, translated for the client, with its audit status. `rpcError`: the server's error. */
interface ClientResponse {
  kind: "response";
  text: string;
  status: CallStatus;
  errorCode: string | null;
  rpcError: JsonRpcError | null;
}

/** A message from an upstream, classified for the relay. */
export type UpstreamMessage =
  | ClientResponse
  /** A modern server needs responses of a legacy client first. */
  | { kind: "input_required"; inputRequired: InputRequired }
  | { kind: "notification"; method: string; params: unknown }
  | { kind: "request"; id: string; method: string; params: unknown }
  /** A bridge reports that its server failed the call. */
  | { kind: "failed"; code: UpstreamErrorCode }
  /** Not JSON-RPC, or a response to another request. */
  | { kind: "foreign" };

const OK = { status: "ok", errorCode: null, rpcError: null } as const;
const FOREIGN = { kind: "foreign" } as const;

/** What a bridge reports of its server (`data.reason`, see bridge/README.md) and the gateway reports of any server. */
const BRIDGE_FAILURES: ReadonlyMap<unknown, UpstreamErrorCode> = new Map([
  ["server_too_large", "upstream_too_large"],
  ["server_timeout", "upstream_timeout"],
]);

/**
 * Reads one message of an upstream. `id` (JSON text) is the id under which the call was sent. A response is translated
 * for the client.
 */
export function readUpstreamMessage(
  text: string,
  id: string,
  message: McpRequest,
  route: CallRoute,
): UpstreamMessage {
  const value = parseObject(text);
  if (value?.["jsonrpc"] !== "2.0") return FOREIGN;
  const { method, params, result, error } = value;
  if (typeof method === "string") {
    return value["id"] === undefined
      ? { kind: "notification", method, params }
      : { kind: "request", id: JSON.stringify(value["id"]), method, params };
  }
  const sent: unknown = JSON.parse(id);
  // Some servers return a number as a string.
  const isExact = value["id"] === sent;
  if (!isExact && (typeof sent !== "number" || value["id"] !== String(sent))) return FOREIGN;
  if (
    isObject(error) &&
    typeof error["code"] === "number" &&
    typeof error["message"] === "string"
  ) {
    const { code, message: cause, data } = error;
    const failure = BRIDGE_FAILURES.get(isObject(data) ? data["reason"] : undefined);
    if (code === ERROR.internal && failure) return { kind: "failed", code: failure };
    return toClientError({ code, message: cause, data }, message, route);
  }
  if (!isObject(result)) return FOREIGN;
  if (message.era === "legacy" && result["resultType"] === "input_required")
    return readInputRequired(text, message);
  // A task that the client cannot follow is no result for it.
  const isTask = result["resultType"] === "task";
  if (isTask && (message.era === "legacy" || !acceptsTasks(message))) return FOREIGN;
  const translated = toClientResult(text, result, isExact ? id : "", message, route);
  if (translated === null) return FOREIGN;
  const response = { kind: "response", text: translated } as const;
  return result["isError"] === true
    ? { ...response, status: "error", errorCode: "tool_error", rpcError: null }
    : { ...response, ...OK };
}

/**
 * Whether a result can be forwarded as the bytes that came: same id, same era, output not wrapped, and it concerns no task, no
 * skill and no locked resource.
 */
export function isPassedUnchanged(id: string, message: McpRequest, route: CallRoute): boolean {
  const isWrapped = route.wrapsOutput && message.era === "legacy";
  const isSame = id === message.id && message.era === route.endpoint.era;
  // The content of a resource can have what rules its user interface.
  const isLockedRead = route.approvedUi !== undefined && message.method === "resources/read";
  return isSame && !isWrapped && !isLockedRead && route.task === null && route.skill === undefined;
}

function toClientResult(
  text: string,
  values: Record<string, unknown>,
  id: string,
  message: McpRequest,
  route: CallRoute,
): string | null {
  // Equal as numbers, but the server can have written the id in another form.
  const isInexactId = id === "" || (/^-?\d{16,}|[.eE]/.test(id) && !id.startsWith('"'));
  // Some modern servers leave it out, too.
  const lacksType = message.era === "modern" && values["resultType"] === undefined;
  if (isPassedUnchanged(id, message, route) && !isInexactId && !lacksType) return text;
  const scan = scanJson(text, RESPONSE_LIMITS);
  const result = scan.ok ? scan.root?.members.get("result")?.object : null;
  if (!scan.ok || !scan.root || !result) return null;
  const serverEra = route.endpoint.era;
  let translated: string | undefined;
  if (lacksType)
    translated =
      serverEra === "legacy"
        ? toModernResult(text, result, message.method)
        : toCompleteResult(text, result);
  else if (message.era === "legacy" && serverEra === "modern")
    translated = toLegacyResult(text, result, values, route.wrapsOutput);
  else if (message.era === "legacy" && route.wrapsOutput)
    translated = editObject(text, result, toWrappedOutput(text, result, values));
  return editObject(text, scan.root, {
    id: message.id,
    ...(translated === undefined ? {} : { result: translated }),
  });
}

function toClientError(
  error: JsonRpcError,
  message: McpRequest,
  { endpoint }: CallRoute,
): ClientResponse {
  if (error.code === ERROR.urlElicitationRequired && message.era === "modern") {
    const requests = parseUrlElicitations(error.data);
    const canOpen = supportsServerRequest(message.clientCapabilities, "elicitation/create", {
      mode: "url",
    });
    if (requests && canOpen)
      return { kind: "response", text: formatInputRequired(message.id, requests, null), ...OK };
  }
  const code = toClientErrorCode(error.code, endpoint.era, message.era);
  return {
    kind: "response",
    text: formatError(message.id, { ...error, code }),
    status: "error",
    errorCode: `rpc_${error.code}`,
    rpcError: error,
  };
}

/** A modern server's `input_required` for a legacy client; an error when the client accepts no server requests. */
function readInputRequired(text: string, message: McpRequest): UpstreamMessage {
  const scan = scanJson(text, RESPONSE_LIMITS);
  const result = scan.ok ? scan.root?.members.get("result")?.object : null;
  const inputRequired = result ? parseInputRequired(text, result) : null;
  if (inputRequired && acceptsServerRequests(message.clientCapabilities))
    return { kind: "input_required", inputRequired };
  const error = {
    code: ERROR.internal,
    message: "The server requires input, but the client's capabilities do not include it",
    data: { reason: "input_required" },
  };
  return {
    kind: "response",
    text: formatError(message.id, error),
    status: "error",
    errorCode: "input_required",
    rpcError: error,
  };
}
