import type { Era, ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { AdmitRequest } from "../../workers/contract/rpc/admission.ts";
import { isObject, parseObject } from "../../workers/mcp/json.ts";
import { TASKS_EXTENSION } from "../../workers/mcp/protocol.ts";

/** What of a request decides how the client can use tasks. */
export type TaskClient = Pick<AdmitRequest, "era" | "acceptsTasks">;

type Capabilities = Record<string, unknown>;

/** Whether the server's tasks reach clients of this era: tasks are not translated between the eras. */
function supportsTasks(server: ServerRecord, capabilities: Capabilities, clientEra: Era): boolean {
  // An HTTP+SSE server has a new connection for each call, and its tasks end with their connection.
  if (server.era !== clientEra || server.transport !== "streamable-http") return false;
  if (clientEra === "modern") return TASKS_EXTENSION in member(capabilities, "extensions");
  const requests = member(member(capabilities, "tasks"), "requests");
  return "call" in member(requests, "tools");
}

/**
 * The gateway's capabilities concerning tasks, from those of the servers that the client is allowed to know. It does not
 * declare `tasks.list`: a server lists the tasks of a session, and cannot tell the tasks of one principal.
 */
export function toTaskCapabilities(
  servers: ServerRecord[],
  capabilitiesOf: (server: ServerRecord) => Capabilities,
  era: Era,
): Capabilities {
  const supporting = servers.filter((server) => supportsTasks(server, capabilitiesOf(server), era));
  if (supporting.length === 0) return {};
  if (era === "modern") return { extensions: { [TASKS_EXTENSION]: {} } };
  const canCancel = supporting.some(
    (server) => "cancel" in member(capabilitiesOf(server), "tasks"),
  );
  return { tasks: { ...(canCancel ? { cancel: {} } : {}), requests: { tools: { call: {} } } } };
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
  const canBegin = client.acceptsTasks && supportsTasks(server, capabilities, client.era);
  if (canBegin) return client.era === "legacy" ? "with_execution" : "plain";
  const { taskSupport } = member(parseObject(json) ?? {}, "execution");
  return taskSupport === "required" ? "hidden" : "plain";
}

/** A member that should be an object; an empty one if it is not. */
function member(object: Record<string, unknown>, key: string): Record<string, unknown> {
  const value = object[key];
  return isObject(value) ? value : {};
}
