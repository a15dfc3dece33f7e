import { MAX_JSON_DEPTH, MAX_JSON_NODES } from "../contract/limits.ts";
import type { Era } from "../contract/workspace.ts";
import { decodeHeaderValue } from "./headers.ts";
import { scanJson, textOf, type ScannedObject, type ScanProblem } from "./json-scan.ts";
import { isObject } from "./json.ts";
import {
  ERROR,
  isKnownMethod,
  LEGACY_VERSIONS,
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_PROTOCOL_VERSION,
  MODERN_VERSION,
} from "./protocol.ts";
import { NAMED_METHODS, stringOf, TARGETED_METHODS, targetOf } from "./request-target.ts";

/** A JSON-RPC request that may be acted on: shape, era and headers are checked. */
export interface McpRequest {
  kind: "request";
  era: Era;
  /** The id's exact JSON text, so that no digit of a large number is lost. */
  id: string;
  method: string;
  text: string;
  root: ScannedObject;
  params: ScannedObject | null;
  /** The parsed `params`; never sent on. */
  values: Record<string, unknown>;
  /** Tool or prompt name, resource URI, or completion reference (`prompt:name`, `resource:uri`). */
  target: string | null;
  protocolVersion: string | null;
  clientName: string | null;
}

/** A body that is answered with an error. `id` is the request's id as JSON text, `null` where there is none. */
export interface McpProblem {
  kind: "problem";
  era: Era;
  id: string;
  method: string;
  status: number;
  code: number;
  message: string;
  data?: unknown;
}

/** A notification, or a response to a request of ours: accepted with 202. */
export interface McpNotice {
  kind: "notice";
  era: Era;
  method: string;
}

export type McpMessage = McpRequest | McpProblem | McpNotice;

const SCAN_MESSAGES: Record<ScanProblem, string> = {
  too_deep: `The message is nested deeper than ${MAX_JSON_DEPTH} levels`,
  too_many_values: `The message holds more than ${MAX_JSON_NODES} values`,
  duplicate_key: "The message names a member twice",
  malformed: "The body is not valid JSON",
};

/** Members that decide where a message goes: no other spelling of them may stand beside or instead of them. */
const ROUTING_KEYS = new Set([
  "jsonrpc",
  "id",
  "method",
  "params",
  "name",
  "arguments",
  "uri",
  "cursor",
  "ref",
  "_meta",
]);

/**
 * Understands a POST body (2026-07-28, basic/transports/streamable-http; 2025-11-25, same page): the body's `_meta`
 * decides the era, headers are checked against it, in the order in which the specification ranks the errors.
 */
export function parseMessage(text: string, headers: Headers): McpMessage {
  const scan = scanJson(text, { maxDepth: MAX_JSON_DEPTH, maxNodes: MAX_JSON_NODES });
  if (!scan.ok) {
    const code = scan.problem === "malformed" ? ERROR.parse : ERROR.invalidRequest;
    return problem("legacy", "null", "", 400, code, SCAN_MESSAGES[scan.problem]);
  }
  const body = parseJson(text);
  if (body === undefined)
    return problem("legacy", "null", "", 400, ERROR.parse, SCAN_MESSAGES.malformed);
  const root = scan.root;
  if (!root || !isObject(body)) {
    return problem(
      "legacy",
      "null",
      "",
      400,
      ERROR.invalidRequest,
      "Send one JSON-RPC message per request, as an object",
    );
  }
  const params = root.members.get("params")?.object ?? null;
  const values = isObject(body["params"]) ? body["params"] : {};
  const meta = isObject(values["_meta"]) ? values["_meta"] : {};
  const headerVersion = headers.get("mcp-protocol-version");
  const claimsModern = Object.hasOwn(meta, META_PROTOCOL_VERSION);
  const era: Era = claimsModern || (headerVersion ?? "") >= MODERN_VERSION ? "modern" : "legacy";
  const method = typeof body["method"] === "string" ? body["method"] : "";
  const id = requestId(text, root, body["id"]);

  const malformed = malformedEnvelope(body, root, params, id);
  if (malformed) return problem(era, id ?? "null", method, 400, ERROR.invalidRequest, malformed);
  if (!method || !root.members.has("id")) return { kind: "notice", era, method };

  const request: McpRequest = {
    kind: "request",
    era,
    id: id ?? "null",
    method,
    text,
    root,
    params,
    values,
    target: targetOf(method, values),
    protocolVersion: era === "modern" ? stringOf(meta[META_PROTOCOL_VERSION]) : headerVersion,
    clientName: clientNameOf(era === "modern" ? meta[META_CLIENT_INFO] : values["clientInfo"]),
  };
  return (
    (era === "modern" ? modernProblem(request, meta, headers) : legacyProblem(request)) ?? request
  );
}

