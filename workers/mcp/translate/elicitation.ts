import { MAX_OPEN_SERVER_REQUESTS } from "../../contract/limits.ts";
import { formatRequest, formatResponse } from "../json-rpc.ts";
import {
  editObject,
  RESPONSE_LIMITS,
  scanJson,
  findMemberText,
  type ScannedObject,
} from "../json-scan.ts";
import { isObject, parseJson } from "../json.ts";
import type { McpRequest } from "../message.ts";
import { META_SERVER_INFO } from "../protocol.ts";

/** A server request without its id: `elicitation/create`, `sampling/createMessage` or `roots/list`. */
export interface InputRequest {
  method: string;
  /** JSON text; null: none. */
  params: string | null;
}

/** A modern server's `input_required` result (2026-07-28, basic/patterns/mrtr). */
export interface InputRequired {
  /** By the server's keys. */
  requests: ReadonlyMap<string, InputRequest>;
  /** JSON text; null: none. */
  requestState: string | null;
}

/** Reads an `input_required` result that was scanned in `text`; null: it is malformed or has too many requests. */
export function parseInputRequired(text: string, result: ScannedObject): InputRequired | null {
  const json = findMemberText(text, result, "inputRequests") ?? "{}";
  const scan = scanJson(json, RESPONSE_LIMITS);
  if (!scan.ok) return null;
  const requests = new Map<string, InputRequest>();
  for (const [key, { object }] of scan.root?.members ?? []) {
    const method = parseJson(findMemberText(json, object, "method") ?? "null");
    if (typeof method !== "string") return null;
    requests.set(key, { method, params: findMemberText(json, object, "params") ?? null });
  }
  if (requests.size > MAX_OPEN_SERVER_REQUESTS) return null;
  return { requests, requestState: findMemberText(text, result, "requestState") ?? null };
}

/** Text of the `input_required` response that passes a legacy server's requests to a modern client. */
export function formatInputRequired(
  id: string,
  requests: Iterable<[key: string, request: InputRequest]>,
  requestState: string | null,
  serverInfo: string | null = null,
): string {
  const inputRequests = Array.from(requests, ([key, { method, params }]) => {
    const modern = params === null ? null : withoutElicitationId(params);
    const member = modern === null ? "" : `,"params":${modern}`;
    return `${JSON.stringify(key)}:{"method":${JSON.stringify(method)}${member}}`;
  });
  const state = requestState === null ? "" : `,"requestState":${requestState}`;
  const meta = serverInfo === null ? "" : `,"_meta":{"${META_SERVER_INFO}":${serverInfo}}`;
  const result = `{"resultType":"input_required","inputRequests":{${inputRequests.join(",")}}${state}${meta}}`;
  return formatResponse(id, "result", result);
}

/** The responses that a modern client's retry brings, by key, as JSON texts of objects; all others are left out. */
export function parseInputResponses({ text, params }: McpRequest): Map<string, string> {
  const json = findMemberText(text, params, "inputResponses") ?? "{}";
  const scan = scanJson(json, RESPONSE_LIMITS);
  const root = scan.ok ? scan.root : null;
  const responses = new Map<string, string>();
  for (const [key, { start, end, object }] of root?.members ?? [])
    if (object) responses.set(key, json.slice(start, end));
  return responses;
}

/**
 * `inputResponses` (JSON text) for a modern server, from a legacy client's JSON-RPC responses by key. Null: a response
 * is an error and has no substitute.
 */
export function formatInputResponses(
  requests: InputRequired["requests"],
  responses: Record<string, string>,
): string | null {
  const members: string[] = [];
  for (const [key, text] of Object.entries(responses)) {
    const result = findResult(text);
    // An error in response to an elicitation means that the user did not complete it. Samples and roots have no substitute.
    const isCancelled = result === null && requests.get(key)?.method === "elicitation/create";
    if (result === null && !isCancelled) return null;
    members.push(`${JSON.stringify(key)}:${result ?? '{"action":"cancel"}'}`);
  }
  return `{${members.join(",")}}`;
}

/**
 * Text of the request that passes a modern server's input request to a legacy client. Legacy clients identify a URL
 * elicitation by `elicitationId`, which the modern era does not have.
 */
export function formatLegacyServerRequest(
  id: string,
  { method, params }: InputRequest,
  elicitationId: string,
): string {
  const scan = scanJson(params ?? "null", RESPONSE_LIMITS);
  const root = scan.ok ? scan.root : null;
  const mode = findMemberText(params ?? "", root, "mode");
  if (params === null || !root || mode !== '"url"' || root.members.has("elicitationId"))
    return formatRequest(id, method, params);
  const edits = { elicitationId: JSON.stringify(elicitationId) };
  return formatRequest(id, method, editObject(params, root, edits));
}

/** URL elicitations of a legacy server's error `URLElicitationRequired` (-32042); null: its `data` has none. */
export function parseUrlElicitations(data: unknown): Map<string, InputRequest> | null {
  const elicitations = isObject(data) ? data["elicitations"] : undefined;
  if (!Array.isArray(elicitations)) return null;
  return new Map(
    elicitations.filter(isObject).map(({ url, message }, i) => {
      const params = JSON.stringify({ mode: "url", url, message });
      return [`page-${i + 1}`, { method: "elicitation/create", params }];
    }),
  );
}

/** The params of a server request in the modern era, which has no `elicitationId`. */
function withoutElicitationId(params: string): string {
  const scan = scanJson(params, RESPONSE_LIMITS);
  return scan.ok && scan.root?.members.has("elicitationId")
    ? editObject(params, scan.root, { elicitationId: null })
    : params;
}

/** The text of a response's result, if that is an object. */
function findResult(text: string): string | null {
  const scan = scanJson(text, RESPONSE_LIMITS);
  const result = scan.ok ? scan.root?.members.get("result") : undefined;
  return result?.object ? text.slice(result.start, result.end) : null;
}
