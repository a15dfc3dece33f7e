import { editObject, scanJson, textOf } from "../workers/mcp/json-scan.ts";
import type { McpRequest } from "../workers/mcp/message.ts";
import {
  ERROR,
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_LOG_LEVEL,
  META_PROTOCOL_VERSION,
  META_SERVER_INFO,
} from "../workers/mcp/protocol.ts";
import type { Failure, Outcome } from "./connection.ts";
import { LIST_TTL_MS, MESSAGE_LIMITS } from "./limits.ts";
import type { Params } from "./message.ts";

const FAILURES: Record<Failure, string> = {
  timeout: "The server did not answer in time, so the call was cancelled",
  ended: "The server ended before it answered; it is being restarted by its host",
  cancelled: "The call was cancelled",
  too_large: "The server's answer is larger than 8 MiB",
  refused: "The server does not read its input",
  busy: "Too many calls wait for this server; try again later",
};

/** Members of `_meta` that the legacy era does not know. */
const ENVELOPE = {
  [META_PROTOCOL_VERSION]: null,
  [META_CLIENT_CAPABILITIES]: null,
  [META_CLIENT_INFO]: null,
  [META_LOG_LEVEL]: null,
};

/** Results that the stateless era lets clients keep for a while. */
const CACHEABLE = new Set([
  "tools/list",
  "prompts/list",
  "resources/list",
  "resources/templates/list",
  "resources/read",
]);

/** The text of a JSON-RPC response; `id` and `json` are JSON texts. */
export function responseText(id: string, kind: "result" | "error", json: string): string {
  return `{"jsonrpc":"2.0","id":${id},"${kind}":${json}}`;
}

export function notificationText(method: string, params: string | null): string {
  return `{"jsonrpc":"2.0","method":"${method}"${params === null ? "" : `,"params":${params}`}}`;
}

/** The JSON text of an error. */
export function errorJson(code: number, message: string, data?: unknown): string {
  return JSON.stringify({ code, message, ...(data === undefined ? {} : { data }) });
}

/** What a client reads of a call that has no answer. */
export function failureText(failure: Failure): string {
  return FAILURES[failure];
}

/** A call's outcome as the message for its client. */
export function outcomeText(id: string, outcome: Outcome): string {
  if (outcome.kind !== "failed") return responseText(id, outcome.kind, outcome.json);
  const data = { reason: `server_${outcome.failure}` };
  return responseText(id, "error", errorJson(ERROR.internal, FAILURES[outcome.failure], data));
}

/**
 * A request's parameters as a server of the legacy era is to get them: arguments as their exact text, the bridge's
 * progress token in the place of the client's, nothing of the stateless era.
 */
export function forwardedParams(request: McpRequest): (token: number) => string | null {
  const { text, root, params } = request;
  if (!params) return () => textOf(text, root, "params") ?? null;
  const meta = params.members.get("_meta")?.object;
  const stateless = request.era === "modern" ? { inputResponses: null, requestState: null } : {};
  if (!meta) return () => editObject(text, params, stateless);
  const hasToken = meta.members.has("progressToken");
  return (token) => {
    const edits = {
      ...(request.era === "modern" ? ENVELOPE : {}),
      ...(hasToken ? { progressToken: String(token) } : {}),
    };
    return editObject(text, params, { ...stateless, _meta: editObject(text, meta, edits) });
  };
}

/** The client's progress token as JSON text; null: it wants no progress. */
export function progressTokenOf({ text, params }: McpRequest): string | null {
  return textOf(text, params?.members.get("_meta")?.object ?? null, "progressToken") ?? null;
}

/** A progress notification under the client's own token. */
export function progressText(params: Params, token: string): string {
  const edited = editObject(params.text, params.object, { progressToken: token });
  return notificationText("notifications/progress", edited);
}

/** The parameters of a notification with members of its `_meta` added. */
export function withMeta(params: Params | null, meta: Record<string, string>): string {
  const added = `{${Object.entries(meta)
    .map(([key, json]) => `${JSON.stringify(key)}:${json}`)
    .join(",")}}`;
  if (!params) return `{"_meta":${added}}`;
  const old = params.object.members.get("_meta")?.object;
  const edited = old ? editObject(params.text, old, meta) : added;
  return editObject(params.text, params.object, { _meta: edited });
}

/** A legacy result as the stateless era wants it. */
export function modernResult(method: string, json: string, serverInfo: string): string {
  const scan = scanJson(json, MESSAGE_LIMITS);
  if (!scan.ok || !scan.root) return json;
  const { members } = scan.root;
  const meta = members.get("_meta")?.object;
  const info = { [META_SERVER_INFO]: serverInfo };
  return editObject(json, scan.root, {
    ...(members.has("resultType") ? {} : { resultType: '"complete"' }),
    ...(CACHEABLE.has(method)
      ? { ttlMs: String(method === "resources/read" ? 0 : LIST_TTL_MS), cacheScope: '"private"' }
      : {}),
    _meta: meta ? editObject(json, meta, info) : `{"${META_SERVER_INFO}":${serverInfo}}`,
  });
}
