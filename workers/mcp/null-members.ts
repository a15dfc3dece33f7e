import { editObject, findMemberText, type ObjectEdits, type ScannedObject } from "./json-scan.ts";
import { META_CLIENT_INFO, META_LOG_LEVEL, META_RELATED_TASK } from "./protocol.ts";

/** The optional members of all requests' `params`. */
const PARAMS_MEMBERS = [
  "arguments",
  "cursor",
  "context",
  "task",
  "inputResponses",
  "requestState",
  "_meta",
];
/** The optional members of `_meta`; those of applications can be null. */
const META_MEMBERS = [
  "progressToken",
  "traceparent",
  "tracestate",
  "baggage",
  META_CLIENT_INFO,
  META_LOG_LEVEL,
  META_RELATED_TASK,
];

/**
 * A client's message without its optional members that are null: some clients send null for an absent member, and the
 * SDKs of servers refuse it. Null: there are none.
 */
export function dropNullMembers(text: string, root: ScannedObject): string | null {
  const params = root.members.get("params")?.object;
  if (!params)
    return isNull(text, root, "params") ? editObject(text, root, { params: null }) : null;
  const edits = findNulls(text, params, PARAMS_MEMBERS);
  const meta = params.members.get("_meta")?.object;
  const metaEdits = meta ? findNulls(text, meta, META_MEMBERS) : {};
  if (meta && hasEdits(metaEdits)) edits["_meta"] = editObject(text, meta, metaEdits);
  if (!hasEdits(edits)) return null;
  return editObject(text, root, { params: editObject(text, params, edits) });
}

function findNulls(text: string, object: ScannedObject, keys: string[]): ObjectEdits {
  const nulls = keys.filter((key) => isNull(text, object, key));
  return Object.fromEntries(nulls.map((key) => [key, null]));
}

function isNull(text: string, object: ScannedObject, key: string): boolean {
  return findMemberText(text, object, key) === "null";
}

function hasEdits(edits: ObjectEdits): boolean {
  return Object.keys(edits).length > 0;
}
