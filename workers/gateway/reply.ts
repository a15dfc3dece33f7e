import type { Route } from "../contract/admission.ts";
import type { CallStatus } from "../contract/audit.ts";
import { editObject, scanJson } from "../mcp/json-scan.ts";
import { isObject } from "../mcp/json.ts";
import { ERROR, META_SERVER_INFO } from "../mcp/protocol.ts";
import type { McpRequest } from "../mcp/request.ts";
import { errorText } from "./answers.ts";

/** A message from an upstream, understood as far as a relay must. */
export type UpstreamMessage =
  | {
      kind: "reply";
      text: string;
      status: CallStatus;
      errorCode: string | null;
      rpcCode: number | null;
    }
  | { kind: "notification"; method: string }
  | { kind: "request"; id: string }
  /** Not JSON-RPC, or an answer to something else. */
  | { kind: "foreign" };

/** Results nest as deep as servers like; beyond this no client could read them. */
const RESULT_LIMITS = { maxDepth: 1_000, maxNodes: Infinity };

/** Reads one message of an upstream; `id` is the JSON text of the id that its answer must have. A reply comes translated for the client. */
export function readUpstreamMessage(
  text: string,
  id: string,
  message: McpRequest,
  route: Route,
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
      ? { kind: "notification", method }
      : { kind: "request", id: JSON.stringify(value["id"]) };
  }
  if (value["id"] !== JSON.parse(id)) return { kind: "foreign" };
  if (
    isObject(error) &&
    typeof error["code"] === "number" &&
    typeof error["message"] === "string"
  ) {
    const code = error["code"];
    return {
      kind: "reply",
      text: toClientError(error, code, message, route),
      status: "error",
      errorCode: `rpc_${code}`,
      rpcCode: code,
    };
  }
  if (!isObject(result)) return { kind: "foreign" };
  if (message.era === "legacy" && result["resultType"] === "input_required")
    return cannotAsk(message);
  const failed = result["isError"] === true;
  const edited = toClientResult(text, result, id, message, route);
  if (edited === null) return { kind: "foreign" };
  return {
    kind: "reply",
    text: edited,
    status: failed ? "error" : "ok",
    errorCode: failed ? "tool_error" : null,
    rpcCode: null,
  };
}

/** Whether a result may pass as the bytes that came: same id, same era. */
export function passesUnchanged(id: string, message: McpRequest, route: Route): boolean {
  return id === message.id && message.era === route.endpoint.era;
}

function toClientResult(
  text: string,
  result: Record<string, unknown>,
  id: string,
  message: McpRequest,
  route: Route,
): string | null {
  const numeric = /^-?\d{16,}|[.eE]/.test(id) && !id.startsWith('"');
  if (passesUnchanged(id, message, route) && !numeric) return text;
  const scan = scanJson(text, RESULT_LIMITS);
  const body = scan.ok ? scan.root?.members.get("result")?.object : null;
  if (!scan.ok || !scan.root || !body) return null;
  const edits: Record<string, string | null> = { id: message.id };
  if (message.era === "modern" && route.endpoint.era === "legacy") {
    const cacheable =
      message.method === "resources/read" ? { ttlMs: "0", cacheScope: '"private"' } : {};
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
  route: Route,
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
function toClientCode(code: number, message: McpRequest, route: Route): number {
  if (message.era === route.endpoint.era) return code;
  if (message.era === "modern") return code === -32002 ? ERROR.invalidParams : code;
  return code <= -32020 && code >= -32099 ? ERROR.internal : code;
}

/** A server's question to a person travels to clients of its own era only. */
function cannotAsk(message: McpRequest): UpstreamMessage {
  const text =
    "The server asks for input, which cannot be relayed to a client of an older protocol version";
  const error = { code: ERROR.internal, message: text, data: { reason: "input_required" } };
  return {
    kind: "reply",
    text: errorText(message.id, error),
    status: "error",
    errorCode: "input_required",
    rpcCode: ERROR.internal,
  };
}