function malformedEnvelope(
  body: Record<string, unknown>,
  root: ScannedObject,
  params: ScannedObject | null,
  id: string | null,
): string | null {
  if (body["jsonrpc"] !== "2.0") return 'The member jsonrpc must be "2.0"';
  if (root.members.has("id") && id === null) return "The id must be a string or a number";
  if (
    root.members.has("method") &&
    (typeof body["method"] !== "string" || body["method"].length > 256)
  ) {
    return "The method must be a string";
  }
  if (!root.members.has("method") && !root.members.has("result") && !root.members.has("error")) {
    return "The message has no method";
  }
  if (root.members.has("params") && !params) return "The params must be an object";
  for (const object of [root, params]) {
    for (const key of object?.members.keys() ?? []) {
      if (!ROUTING_KEYS.has(key) && ROUTING_KEYS.has(key.toLowerCase())) {
        return "A member's name differs from a known one only in upper and lower case";
      }
    }
  }
  return null;
}

/** The ladder of protocol errors of the modern era, first match wins. */
function modernProblem(
  request: McpRequest,
  meta: Record<string, unknown>,
  headers: Headers,
): McpProblem | null {
  const refuse = (status: number, code: number, message: string, data?: unknown) =>
    problem("modern", request.id, request.method, status, code, message, data);
  if (typeof meta[META_PROTOCOL_VERSION] !== "string") {
    return refuse(400, ERROR.invalidParams, `params._meta must name ${META_PROTOCOL_VERSION}`);
  }
  if (!isObject(meta[META_CLIENT_CAPABILITIES])) {
    return refuse(
      400,
      ERROR.invalidParams,
      `params._meta must hold ${META_CLIENT_CAPABILITIES}, an object`,
    );
  }
  if (headers.get("mcp-protocol-version") !== request.protocolVersion) {
    return refuse(
      400,
      ERROR.headerMismatch,
      "The MCP-Protocol-Version header must equal the version in params._meta",
    );
  }
  if (request.protocolVersion !== MODERN_VERSION) {
    const data = { supported: [MODERN_VERSION], requested: request.protocolVersion };
    return refuse(400, ERROR.unsupportedVersion, "Unsupported protocol version", data);
  }
  if (headers.get("mcp-method") !== request.method) {
    return refuse(400, ERROR.headerMismatch, "The Mcp-Method header must equal the body's method");
  }
  if (NAMED_METHODS.has(request.method)) {
    const name = headers.get("mcp-name");
    if (name === null || decodeHeaderValue(name) !== request.target) {
      return refuse(
        400,
        ERROR.headerMismatch,
        "The Mcp-Name header must equal the name or URI in params",
      );
    }
  }
  if (!isKnownMethod("modern", request.method))
    return refuse(404, ERROR.methodNotFound, "Method not found");
  return invalidParams(request);
}

function legacyProblem(request: McpRequest): McpProblem | null {
  const version = request.protocolVersion;
  const known: readonly string[] = LEGACY_VERSIONS;
  if (version !== null && request.method !== "initialize" && !known.includes(version)) {
    const message = `Unsupported MCP-Protocol-Version; use one of ${known.join(", ")}`;
    return problem("legacy", request.id, request.method, 400, ERROR.invalidRequest, message);
  }
  if (!isKnownMethod("legacy", request.method)) {
    return problem(
      "legacy",
      request.id,
      request.method,
      200,
      ERROR.methodNotFound,
      "Method not found",
    );
  }
  return invalidParams(request);
}

function invalidParams(request: McpRequest): McpProblem | null {
  const refuse = (message: string) =>
    problem(
      request.era,
      request.id,
      request.method,
      request.era === "modern" && request.target === null ? 400 : 200,
      ERROR.invalidParams,
      message,
    );
  const need = TARGETED_METHODS[request.method];
  if (need && request.target === null) return refuse(need);
  const args = request.values["arguments"];
  if (request.method === "tools/call" && args !== undefined && !isObject(args)) {
    return refuse("params.arguments must be an object");
  }
  const cursor = request.values["cursor"];
  if (cursor !== undefined && typeof cursor !== "string")
    return refuse("params.cursor must be a string");
  return null;
}

function requestId(text: string, root: ScannedObject, value: unknown): string | null {
  const raw = textOf(text, root, "id");
  const usable = typeof value === "string" || typeof value === "number";
  return raw !== undefined && usable && raw.length <= 512 ? raw : null;
}

function problem(
  era: Era,
  id: string,
  method: string,
  status: number,
  code: number,
  message: string,
  data?: unknown,
): McpProblem {
  return {
    kind: "problem",
    era,
    id,
    method,
    status,
    code,
    message,
    ...(data === undefined ? {} : { data }),
  };
}

function clientNameOf(info: unknown): string | null {
  const name = isObject(info) ? stringOf(info["name"]) : null;
  return name && /^[\w .@/()+-]{1,64}$/.test(name) ? name : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
