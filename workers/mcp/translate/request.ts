import { editObject, EMPTY_OBJECT, type ObjectEdits, type ScannedObject } from "../json-scan.ts";
import type { McpRequest } from "../message.ts";
import {
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_LOG_LEVEL,
  META_PROTOCOL_VERSION,
  MODERN_VERSION,
  SERVER_INFO,
} from "../protocol.ts";

/** Members of `params` that only a multi round-trip request has (2026-07-28, basic/patterns/mrtr). */
const ROUND_TRIP_MEMBERS = ["inputResponses", "requestState"];
/** Members of `_meta` with this prefix belong to the protocol; those of the modern era mean nothing in the legacy era. */
const RESERVED_META_PREFIX = "io.modelcontextprotocol/";
/**
 * The member of `params` by which legacy clients begin a task. It is not sent to a server of the other era: the two eras'
 * tasks are not translated into each other, so the client could not reach the task.
 */
const TASK_MEMBER = "task";

/** The request's `_meta`; null: it has none. */
export function findMeta({ params }: McpRequest): ScannedObject | null {
  return params?.members.get("_meta")?.object ?? null;
}

/**
 * Edits of a request's `params` for a legacy server: the protocol members of the modern era are removed, and
 * `progressToken` (JSON text; null: keep) replaces the client's token. No edits: the params stay unchanged.
 */
export function toLegacyParams(request: McpRequest, progressToken: string | null): ObjectEdits {
  const edits: ObjectEdits = {};
  const metaEdits: ObjectEdits = {};
  const meta = findMeta(request);
  if (request.era === "modern") {
    for (const member of [...ROUND_TRIP_MEMBERS, TASK_MEMBER])
      if (request.params?.members.has(member)) edits[member] = null;
    for (const key of meta?.members.keys() ?? [])
      if (key.startsWith(RESERVED_META_PREFIX)) metaEdits[key] = null;
  }
  if (progressToken !== null && meta?.members.has("progressToken"))
    metaEdits["progressToken"] = progressToken;
  if (meta && Object.keys(metaEdits).length > 0) {
    const edited = editObject(request.text, meta, metaEdits);
    edits["_meta"] = edited === "{}" ? null : edited;
  }
  return edits;
}

/** Edits of a request's `params` for a modern server: a legacy request gets the gateway's `_meta` envelope. */
export function toModernParams(request: McpRequest): ObjectEdits {
  if (request.era === "modern") return {};
  const envelope = toEnvelope(request.clientCapabilities);
  const edits: ObjectEdits = {
    _meta: editObject(request.text, findMeta(request) ?? EMPTY_OBJECT, envelope),
  };
  if (request.params?.members.has(TASK_MEMBER)) edits[TASK_MEMBER] = null;
  return edits;
}

function toEnvelope(clientCapabilities: McpRequest["clientCapabilities"]): ObjectEdits {
  const { name, version } = SERVER_INFO;
  return {
    [META_PROTOCOL_VERSION]: JSON.stringify(MODERN_VERSION),
    [META_CLIENT_INFO]: JSON.stringify({ name, version }),
    [META_CLIENT_CAPABILITIES]: JSON.stringify(clientCapabilities),
    // A legacy client gets log messages without a request for them; their amount is the server's choice.
    [META_LOG_LEVEL]: '"info"',
  };
}
