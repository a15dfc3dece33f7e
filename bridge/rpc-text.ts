import { MAX_RESPONSE_SIZE } from "../workers/contract/limits.ts";
import { formatError, formatResponse } from "../workers/mcp/json-rpc.ts";
import { editObject, EMPTY_OBJECT, scanJson } from "../workers/mcp/json-scan.ts";
import type { McpRequest } from "../workers/mcp/message.ts";
import { ERROR, META_SERVER_INFO } from "../workers/mcp/protocol.ts";
import { toLegacyParams } from "../workers/mcp/translate/request.ts";
import { toModernResult } from "../workers/mcp/translate/response.ts";
import type { Failure, RequestResult } from "./connection.ts";
import { MESSAGE_LIMITS } from "./limits.ts";
import type { Params } from "./message.ts";

const FAILURE_MESSAGES: Record<Failure, string> = {
  timeout: "The server did not respond in time, so the call was cancelled",
  ended: "The server ended before it responded; it is being restarted by its host",
  cancelled: "The call was cancelled",
  too_large: `The server's response is larger than ${MAX_RESPONSE_SIZE}`,
  refused: "The server does not read its input",
  busy: "Too many calls wait for this server; try again later",
};

/** The error message for a request that the server did not respond to. */
export function toFailureMessage(failure: Failure): string {
  return FAILURE_MESSAGES[failure];
}

/** The JSON-RPC response (text) for a request's result; `id` is JSON text. */
export function formatRequestResult(id: string, result: RequestResult): string {
  if (result.kind !== "failed") return formatResponse(id, result.kind, result.json);
  const { failure } = result;
  const data = { reason: `server_${failure}` };
  return formatError(id, { code: ERROR.internal, message: FAILURE_MESSAGES[failure], data });
}

/** A client's params (JSON text) for the stdio server, with the bridge's progress token; null: none. */
export function toServerParams(request: McpRequest, progressToken: number): string | null {
  const { text, params } = request;
  return params && editObject(text, params, toLegacyParams(request, String(progressToken)));
}

/** The params of a notification with members (JSON texts) added to its `_meta`. */
export function withMeta(params: Params | null, meta: Record<string, string>): string {
  const { text, object } = params ?? { text: "", object: EMPTY_OBJECT };
  const old = object.members.get("_meta")?.object ?? EMPTY_OBJECT;
  return editObject(text, object, { _meta: editObject(text, old, meta) });
}

/** A legacy server's result (JSON text) for a modern client, with the server's info (JSON text). */
export function toModernResultText(method: string, json: string, serverInfo: string): string {
  const scan = scanJson(json, MESSAGE_LIMITS);
  if (!scan.ok || !scan.root) return json;
  const meta = scan.root.members.get("_meta")?.object ?? EMPTY_OBJECT;
  const _meta = editObject(json, meta, { [META_SERVER_INFO]: serverInfo });
  return toModernResult(json, scan.root, method, { _meta });
}
