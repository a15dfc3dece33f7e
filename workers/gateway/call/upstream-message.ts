import { MAX_OPEN_SERVER_REQUESTS } from "../../contract/limits.ts";
import type { CallStatus } from "../../contract/records/audit.ts";
import type { CallRoute } from "../../contract/rpc/admission.ts";
import { supportsServerRequest, acceptsServerRequests } from "../../mcp/client-capabilities.ts";
import { editObject, scanJson } from "../../mcp/json-scan.ts";
import { isObject } from "../../mcp/json.ts";
import type { McpRequest } from "../../mcp/message.ts";
import { ERROR, META_SERVER_INFO } from "../../mcp/protocol.ts";
import { errorText } from "../client/responses.ts";
import type { InputRequired } from "../elicitation/server-requests.ts";

/** A message from an upstream, understood as far as a relay must. */
export type UpstreamMessage =
  | {
      kind: "reply";
      text: string;
      status: CallStatus;
      errorCode: string | null;
      rpcCode: number | null;
    }
  /** A modern server wants to know something first, of a legacy client. */
  | { kind: "asks"; round: InputRequired }
  | { kind: "notification"; method: string; params: unknown }
  | { kind: "request"; id: string; method: string; params: unknown }
  /** Not JSON-RPC, or an answer to something else. */
  | { kind: "foreign" };

/** Until 2025-11-25: the client must have a person open a page, then call again. */
const URL_ELICITATION_REQUIRED = -32042;

const OK = { status: "ok", errorCode: null, rpcCode: null } as const;

/** Results nest as deep as servers like; beyond this no client could read them. */
const RESULT_LIMITS = { maxDepth: 1_000, maxNodes: Infinity };

/** Reads one message of an upstream; `id` is the JSON text of the id that its answer must have. A reply comes translated for the client. */
export function readUpstreamMessage(
  text: string,
  id: string,
  message: McpRequest,
  route: CallRoute,
): UpstreamMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "foreign" };
  }
  if (!isObject(value) || value["jsonrpc"] !== "2.0") return { kind: "foreign" };
  const { method, result, error } = value;
  if (typeof method === "string") {
    return value["id"] === undefined
      ? { kind: "notification", method, params: value["params"] }
      : { kind: "request", id: JSON.stringify(value["id"]), method, params: value["params"] };
  }
  if (value["id"] !== JSON.parse(id)) return { kind: "foreign" };
  if (
    isObject(error) &&
    typeof error["code"] === "number" &&
    typeof error["message"] === "string"
  ) {
    const code = error["code"];
    const round = code === URL_ELICITATION_REQUIRED ? toUrlRound(error["data"], message) : null;
    if (round !== null) return { kind: "reply", text: round, ...OK };
    return {
      kind: "reply",
      text: toClientError(error, code, message, route),
      status: "error",
      errorCode: `rpc_${code}`,
      rpcCode: code,
    };
  }
  if (!isObject(result)) return { kind: "foreign" };
  if (message.era === "legacy" && result["resultType"] === "input_required") {
    const round = toInputRound(result);
    return round && acceptsServerRequests(message.clientCapabilities)
      ? { kind: "asks", round }
      : cannotAsk(message);
  }
  const failed = result["isError"] === true;
  const edited = toClientResult(text, result, id, message, route);
  if (edited === null) return { kind: "foreign" };
  const reply = { kind: "reply", text: edited } as const;
  return failed
    ? { ...reply, status: "error", errorCode: "tool_error", rpcCode: null }
    : { ...reply, ...OK };
}

/** Whether a result may pass as the bytes that came: same id, same era. */
export function isPassedUnchanged(id: string, message: McpRequest, route: CallRoute): boolean {
  return id === message.id && message.era === route.endpoint.era;
}

