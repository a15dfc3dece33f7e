import {
  editObject,
  findMemberText,
  scanJson,
  type ObjectEdits,
  type ScannedObject,
} from "../workers/mcp/json-scan.ts";
import { isObject, parseJson } from "../workers/mcp/json.ts";
import { ERROR } from "../workers/mcp/protocol.ts";
import { MESSAGE_LIMITS } from "./limits.ts";
import { findMetaProblem } from "./meta.ts";

/** A JSON-RPC message of the server. Ids, params, results and errors are exact JSON texts. */
export type ServerMessage =
  | ServerResponse
  | { kind: "request"; id: string; method: string; params: string | null }
  | { kind: "notification"; method: string; params: Params | null };

/** A response of the server; `id`: null when the server could not read the id of the request. */
export interface ServerResponse {
  kind: "response";
  id: number | null;
  response: RpcResponse;
}

/** The result or the error of a JSON-RPC response, as JSON text. */
export type RpcResponse =
  | { kind: "result"; json: string }
  | { kind: "error"; json: string; code: number };

/** The params of a notification: parsed, and as an object that was scanned in the message's text. */
export interface Params {
  values: Record<string, unknown>;
  text: string;
  object: ScannedObject;
}

/** The beginning of a JSON-RPC message. Inside a JSON string its quotes would be escaped. */
const MESSAGE_START = /\{\s*"(?:jsonrpc|id|result|error)"\s*:/g;
/** Most beginnings of a message that are tried in one line. */
const MAX_STARTS = 8;

/**
 * Parses one line of a server's output; null when it is not a JSON-RPC message. A byte order mark is white space here:
 * `trim` removes it.
 */
export function parseServerMessage(line: string): ServerMessage | null {
  const text = line.trim();
  if (!text.startsWith("{")) return null;
  const value = parseJson(text);
  const scan = scanJson(text, MESSAGE_LIMITS);
  if (!isObject(value) || !scan.ok || !scan.root) return null;
  const { root } = scan;
  const method = value["method"];
  if (typeof method === "string") {
    const params = value["params"];
    const object = root.members.get("params")?.object ?? null;
    // Some libraries write an absent member as null.
    if (value["id"] === undefined || value["id"] === null) {
      const hasParams = isObject(params) && object !== null;
      return {
        kind: "notification",
        method,
        params: hasParams ? { values: params, text, object } : null,
      };
    }
    const id = findMemberText(text, root, "id") ?? "null";
    const paramsText = params === null ? undefined : findMemberText(text, root, "params");
    return { kind: "request", id, method, params: paramsText ?? null };
  }
  const id = parseResponseId(value["id"]);
  // Without an id, only the version tells a response from a log line in JSON.
  if (id === undefined || (id === null && value["jsonrpc"] !== "2.0")) return null;
  const response = parseRpcResponse(text, root, value);
  return response && { kind: "response", id, response };
}

/**
 * Parses the response at the end of a line that begins with other output, which the server wrote without a line break.
 * Only responses are found: a log line can quote any other message.
 */
export function parseGluedResponse(line: string): ServerResponse | null {
  for (const { index } of [...line.matchAll(MESSAGE_START)].slice(0, MAX_STARTS)) {
    const message = index === 0 ? null : parseServerMessage(line.slice(index));
    if (message?.kind === "response") return message;
  }
  return null;
}

/** The bridge's ids are numbers; some servers return them as strings. Undefined: it is none of the bridge's ids. */
function parseResponseId(id: unknown): number | null | undefined {
  if (id === undefined || id === null) return null;
  if (typeof id === "string" && /^\d{1,15}$/.test(id)) return Number(id);
  return typeof id === "number" ? id : undefined;
}

/**
 * Parses a JSON-RPC response. A response that its receiver could not read becomes an error, so that the call ends. Null:
 * the message is no response. `text`, `root` and `value` are the same message.
 */
export function parseRpcResponse(
  text: string,
  root: ScannedObject,
  value: Record<string, unknown>,
): RpcResponse | null {
  const { error, result } = value;
  if (error !== undefined && error !== null) return parseRpcError(text, root, error);
  if (result === undefined && value["jsonrpc"] !== "2.0") return null;
  if (result === undefined) return toRpcError(ERROR.internal, "The response has no result");
  if (result === null) return { kind: "result", json: "{}" };
  const object = root.members.get("result")?.object;
  if (!isObject(result) || !object)
    return toRpcError(ERROR.internal, "The response's result is not an object");
  const problem = findMetaProblem(result);
  if (problem !== null) return toRpcError(ERROR.internal, problem);
  const edits: ObjectEdits = {};
  for (const [name, member] of Object.entries(result)) if (member === null) edits[name] = null;
  const hasEdits = Object.keys(edits).length > 0;
  const json = hasEdits ? editObject(text, object, edits) : findMemberText(text, root, "result");
  return { kind: "result", json: json ?? "{}" };
}

function parseRpcError(text: string, root: ScannedObject, error: unknown): RpcResponse {
  if (!isObject(error)) return toRpcError(ERROR.internal, String(error));
  const { code, message, data } = error;
  if (Number.isInteger(code) && typeof message === "string") {
    const json = findMemberText(text, root, "error") ?? "{}";
    return { kind: "error", json, code: Number(code) };
  }
  const readable = typeof message === "string" ? message : "The server returned an error";
  return toRpcError(Number.isInteger(code) ? Number(code) : ERROR.internal, readable, data);
}

/** An error response; `data`: undefined for none. */
export function toRpcError(code: number, message: string, data?: unknown): RpcResponse {
  return { kind: "error", code, json: JSON.stringify({ code, message, data }) };
}

/** A JSON text on one line: line breaks, which can occur only between tokens, become spaces. */
export function toOneLine(json: string): string {
  return json.replaceAll(/[\r\n]+/g, " ");
}
