import { decodeHeaderValue } from "./headers.ts";
import { isObject } from "./json.ts";
import { invalidMessage, type McpInvalidMessage, type McpRequest } from "./message.ts";
import {
  ERROR,
  isKnownMethod,
  LEGACY_VERSIONS,
  META_CLIENT_CAPABILITIES,
  META_PROTOCOL_VERSION,
  MODERN_VERSION,
} from "./protocol.ts";
import { NAMED_METHODS, TARGETED_METHODS } from "./request-target.ts";

/** The ladder of protocol errors of the modern era, first match wins. */
export function modernProblem(
  request: McpRequest,
  meta: Record<string, unknown>,
  headers: Headers,
): McpInvalidMessage | null {
  const refuse = (status: number, code: number, message: string, data?: unknown) =>
    invalidMessage("modern", request.id, request.method, status, code, message, data);
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

/** The same for the older era, whose errors have no ranks. */
export function legacyProblem(request: McpRequest): McpInvalidMessage | null {
  const version = request.protocolVersion;
  const known: readonly string[] = LEGACY_VERSIONS;
  if (version !== null && request.method !== "initialize" && !known.includes(version)) {
    const message = `Unsupported MCP-Protocol-Version; use one of ${known.join(", ")}`;
    return invalidMessage("legacy", request.id, request.method, 400, ERROR.invalidRequest, message);
  }
  if (!isKnownMethod("legacy", request.method)) {
    return invalidMessage(
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

function invalidParams(request: McpRequest): McpInvalidMessage | null {
  const refuse = (message: string) =>
    invalidMessage(
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
