import {
  editObject,
  findMemberText,
  RESPONSE_LIMITS,
  scanJson,
  type ObjectEdits,
  type ScannedObject,
} from "../json-scan.ts";
import { isObject, parseJson } from "../json.ts";
import { META_RELATED_TASK } from "../protocol.ts";

/** The other side's id of a task; null: that side does not know the task. */
export type RenameTask = (taskId: string) => string | null;

/** Whether a message can name a task, without a look at its structure: most messages cannot. */
export function mayNameTask(text: string): boolean {
  return text.includes('"taskId"');
}

/** The edit of the member `taskId` of an object that was scanned in `text`; none: it has no such member. */
export function renameTaskId(text: string, object: ScannedObject, rename: RenameTask): ObjectEdits {
  const taskId = parseJson(findMemberText(text, object, "taskId") ?? "null");
  if (typeof taskId !== "string") return {};
  const renamed = rename(taskId);
  return { taskId: renamed === null ? null : JSON.stringify(renamed) };
}

/** The edit of the task that `_meta` of a result or of params names, which goes without an unknown one. */
export function renameRelatedTask(
  text: string,
  object: ScannedObject,
  rename: RenameTask,
): ObjectEdits {
  const meta = object.members.get("_meta")?.object ?? null;
  const related = findMemberText(text, meta, META_RELATED_TASK);
  if (!meta || related === undefined) return {};
  const edited = editObject(text, meta, { [META_RELATED_TASK]: renameTaskIn(related, rename) });
  return { _meta: edited === "{}" ? null : edited };
}

/** The edit of the task in the result that begins it (2025-11-25, tasks, "Creating Tasks"). */
export function renameCreatedTask(
  text: string,
  result: ScannedObject,
  rename: RenameTask,
): ObjectEdits {
  const task = findMemberText(text, result, "task");
  return task === undefined ? {} : { task: renameTaskIn(task, rename) };
}

/** The task to which a server request belongs, from its parsed params; null: it belongs to none. */
export function findRelatedTask(params: unknown): string | null {
  const meta = isObject(params) ? params["_meta"] : undefined;
  const related = isObject(meta) ? meta[META_RELATED_TASK] : undefined;
  const taskId = isObject(related) ? related["taskId"] : undefined;
  return typeof taskId === "string" ? taskId : null;
}

/** JSON text of an object with its `taskId` renamed; null: the other side does not know the task. */
function renameTaskIn(json: string, rename: RenameTask): string | null {
  const scan = scanJson(json, RESPONSE_LIMITS);
  if (!scan.ok || !scan.root) return json;
  const edits = renameTaskId(json, scan.root, rename);
  return edits["taskId"] === null ? null : editObject(json, scan.root, edits);
}
