import { isObject } from "../workers/mcp/json.ts";

/** The member of `_meta` that names the task of a message (2025-11-25, basic/utilities/tasks). */
const META_RELATED_TASK = "io.modelcontextprotocol/related-task";

/**
 * A problem of `_meta` in the params of a request or in a result, as a sentence; null: it is valid or absent. Servers with
 * an official SDK ignore a message with such a problem: its sender would wait for a response in vain.
 */
export function findMetaProblem(
  values: Record<string, unknown>,
  parent: "params" | "result",
): string | null {
  const { _meta: meta = null } = values;
  if (meta === null) return null;
  if (!isObject(meta)) return `${parent}._meta must be an object`;
  const task = meta[META_RELATED_TASK];
  if (task === undefined || (isObject(task) && typeof task["taskId"] === "string")) return null;
  return `${parent}._meta["${META_RELATED_TASK}"] must be an object with a taskId`;
}
