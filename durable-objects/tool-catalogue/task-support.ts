import type { Era, ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { AdmitRequest } from "../../workers/contract/rpc/admission.ts";
import { isObject, parseObject } from "../../workers/mcp/json.ts";
import { TASKS_EXTENSION } from "../../workers/mcp/protocol.ts";
import {
  formatTaskSupport,
  toTaskSupport,
  type TaskSupport,
} from "../../workers/mcp/task-support.ts";

/** What of a request decides how the client can use tasks. */
export type TaskClient = Pick<AdmitRequest, "era" | "acceptsTasks">;

type Capabilities = Record<string, unknown>;

/**
 * The server's tasks that reach clients of this era, in which it speaks with them: tasks are not translated between the
 * eras. Null: it has none. `capabilities`: of the server's own era.
 */
function findTaskSupport(
  { era, legacy }: ServerRecord,
  capabilities: Capabilities,
  clientEra: Era,
): TaskSupport | null {
  if (era === clientEra && era === "modern")
    return TASKS_EXTENSION in member(capabilities, "extensions") ? { canCancel: true } : null;
  if (era === clientEra) return toTaskSupport(capabilities);
  return (clientEra === "legacy" && legacy?.tasks) || null;
}

/**
 * The gateway's capabilities concerning tasks, from those of the servers that the client is allowed to know.
 */
export function toTaskCapabilities(
  servers: ServerRecord[],
  capabilitiesOf: (server: ServerRecord) => Capabilities,
  era: Era,
): Capabilities {
  const found = servers.flatMap(
    (server) => findTaskSupport(server, capabilitiesOf(server), era) ?? [],
  );
  if (found.length === 0) return {};
  if (era === "modern") return { extensions: { [TASKS_EXTENSION]: {} } };
  return { tasks: formatTaskSupport({ canCancel: found.some(({ canCancel }) => canCancel) }) };
}

/**
 * How a tool is shown to a client (2025-11-25, tasks, "Tool-Level Negotiation"). `hidden`: the tool requires a task that
 * the client cannot begin, so that no call can succeed. `with_execution`: with the member that says how it uses tasks,
 * which modern clients do not know.
 */
export function showTool(
  json: string,
  server: ServerRecord,
  capabilities: Capabilities,
  client: TaskClient,
): "hidden" | "with_execution" | "plain" {
  if (!json.includes('"taskSupport"')) return "plain";
  const canBegin =
    client.acceptsTasks && findTaskSupport(server, capabilities, client.era) !== null;
  if (canBegin) return client.era === "legacy" ? "with_execution" : "plain";
  const { taskSupport } = member(parseObject(json) ?? {}, "execution");
  return taskSupport === "required" ? "hidden" : "plain";
}

/** A member that should be an object; an empty one if it is not. */
function member(object: Record<string, unknown>, key: string): Record<string, unknown> {
  const value = object[key];
  return isObject(value) ? value : {};
}
