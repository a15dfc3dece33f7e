import { isObject } from "../workers/mcp/json.ts";
import { META_RELATED_TASK } from "../workers/mcp/protocol.ts";

/**
 * A problem of a result's `_meta`, as a sentence; null: it is valid or absent. Official SDKs ignore a response with such a
 * problem: the receiver would wait in vain.
 */
export function findMetaProblem(result: Record<string, unknown>): string | null {
  const { _meta: meta = null } = result;
  if (meta === null) return null;
  if (!isObject(meta)) return "result._meta must be an object";
  const task = meta[META_RELATED_TASK];
  if (task === undefined || (isObject(task) && typeof task["taskId"] === "string")) return null;
  return `result._meta["${META_RELATED_TASK}"] must be an object with a taskId`;
}
