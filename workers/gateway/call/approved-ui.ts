import {
  editObject,
  RESPONSE_LIMITS,
  scanJson,
  type ObjectEdits,
  type ScannedObject,
} from "../../mcp/json-scan.ts";
import { splitArray } from "../../mcp/json-walk.ts";
import { isObject, parseObject } from "../../mcp/json.ts";
import { isUiMember, isUiMemberOfContent } from "../../mcp/ui-members.ts";

/**
 * A response with the approved members of `_meta` that rule a user interface, in place of those that the server has sent. In
 * MCP Apps those of the content come before those of the list, so that a server could undo with them what was approved. Null:
 * the response is too deep, or has a member twice, so that readers differ in what it says.
 * @param approved JSON of the approved members; a member that it lacks is left out
 */
export function withApprovedUi(text: string, approved: string): string | null {
  if (!mayHaveMeta(text)) return text;
  const scan = scanJson(text, RESPONSE_LIMITS);
  if (!scan.ok) return null;
  const result = scan.root?.members.get("result");
  if (!scan.root || !result?.object) return text;
  const edits = editMeta(text, result.object, isUiMember, {});
  const contents = result.object.members.get("contents");
  if (contents && text[contents.start] === "[") {
    const members = parseObject(approved) ?? {};
    const items = [...splitArray(text, contents.start)].map((item) => item.trim());
    const shown = items.flatMap((item) => approveContent(item, members) ?? []);
    if (shown.length < items.length) return null;
    if (shown.some((item, index) => item !== items[index]))
      edits["contents"] = `[${shown.join(",")}]`;
  }
  if (Object.keys(edits).length === 0) return text;
  return editObject(text, scan.root, { result: editObject(text, result.object, edits) });
}

/** Whether the outline of a large response has a `_meta` at its result: all of it must be read then. */
export function hasResultMeta(outline: string): boolean {
  const result = parseObject(outline)?.["result"];
  return isObject(result) && "_meta" in result;
}

/** Whether a message can have a `_meta`, which can also be written with escapes. */
function mayHaveMeta(text: string): boolean {
  return text.includes('_meta"') || text.includes("\\u00");
}

function approveContent(text: string, approved: Record<string, unknown>): string | null {
  const scan = scanJson(text, RESPONSE_LIMITS);
  if (!scan.ok) return null;
  if (!scan.root) return text;
  const edits = editMeta(text, scan.root, isUiMemberOfContent, approved);
  return Object.keys(edits).length === 0 ? text : editObject(text, scan.root, edits);
}

/** The edits of an object that give its `_meta` the approved members in place of those that the predicate has. */
function editMeta(
  text: string,
  { members }: ScannedObject,
  isOfUi: (name: string) => boolean,
  approved: Record<string, unknown>,
): ObjectEdits {
  const meta = members.get("_meta")?.object;
  const names = [...(meta?.members.keys() ?? [])].filter(isOfUi);
  if (!meta || names.length === 0) return {};
  const edits: ObjectEdits = {};
  for (const name of names)
    edits[name] = Object.hasOwn(approved, name) ? JSON.stringify(approved[name]) : null;
  return { _meta: editObject(text, meta, edits) };
}
