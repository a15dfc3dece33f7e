import { sealTaskId } from "../../crypto/task-id.ts";
import { editObject, findMemberText, RESPONSE_LIMITS, scanJson } from "../../mcp/json-scan.ts";
import {
  mayNameTask,
  renameCreatedTask,
  renameRelatedTask,
  renameTaskId,
  type RenameTask,
} from "../../mcp/translate/tasks.ts";
import { withApprovedUi } from "./approved-ui.ts";
import type { Call } from "./call.ts";
import { toSkillResponse } from "./skill-response.ts";
import { readUpstreamMessage, type UpstreamMessage } from "./upstream-message.ts";

/** The notifications that consist of a task's state, in the legacy and in the modern era. */
const TASK_NOTIFICATIONS: ReadonlySet<string> = new Set([
  "notifications/tasks/status",
  "notifications/tasks",
]);

/**
 * Reads one message of the call's server. A response is translated for the client, with the client's ids of tasks. One that
 * concerns a skill is checked, and one of a locked server has the approved user interface.
 */
export function readCallMessage(call: Call, text: string): UpstreamMessage {
  const message = readUpstreamMessage(text, call.upstreamId, call.message, call.route);
  if (message.kind !== "response") return message;
  const { skill, approvedUi } = call.route;
  if (skill) return toSkillResponse(call.message, skill, message);
  const shown = approvedUi === undefined ? message.text : withApprovedUi(message.text, approvedUi);
  if (shown === null) return { kind: "foreign" };
  return { ...message, text: mayNameTask(shown) ? toClientResponse(call, shown) : shown };
}

/**
 * A notification or server request for the client, with the client's id of the task that it belongs to. A task that the
 * client does not know from this call is left out; null: the message is about nothing else. `isCallStream`: it came on
 * the call's own stream, so that its task is the one that the call began.
 */
export function toClientMessage(
  call: Call,
  method: string,
  text: string,
  isCallStream: boolean,
): string | null {
  if (!mayNameTask(text)) return text;
  const scan = scanJson(text, RESPONSE_LIMITS);
  const root = scan.ok ? scan.root : null;
  const params = root?.members.get("params")?.object;
  if (!root || !params) return text;
  const { message, route } = call;
  const rename: RenameTask = (taskId) => {
    if (route.task !== null) return taskId === route.task ? message.target : null;
    return isCallStream && message.method === "tools/call" ? sealFor(call, taskId) : null;
  };
  const edits = renameRelatedTask(text, params, rename);
  if (TASK_NOTIFICATIONS.has(method)) {
    Object.assign(edits, renameTaskId(text, params, rename));
    if (edits["taskId"] === null) return null;
  }
  if (Object.keys(edits).length === 0) return text;
  return editObject(text, root, { params: editObject(text, params, edits) });
}

/** A response with the client's ids of tasks. The response to a task's later message is about that task. */
function toClientResponse(call: Call, text: string): string {
  const scan = scanJson(text, RESPONSE_LIMITS);
  const root = scan.ok ? scan.root : null;
  const result = root?.members.get("result")?.object;
  if (!root || !result) return text;
  const { message, route } = call;
  if (route.task === null && message.method !== "tools/call") return text;
  const rename = (taskId: string) => (route.task === null ? sealFor(call, taskId) : message.target);
  const edits = renameRelatedTask(text, result, rename);
  if (route.task !== null || findMemberText(text, result, "resultType") === '"task"')
    Object.assign(edits, renameTaskId(text, result, rename));
  else if (message.era === "legacy") Object.assign(edits, renameCreatedTask(text, result, rename));
  if (Object.keys(edits).length === 0) return text;
  return editObject(text, root, { result: editObject(text, result, edits) });
}

/** The client's id of a task that this tool call began. */
function sealFor({ context, route, sessionId, connection }: Call, taskId: string): string {
  const { endpoint, memberId, tokenId, target } = route;
  const { serverId, url } = endpoint;
  const owner = { slug: context.slug, memberId, tokenId };
  const origin = { serverId, url, sessionId: connection ?? sessionId, tool: target ?? "", taskId };
  return sealTaskId(context.env.MCPNEST_MASTER_KEYS, owner, origin);
}
