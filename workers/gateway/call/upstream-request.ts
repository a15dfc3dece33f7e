import type { CallRoute } from "../../contract/rpc/admission.ts";
import { computeParamHeaders, decodeHeaderValue, encodeHeaderValue } from "../../mcp/headers.ts";
import { editObject } from "../../mcp/json-scan.ts";
import { isObject } from "../../mcp/json.ts";
import type { McpRequest } from "../../mcp/message.ts";
import {
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_LOG_LEVEL,
  META_PROTOCOL_VERSION,
  MODERN_VERSION,
  SERVER_INFO,
} from "../../mcp/protocol.ts";

export interface UpstreamRequest {
  /** JSON text of the id under which the upstream answers. */
  id: string;
  body: string;
  headers: Record<string, string>;
  /** What the upstream knows the call's progress by; null: the client's own token, or none. */
  progressToken: number | null;
}

/** A call that a modern server answered with questions is sent again with the answers. */
export interface RoundTrip {
  /** 0: the call as it came. */
  number: number;
  /** JSON text of the answers by the server's keys; null: none. */
  responses: string | null;
  /** JSON text of the server's `requestState`; null: none. */
  state: string | null;
}

const FIRST_ROUND: RoundTrip = { number: 0, responses: null, state: null };

/** Names of tasks, which are not relayed: a server must not start one for a client that cannot reach it. */
const TASKS_EXTENSION = "io.modelcontextprotocol/tasks";

/**
 * The client's request as the upstream must see it: its own name for the tool, the envelope of its era, its headers.
 * All else of the body stays the client's exact text.
 */
export function toUpstreamRequest(
  message: McpRequest,
  route: CallRoute,
  sessionId: string | null,
  round: RoundTrip = FIRST_ROUND,
): UpstreamRequest {
  const { endpoint } = route;
  // On a session that several of a person's clients share, two requests must not have one id; nor in two rounds of a call.
  const isFirst = round.number === 0;
  const own = isFirst ? String(route.seq) : JSON.stringify(`${route.seq}.${round.number}`);
  const id = sessionId === null && isFirst ? message.id : own;
  const params = upstreamParams(message, route, renamesProgress(message, sessionId), round);
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
  if (endpoint.era === "modern") {
    headers["mcp-method"] = message.method;
    const name = nameHeader(message, route);
    if (name !== null) headers["mcp-name"] = encodeHeaderValue(name);
    Object.assign(headers, Object.fromEntries(expectedParamHeaders(message, route)));
  }
  return {
    id,
    body,
    headers,
    progressToken: renamesProgress(message, sessionId) ? route.seq : null,
  };
}

/** Clients that share a session choose the same tokens. */
function renamesProgress(message: McpRequest, sessionId: string | null): boolean {
  const meta = message.values["_meta"];
  return sessionId !== null && isObject(meta) && meta["progressToken"] !== undefined;
}

/** Whether the `Mcp-Param-*` headers of a modern client repeat its arguments (2026-07-28, streamable HTTP, "Custom headers"). */
export function paramHeadersMatch(
  message: McpRequest,
  route: CallRoute,
  headers: Headers,
): boolean {
  if (message.era === "legacy" || !route.paramHeaders) return true;
  const expected = new Map(
    expectedParamHeaders(message, route).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return route.paramHeaders.every(({ name }) => {
    const given = headers.get(`mcp-param-${name}`);
    const wanted = expected.get(`mcp-param-${name.toLowerCase()}`);
    if (given === null || wanted === undefined) return given === null && wanted === undefined;
    const [left, right] = [decodeHeaderValue(given), decodeHeaderValue(wanted)];
    return (
      left !== null && (left === right || (left.trim() !== "" && Number(left) === Number(right)))
    );
  });
}

function expectedParamHeaders(message: McpRequest, route: CallRoute): [string, string][] {
  return route.paramHeaders
    ? computeParamHeaders(route.paramHeaders, message.values["arguments"])
    : [];
}

function nameHeader(message: McpRequest, route: CallRoute): string | null {
  return ["tools/call", "prompts/get", "resources/read"].includes(message.method)
    ? route.target
    : null;
}

/** The new text of `params`; null when the client's may stay as it is. */
function upstreamParams(
  message: McpRequest,
  route: CallRoute,
  renamesToken: boolean,
  round: RoundTrip,
): string | null {
  const edits: Record<string, string | null> = {};
  if (round.responses !== null) edits["inputResponses"] = round.responses;
  if (round.state !== null) edits["requestState"] = round.state;
  if (
    route.target !== null &&
    message.values["name"] !== undefined &&
    route.target !== message.target
  ) {
    edits["name"] = JSON.stringify(route.target);
  }
  const ref = message.values["ref"];
  if (
    message.method === "completion/complete" &&
    message.target?.startsWith("prompt:") &&
    isObject(ref)
  ) {
    if (ref["name"] !== route.target) edits["ref"] = JSON.stringify({ ...ref, name: route.target });
  }
  const meta = upstreamMeta(message, route, renamesToken);
  if (meta !== undefined) edits["_meta"] = meta;
  if (message.era === "modern" && route.endpoint.era === "legacy") {
    for (const member of ["inputResponses", "requestState"]) {
      if (message.params?.members.has(member)) edits[member] = null;
    }
  }
  if (Object.keys(edits).length === 0) return null;
  return editObject(message.text, message.params ?? { members: new Map() }, edits);
}

/** The new text of `params._meta`; null to leave it out, undefined to leave it as it is. */
function upstreamMeta(
  message: McpRequest,
  route: CallRoute,
  renamesToken: boolean,
): string | null | undefined {
  const given = message.values["_meta"];
  const meta: Record<string, unknown> = {
    ...(isObject(given) ? given : {}),
    ...(renamesToken ? { progressToken: route.seq } : {}),
  };
  if (route.endpoint.era === "modern") {
    if (message.era === "modern") return withoutTasks(meta);
    return JSON.stringify({
      ...meta,
      [META_PROTOCOL_VERSION]: MODERN_VERSION,
      [META_CLIENT_INFO]: { name: SERVER_INFO.name, version: SERVER_INFO.version },
      [META_CLIENT_CAPABILITIES]: message.clientCapabilities,
      // An older client gets log messages without asking; how many was always the server's choice.
      [META_LOG_LEVEL]: "info",
    });
  }
  if (message.era === "legacy") return renamesToken ? JSON.stringify(meta) : undefined;
  const kept = Object.entries(meta).filter(([key]) => !key.startsWith("io.modelcontextprotocol/"));
  return kept.length > 0 ? JSON.stringify(Object.fromEntries(kept)) : null;
}

function withoutTasks(meta: Record<string, unknown>): string | undefined {
  const capabilities = meta[META_CLIENT_CAPABILITIES];
  const extensions = isObject(capabilities) ? capabilities["extensions"] : undefined;
  if (!isObject(capabilities) || !isObject(extensions) || !(TASKS_EXTENSION in extensions))
    return undefined;
  const { [TASKS_EXTENSION]: _tasks, ...others } = extensions;
  return JSON.stringify({
    ...meta,
    [META_CLIENT_CAPABILITIES]: { ...capabilities, extensions: others },
  });
}
