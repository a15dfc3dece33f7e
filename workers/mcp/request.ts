import { MAX_JSON_DEPTH, MAX_JSON_NODES } from "../contract/limits.ts";
import type { Era } from "../contract/records/workspace.ts";
import { parseClientCapabilities } from "./client-capabilities.ts";
import { scanJson, textOf, type ScannedObject, type ScanProblem } from "./json-scan.ts";
import { isObject } from "./json.ts";
import { invalidMessage, type McpMessage, type McpRequest } from "./message.ts";
import {
  ERROR,
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_PROTOCOL_VERSION,
  MODERN_VERSION,
} from "./protocol.ts";
import { legacyProblem, modernProblem } from "./request-checks.ts";
import { stringOf, targetOf } from "./request-target.ts";

const MAX_ID_LENGTH = 512;
/** Ids of questions are sealed here, and hold the server's session and address. */
const MAX_QUESTION_ID_LENGTH = 8_192;

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
    return invalidMessage("legacy", "null", "", 400, code, SCAN_MESSAGES[scan.problem]);
  }
  const body = parseJson(text);
  if (body === undefined)
    return invalidMessage("legacy", "null", "", 400, ERROR.parse, SCAN_MESSAGES.malformed);
  const root = scan.root;
  if (!root || !isObject(body)) {
    return invalidMessage(
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
  const id = idText(text, root, "id", body["id"], method ? MAX_ID_LENGTH : MAX_QUESTION_ID_LENGTH);

  const malformed = malformedEnvelope(body, root, params, id);
  if (malformed)
    return invalidMessage(era, id ?? "null", method, 400, ERROR.invalidRequest, malformed);
  if (!method) return { kind: "response", era, id: stringOf(body["id"]), text, root };
  if (!root.members.has("id"))
    return {
      kind: "notification",
      era,
      method,
      requestId: idText(text, params, "requestId", values["requestId"], MAX_ID_LENGTH),
    };

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
    clientCapabilities:
      era === "modern" ? parseClientCapabilities(meta[META_CLIENT_CAPABILITIES]) : {},
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

function idText(
  text: string,
  object: ScannedObject | null,
  member: string,
  value: unknown,
  maxLength: number,
): string | null {
  const raw = textOf(text, object, member);
  const usable = typeof value === "string" || typeof value === "number";
  return raw !== undefined && usable && raw.length <= maxLength ? raw : null;
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
