import { MAX_JSON_DEPTH, MAX_JSON_NODES } from "../contract/limits.ts";
import type { Era } from "../contract/records/workspace.ts";
import { hasHidden } from "../contract/text/hidden-characters.ts";
import { parseClientCapabilities } from "./client-capabilities.ts";
import { scanJson, findMemberText, type ScannedObject, type ScanProblem } from "./json-scan.ts";
import { isObject, parseJson } from "./json.ts";
import type { McpInvalidMessage, McpMessage, McpRequest } from "./message.ts";
import { dropNullMembers } from "./null-members.ts";
import {
  ERROR,
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_PROTOCOL_VERSION,
  MODERN_VERSION,
} from "./protocol.ts";
import { findProblem } from "./request-checks.ts";
import { findTarget, toStringOrNull } from "./request-target.ts";

/** Longest id of a client's request, as JSON text. */
const MAX_ID_LENGTH = 512;
/** Longest id of a client's response: the gateway sealed the server's session and URL into it. */
const MAX_SEALED_ID_LENGTH = 8_192;

/** Envelope of a body whose envelope cannot be read. */
const UNKNOWN = { era: "legacy", id: "null", method: "" } as const;

const SCAN_MESSAGES: Record<ScanProblem, string> = {
  too_deep: `The message is nested deeper than ${MAX_JSON_DEPTH} levels`,
  too_many_values: `The message holds more than ${MAX_JSON_NODES} values`,
  duplicate_key: "The message names a member twice",
  malformed: "The body is not valid JSON",
};

/**
 * Members that decide the routing. Other spellings of them are refused: a server that ignores case could read another
 * tool name than the gateway checked.
 */
const ROUTING_KEYS = [
  "jsonrpc",
  "id",
  "method",
  "params",
  "name",
  "arguments",
  "uri",
  "cursor",
  "ref",
  "task",
  "taskId",
  "_meta",
];
/** By their lowercase forms. */
const ROUTING_KEYS_BY_LOWERCASE = new Map(ROUTING_KEYS.map((key) => [key.toLowerCase(), key]));

/**
 * Parses a POST body (2026-07-28, basic/transports/streamable-http; 2025-11-25, same page). `params._meta` decides the
 * era; the headers are checked against the body.
 */
export function parseMessage(text: string, headers: Headers): McpMessage {
  const scan = scanJson(text, { maxDepth: MAX_JSON_DEPTH, maxNodes: MAX_JSON_NODES });
  if (!scan.ok) {
    const code = scan.problem === "malformed" ? ERROR.parse : ERROR.invalidRequest;
    return toInvalid(UNKNOWN, code, SCAN_MESSAGES[scan.problem]);
  }
  const body = parseJson(text);
  if (body === undefined) return toInvalid(UNKNOWN, ERROR.parse, SCAN_MESSAGES.malformed);
  const root = scan.root;
  if (!root || !isObject(body)) {
    const message = "Send one JSON-RPC message per request, as an object";
    return toInvalid(UNKNOWN, ERROR.invalidRequest, message);
  }
  const withoutNulls = dropNullMembers(text, root);
  if (withoutNulls !== null) return parseMessage(withoutNulls, headers);
  const params = root.members.get("params")?.object ?? null;
  const values = isObject(body["params"]) ? body["params"] : {};
  const meta = isObject(values["_meta"]) ? values["_meta"] : {};
  const headerVersion = headers.get("mcp-protocol-version");
  const claimsModern = Object.hasOwn(meta, META_PROTOCOL_VERSION);
  const era: Era = claimsModern || (headerVersion ?? "") >= MODERN_VERSION ? "modern" : "legacy";
  const method = typeof body["method"] === "string" ? body["method"] : "";
  const maxIdLength = root.members.has("method") ? MAX_ID_LENGTH : MAX_SEALED_ID_LENGTH;
  const id = findIdText(text, root, "id", body["id"], maxIdLength);

  const problem = findEnvelopeProblem(body, root, params, id);
  if (problem) return toInvalid({ era, id: id ?? "null", method }, ERROR.invalidRequest, problem);
  if (!root.members.has("method"))
    return { kind: "response", era, id: toStringOrNull(body["id"]), text, root };
  if (!root.members.has("id")) {
    const requestId = findIdText(text, params, "requestId", values["requestId"], MAX_ID_LENGTH);
    return { kind: "notification", era, method, requestId };
  }
  const isModern = era === "modern";
  const clientInfo = isModern ? meta[META_CLIENT_INFO] : values["clientInfo"];
  const request: McpRequest = {
    kind: "request",
    era,
    id: id ?? "null",
    method,
    text,
    root,
    params,
    values,
    target: findTarget(method, values),
    protocolVersion: isModern ? toStringOrNull(meta[META_PROTOCOL_VERSION]) : headerVersion,
    clientName: toPlainText(clientInfo, "name"),
    clientVersion: toPlainText(clientInfo, "version"),
    clientCapabilities: isModern ? parseClientCapabilities(meta[META_CLIENT_CAPABILITIES]) : {},
  };
  return findProblem(request, headers) ?? request;
}

function toInvalid(
  { era, id, method }: Pick<McpInvalidMessage, "era" | "id" | "method">,
  code: number,
  message: string,
): McpInvalidMessage {
  return { kind: "invalid", era, id, method, status: 400, code, message };
}

/** A problem of the JSON-RPC envelope, as a sentence; null: it is valid. */
function findEnvelopeProblem(
  body: Record<string, unknown>,
  root: ScannedObject,
  params: ScannedObject | null,
  id: string | null,
): string | null {
  if (body["jsonrpc"] !== "2.0") return 'The member jsonrpc must be "2.0"';
  if (root.members.has("id") && id === null)
    return `The id must be a string or a number, of at most ${MAX_ID_LENGTH} characters`;
  if (
    root.members.has("method") &&
    (typeof body["method"] !== "string" || body["method"].length > 256)
  ) {
    return "The method must be a string of at most 256 characters";
  }
  if (!root.members.has("method") && !root.members.has("result") && !root.members.has("error")) {
    return "The message has no method";
  }
  if (root.members.has("params") && !params) return "The params must be an object";
  for (const object of [root, params]) {
    for (const key of object?.members.keys() ?? []) {
      if ((ROUTING_KEYS_BY_LOWERCASE.get(key.toLowerCase()) ?? key) !== key) {
        return "A member's name differs from a known one only in upper and lower case";
      }
    }
  }
  return null;
}

/** The exact JSON text of an id; null: it is missing, too long, or neither string nor number. */
function findIdText(
  text: string,
  object: ScannedObject | null,
  member: string,
  value: unknown,
  maxLength: number,
): string | null {
  const raw = findMemberText(text, object, member);
  const usable = typeof value === "string" || typeof value === "number";
  return raw !== undefined && usable && raw.length <= maxLength ? raw : null;
}

/** A member of the client's `clientInfo`, if it is short and has only visible characters: the audit log shows it. */
function toPlainText(clientInfo: unknown, member: "name" | "version"): string | null {
  const text = isObject(clientInfo) ? toStringOrNull(clientInfo[member]) : null;
  if (!text || !/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]{1,64}$/u.test(text)) return null;
  return hasHidden(text) ? null : text;
}