function toClientResult(
  text: string,
  result: Record<string, unknown>,
  id: string,
  message: McpRequest,
  route: CallRoute,
): string | null {
  const numeric = /^-?\d{16,}|[.eE]/.test(id) && !id.startsWith('"');
  // Also of modern servers, some of which leave it out.
  const lacksType = message.era === "modern" && result["resultType"] === undefined;
  if (isPassedUnchanged(id, message, route) && !numeric && !lacksType) return text;
  const scan = scanJson(text, RESULT_LIMITS);
  const body = scan.ok ? scan.root?.members.get("result")?.object : null;
  if (!scan.ok || !scan.root || !body) return null;
  const edits: Record<string, string | null> = { id: message.id };
  if (lacksType) {
    const cacheable =
      message.method === "resources/read" && route.endpoint.era === "legacy"
        ? { ttlMs: "0", cacheScope: '"private"' }
        : {};
    edits["result"] = editObject(text, body, { resultType: '"complete"', ...cacheable });
  } else if (message.era === "legacy" && route.endpoint.era === "modern") {
    edits["result"] = editObject(text, body, toLegacyEdits(result));
  }
  return editObject(text, scan.root, edits);
}

/** Drops what 2025-11-25 does not know; its structured content is an object. */
function toLegacyEdits(result: Record<string, unknown>): Record<string, string | null> {
  const edits: Record<string, string | null> = {};
  for (const member of ["resultType", "ttlMs", "cacheScope"])
    if (member in result) edits[member] = null;
  const meta = result["_meta"];
  if (isObject(meta) && META_SERVER_INFO in meta) {
    const { [META_SERVER_INFO]: _server, ...rest } = meta;
    edits["_meta"] = Object.keys(rest).length > 0 ? JSON.stringify(rest) : null;
  }
  const structured = result["structuredContent"];
  if (structured !== undefined && !isObject(structured)) {
    const content = result["content"];
    edits["structuredContent"] = JSON.stringify({ result: structured });
    if (!Array.isArray(content) || content.length === 0) {
      edits["content"] = JSON.stringify([{ type: "text", text: JSON.stringify(structured) }]);
    }
  }
  return edits;
}

function toClientError(
  error: Record<string, unknown>,
  code: number,
  message: McpRequest,
  route: CallRoute,
): string {
  const text = String(error["message"]);
  const data = error["data"] === undefined ? {} : { data: error["data"] };
  return errorText(message.id, {
    code: toClientCode(code, message, route),
    message: text,
    ...data,
  });
}

/** The reserved codes of one era mean nothing in the other. */
function toClientCode(code: number, message: McpRequest, route: CallRoute): number {
  if (message.era === route.endpoint.era) return code;
  if (message.era === "modern") return code === -32002 ? ERROR.invalidParams : code;
  return code <= -32020 && code >= -32099 ? ERROR.internal : code;
}

/** The questions in a modern server's result; null when they are not as they must be. */
function toInputRound(result: Record<string, unknown>): InputRequired | null {
  const given = isObject(result["inputRequests"]) ? result["inputRequests"] : {};
  const requests: InputRequired["requests"] = {};
  for (const [key, request] of Object.entries(given)) {
    if (!isObject(request) || typeof request["method"] !== "string") return null;
    requests[key] = { method: request["method"], params: request["params"] };
  }
  if (Object.keys(given).length > MAX_OPEN_SERVER_REQUESTS) return null;
  const state = result["requestState"];
  return { requests, state: state === undefined ? null : JSON.stringify(state) };
}

/** A legacy server's "open this page first" as a modern client knows it; null: it is not one, or cannot be answered. */
function toUrlRound(data: unknown, message: McpRequest): string | null {
  const pages = isObject(data) ? data["elicitations"] : undefined;
  if (message.era === "legacy" || !Array.isArray(pages)) return null;
  if (!supportsServerRequest(message.clientCapabilities, "elicitation/create", { mode: "url" }))
    return null;
  const requests = pages.filter(isObject).map(({ url, message: text }, i) => {
    const params = { mode: "url", url, message: text };
    return [`page-${i + 1}`, { method: "elicitation/create", params }] as const;
  });
  const result = { resultType: "input_required", inputRequests: Object.fromEntries(requests) };
  return `{"jsonrpc":"2.0","id":${message.id},"result":${JSON.stringify(result)}}`;
}

/** A client that said nothing of being able to answer is not asked. */
function cannotAsk(message: McpRequest): UpstreamMessage {
  const text = "The server asks for input, which this client did not declare to be able to give";
  const error = { code: ERROR.internal, message: text, data: { reason: "input_required" } };
  return {
    kind: "reply",
    text: errorText(message.id, error),
    status: "error",
    errorCode: "input_required",
    rpcCode: ERROR.internal,
  };
}
