import { acceptsTasks } from "./client-capabilities.ts";
import { decodeHeaderValue } from "./headers.ts";
import type { JsonRpcError } from "./json-rpc.ts";
import { isObject } from "./json.ts";
import type { McpInvalidMessage, McpRequest } from "./message.ts";
import {
  ERROR,
  isKnownMethod,
  LEGACY_VERSIONS,
  META_CLIENT_CAPABILITIES,
  META_PROTOCOL_VERSION,
  META_RELATED_TASK,
  MODERN_VERSION,
  TASKS_EXTENSION,
} from "./protocol.ts";
import { isTaskMethod, NAMED_METHODS, TARGETED_METHODS } from "./request-target.ts";

/** An error response: HTTP status and JSON-RPC error. */
type Problem = { status: number } & JsonRpcError;

/** The first protocol error of a request, in the order in which the specification ranks them; null: it is valid. */
export function findProblem(request: McpRequest, headers: Headers): McpInvalidMessage | null {
  const { era, id, method } = request;
  const problem =
    (era === "modern" ? findModernProblem(request, headers) : findLegacyProblem(request)) ??
    findParamsProblem(request);
  return problem && { kind: "invalid", era, id, method, ...problem };
}

/** 2026-07-28, basic/transports/streamable-http. */
function findModernProblem(request: McpRequest, headers: Headers): Problem | null {
  const { method, protocolVersion, target, values } = request;
  const meta = isObject(values["_meta"]) ? values["_meta"] : {};
  if (typeof meta[META_PROTOCOL_VERSION] !== "string")
    return toParamsProblem(400, `params._meta must name ${META_PROTOCOL_VERSION}`);
  if (!isObject(meta[META_CLIENT_CAPABILITIES]))
    return toParamsProblem(400, `params._meta must hold ${META_CLIENT_CAPABILITIES}, an object`);
  if (headers.get("mcp-protocol-version") !== protocolVersion) {
    return toHeaderProblem(
      "The MCP-Protocol-Version header must equal the version in params._meta",
    );
  }
  if (protocolVersion !== MODERN_VERSION) {
    const data = { supported: [MODERN_VERSION], requested: protocolVersion };
    const message = "Unsupported protocol version";
    return { status: 400, code: ERROR.unsupportedVersion, message, data };
  }
  if (headers.get("mcp-method") !== method)
    return toHeaderProblem("The Mcp-Method header must equal the body's method");
  const name = headers.get("mcp-name");
  if (NAMED_METHODS.has(method) && (name === null || decodeHeaderValue(name) !== target))
    return toHeaderProblem("The Mcp-Name header must equal the name or URI in params");
  if (!isKnownMethod("modern", method))
    return { status: 404, code: ERROR.methodNotFound, message: "Method not found" };
  if (concernsTasks(request) && !acceptsTasks(request)) {
    const data = { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } };
    const message = "Missing required client capability";
    return { status: 400, code: ERROR.missingCapability, message, data };
  }
  return null;
}

/** Whether a modern request is one of the tasks extension. */
function concernsTasks({ method, values }: McpRequest): boolean {
  const filter = method === "subscriptions/listen" ? values["notifications"] : undefined;
  return isTaskMethod(method) || (isObject(filter) && (filter["taskIds"] ?? null) !== null);
}

/** 2025-11-25, basic/transports; errors have no order there. */
function findLegacyProblem({ method, protocolVersion }: McpRequest): Problem | null {
  const known: readonly string[] = LEGACY_VERSIONS;
  if (protocolVersion !== null && method !== "initialize" && !known.includes(protocolVersion)) {
    const message = `Unsupported MCP-Protocol-Version; use one of ${known.join(", ")}`;
    return { status: 400, code: ERROR.invalidRequest, message };
  }
  if (!isKnownMethod("legacy", method))
    return { status: 200, code: ERROR.methodNotFound, message: "Method not found" };
  return null;
}

function findParamsProblem({ era, method, target, values }: McpRequest): Problem | null {
  const status = era === "modern" && target === null ? 400 : 200;
  const missingTarget = TARGETED_METHODS[method];
  if (missingTarget && target === null) return toParamsProblem(status, missingTarget);
  const args = values["arguments"];
  if (method === "tools/call" && args !== undefined && !isObject(args))
    return toParamsProblem(status, "params.arguments must be an object");
  const { cursor } = values;
  if (cursor !== undefined && typeof cursor !== "string")
    return toParamsProblem(status, "params.cursor must be a string");
  const metaProblem = findMetaProblem(values["_meta"]);
  return metaProblem === null ? null : toParamsProblem(era === "modern" ? 400 : 200, metaProblem);
}

/** A problem of `params._meta`, as a sentence; null: none. SDK servers do not answer a request that has one. */
function findMetaProblem(meta: unknown): string | null {
  if (meta === undefined) return null;
  if (!isObject(meta)) return "params._meta must be an object";
  const { progressToken, [META_RELATED_TASK]: task } = meta;
  if (progressToken !== undefined && !["string", "number"].includes(typeof progressToken))
    return "params._meta.progressToken must be a string or a number";
  if (task !== undefined && !(isObject(task) && typeof task["taskId"] === "string"))
    return `params._meta["${META_RELATED_TASK}"] must hold taskId, a string`;
  return null;
}

function toParamsProblem(status: number, message: string): Problem {
  return { status, code: ERROR.invalidParams, message };
}

function toHeaderProblem(message: string): Problem {
  return { status: 400, code: ERROR.headerMismatch, message };
}
