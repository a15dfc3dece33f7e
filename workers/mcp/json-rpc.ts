import { parseObject } from "./json.ts";
import { ERROR } from "./protocol.ts";

// Builders of JSON-RPC 2.0 messages. Ids, params and results are JSON texts: no digit of a large number is lost.

/** A JSON-RPC error object (JSON-RPC 2.0, section 5.1). */
export interface JsonRpcError {
  code: number;
  message: string;
  data?: unknown;
}

/** The error for a server request that the client does not support. */
export const UNSUPPORTED_REQUEST: JsonRpcError = {
  code: ERROR.methodNotFound,
  message: "The client does not support this request",
};

/** Text of a request; `params`: null for none. */
export function formatRequest(id: string, method: string, params: string | null): string {
  return `{"jsonrpc":"2.0","id":${id},${formatMethod(method, params)}}`;
}

/** Text of a notification; `params`: null for none. */
export function formatNotification(method: string, params: string | null): string {
  return `{"jsonrpc":"2.0",${formatMethod(method, params)}}`;
}

/** Text of a response; `json` is the text of its result or error. */
export function formatResponse(id: string, member: "result" | "error", json: string): string {
  return `{"jsonrpc":"2.0","id":${id},"${member}":${json}}`;
}

/** Text of an error response. */
export function formatError(id: string, error: JsonRpcError): string {
  return formatResponse(id, "error", JSON.stringify(error));
}

/** Text of `notifications/cancelled`: the sender no longer waits for the response to its request. */
export function formatCancelled(requestId: string): string {
  return formatNotification("notifications/cancelled", `{"requestId":${requestId}}`);
}

/** The response to a server request that is not passed to a client: a ping succeeds, all others are refused. */
export function formatLocalResponse(id: string, method: string): string {
  if (method === "ping") return formatResponse(id, "result", "{}");
  return formatError(id, UNSUPPORTED_REQUEST);
}

/** `formatLocalResponse` for a message's text; null: the message is not a request. */
export function respondLocally(text: string): string | null {
  const message = parseObject(text);
  const method = message?.["method"];
  if (typeof method !== "string" || message?.["id"] === undefined) return null;
  return formatLocalResponse(JSON.stringify(message["id"]), method);
}

function formatMethod(method: string, params: string | null): string {
  return `"method":${JSON.stringify(method)}${params === null ? "" : `,"params":${params}`}`;
}
