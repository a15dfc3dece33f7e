import { LIST_TTL_MS } from "../../contract/limits.ts";
import type { Era } from "../../contract/records/workspace.ts";
import { editObject, findMemberText, type ObjectEdits, type ScannedObject } from "../json-scan.ts";
import { isObject } from "../json.ts";
import { ERROR, META_SERVER_INFO } from "../protocol.ts";

/** How long clients can keep a result, by method; all others are not cacheable (2026-07-28, basic/utilities/caching). */
const CACHE_TTL_MS: ReadonlyMap<string, number> = new Map([
  ["tools/list", LIST_TTL_MS],
  ["prompts/list", LIST_TTL_MS],
  ["resources/list", LIST_TTL_MS],
  ["resources/templates/list", LIST_TTL_MS],
  ["resources/read", 0],
]);
/** Members of a result that legacy clients do not know. */
const MODERN_MEMBERS = ["resultType", "ttlMs", "cacheScope"];
/** The reserved codes of the modern era (2026-07-28, basic, "Error codes"); in the legacy era they have no meaning. */
const MODERN_CODES = { min: -32099, max: -32020 };

/**
 * A legacy server's result for a modern client: complete, and with cache members where the method has them. `result` was
 * scanned in `text`.
 */
export function toModernResult(
  text: string,
  result: ScannedObject,
  method: string,
  more: ObjectEdits = {},
): string {
  const ttlMs = CACHE_TTL_MS.get(method);
  const caching = ttlMs === undefined ? {} : { ttlMs: String(ttlMs), cacheScope: '"private"' };
  // Required since the first revision, but servers with structured content leave it out.
  const hasNoContent = method === "tools/call" && !result.members.has("content");
  const content = hasNoContent ? { content: "[]" } : {};
  return toCompleteResult(text, result, { ...caching, ...content, ...more });
}

/** A result with `resultType`, which every result of the modern era has and some modern servers leave out. */
export function toCompleteResult(
  text: string,
  result: ScannedObject,
  more: ObjectEdits = {},
): string {
  const resultType = result.members.has("resultType") ? {} : { resultType: '"complete"' };
  return editObject(text, result, { ...resultType, ...more });
}

/**
 * A modern server's result for a legacy client: without the members that 2025-11-25 does not know, and with an object as
 * structured content. `values` is the parsed result. `wrapsOutput`: even an object is wrapped.
 */
export function toLegacyResult(
  text: string,
  result: ScannedObject,
  values: Record<string, unknown>,
  wrapsOutput: boolean,
): string {
  const edits: ObjectEdits = Object.fromEntries(MODERN_MEMBERS.map((member) => [member, null]));
  const meta = result.members.get("_meta")?.object;
  if (meta?.members.has(META_SERVER_INFO)) {
    const edited = editObject(text, meta, { [META_SERVER_INFO]: null });
    edits["_meta"] = edited === "{}" ? null : edited;
  }
  const isWrapped = wrapsOutput || !isObject(values["structuredContent"]);
  return editObject(text, result, {
    ...edits,
    ...(isWrapped ? toWrappedOutput(text, result, values) : {}),
  });
}

/**
 * Edits of a result that wrap its structured content as `{"result": …}`, as the tool's output schema is wrapped for
 * legacy clients. A result without content gets the structured content as text.
 */
export function toWrappedOutput(
  text: string,
  result: ScannedObject,
  { content }: Record<string, unknown>,
): ObjectEdits {
  const structured = findMemberText(text, result, "structuredContent");
  if (structured === undefined) return {};
  const isEmpty = !Array.isArray(content) || content.length === 0;
  return {
    structuredContent: `{"result":${structured}}`,
    ...(isEmpty ? { content: JSON.stringify([{ type: "text", text: structured }]) } : {}),
  };
}

/** The JSON-RPC error code of a server's era in the client's era. */
export function toClientErrorCode(code: number, serverEra: Era, clientEra: Era): number {
  if (serverEra === clientEra) return code;
  if (clientEra === "modern") return code === ERROR.resourceNotFound ? ERROR.invalidParams : code;
  return code >= MODERN_CODES.min && code <= MODERN_CODES.max ? ERROR.internal : code;
}
