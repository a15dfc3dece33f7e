import { isObject } from "./json.ts";

/** How a legacy server runs tool calls as tasks. `canCancel`: it has `tasks/cancel`. */
export interface TaskSupport {
  canCancel: boolean;
}

/** What a legacy server's capabilities say of tasks (2025-11-25, tasks, "Capabilities"); null: tool calls are no tasks. */
export function toTaskSupport({ tasks }: Record<string, unknown>): TaskSupport | null {
  const { requests, cancel } = isObject(tasks) ? tasks : {};
  const tools = isObject(requests) ? requests["tools"] : undefined;
  return isObject(tools) && tools["call"] !== undefined
    ? { canCancel: cancel !== undefined }
    : null;
}

/**
 * The value of the capability `tasks`. `list` is never in it: a server lists the tasks of a session, and cannot tell those
 * of several clients that share it.
 */
export function formatTaskSupport({ canCancel }: TaskSupport): Record<string, unknown> {
  return { ...(canCancel ? { cancel: {} } : {}), requests: { tools: { call: {} } } };
}
