import { MAX_WATCHED_TASKS } from "../../contract/limits.ts";
import type { CallRoute } from "../../contract/rpc/admission.ts";
import { editObject } from "../../mcp/json-scan.ts";
import { isObject, parseObject } from "../../mcp/json.ts";
import type { McpRequest } from "../../mcp/message.ts";
import { parseMessage } from "../../mcp/request.ts";
import { logEvent, logFailure } from "../../runtime/log.ts";
import { withTimeout } from "../../runtime/with-timeout.ts";
import type { UpstreamEvents } from "../../upstream/upstream-events.ts";
import { callUpstream } from "../call/call-upstream.ts";
import { Call } from "../call/call.ts";
import { readCallMessage, toClientMessage } from "../call/task-ids.ts";
import { watchCall } from "../call/watch-call.ts";
import { admit } from "../client/admission.ts";
import type { RequestContext } from "../context.ts";

/** A task whose server sends its changes on a stream for this client alone. */
interface WatchedTask {
  call: Call;
  events: UpstreamEvents;
}

/**
 * The changes of the tasks that a `subscriptions/listen` request names. Each is admitted like a call and has an audit row;
 * its server is listened to for as long as the client's stream is open.
 */
export class TaskStreams {
  readonly #tasks: WatchedTask[];

  private constructor(tasks: WatchedTask[]) {
    this.#tasks = tasks;
  }

  /** Listens to the servers of these tasks. A task that its server, or the gateway, does not announce is left out. */
  static async open(
    message: McpRequest,
    taskIds: string[],
    context: RequestContext,
  ): Promise<TaskStreams> {
    const distinct = [...new Set(taskIds)].slice(0, MAX_WATCHED_TASKS);
    const opened = await Promise.all(
      distinct.map((taskId) =>
        watchTask(message, taskId, context).catch((error: unknown) => {
          logFailure("task_watch_failed", error, { workspace: context.slug });
          return null;
        }),
      ),
    );
    return new TaskStreams(opened.filter((task) => task !== null));
  }

  /** The client's ids of the tasks that are watched. */
  get taskIds(): string[] {
    return this.#tasks.map(({ call }) => call.message.target ?? "");
  }

  /** Sends the tasks' notifications to the client until all of their streams have ended. */
  async relay(sendToClient: (text: string) => Promise<void>): Promise<void> {
    await Promise.all(this.#tasks.map((task) => relayTask(task, sendToClient)));
  }

  close(): void {
    for (const { events } of this.#tasks) events.cancel();
  }
}

/** Opens a task's stream; null: the client must poll. */
async function watchTask(
  message: McpRequest,
  taskId: string,
  context: RequestContext,
): Promise<WatchedTask | null> {
  const admission = await admit(context, {
    era: message.era,
    method: message.method,
    target: taskId,
    cursor: null,
    knownEtag: null,
    protocolVersion: message.protocolVersion,
    clientName: message.clientName,
    clientVersion: message.clientVersion,
    session: null,
    clientCapabilities: JSON.stringify(message.clientCapabilities),
    acceptsTasks: true,
    isForwarded: context.via.length > 0,
  });
  if (admission.kind !== "route") return null;
  const request = toServerRequest(message, taskId, admission.route, context);
  if (!request) return null;
  const call = new Call(request, admission.route, context);
  const response = await withTimeout(callUpstream(call, null), call.budgets.connectMs);
  if (response === "late") call.fail({ code: "upstream_timeout" });
  else if (response.kind === "failed") call.fail(response.error);
  else if (response.kind === "message")
    call.finish(response.reply.status, response.reply.errorCode);
  else if (response.kind === "events") return acknowledge(call, response.events);
  else call.fail({ code: "upstream_bad_response" });
  return null;
}

/** The client's request as it is sent to the server of one task; the filter names only that task. */
function toServerRequest(
  message: McpRequest,
  taskId: string,
  { task }: CallRoute,
  { request }: RequestContext,
): McpRequest | null {
  if (!message.params) return null;
  const notifications = JSON.stringify({ taskIds: [task] });
  const params = editObject(message.text, message.params, { notifications });
  const text = editObject(message.text, message.root, { params });
  const parsed = parseMessage(text, request.headers);
  return parsed.kind === "request" ? { ...parsed, target: taskId } : null;
}

/** Waits for the server's acknowledgement, the first message of the stream; null: it does not announce the task. */
async function acknowledge(call: Call, events: UpstreamEvents): Promise<WatchedTask | null> {
  const first = await withTimeout(events.next(), call.budgets.connectMs);
  const data = first !== "late" && "data" in first ? parseObject(first.data) : null;
  if (data?.["method"] === "notifications/subscriptions/acknowledged") {
    call.finish("ok", null);
    const { notifications } = isObject(data["params"]) ? data["params"] : {};
    const accepted = isObject(notifications) ? notifications["taskIds"] : undefined;
    if (Array.isArray(accepted) && accepted.includes(call.route.task)) return { call, events };
  }
  events.cancel();
  // The outcome, unless the server has acknowledged another filter.
  call.fail({ code: first === "late" ? "upstream_timeout" : "upstream_bad_response" });
  return null;
}

/** Relays a task's changes until its stream ends, or the client has no right to the task's tool at this server any more. */
async function relayTask(
  { call, events }: WatchedTask,
  sendToClient: (text: string) => Promise<void>,
): Promise<void> {
  call.signal.addEventListener("abort", () => events.cancel(), { once: true });
  const watch = watchCall(call, call.route.endpoint.url);
  try {
    let next = await events.next();
    for (; "data" in next; next = await events.next()) {
      const message = readCallMessage(call, next.data);
      if (message.kind === "response") break;
      if (message.kind !== "notification" || message.method !== "notifications/tasks") continue;
      const text = toClientMessage(call, message.method, next.data, true);
      if (text !== null) await sendToClient(text);
    }
    if ("code" in next && next.code === "upstream_flood")
      logEvent({ event: "task_stream_flooded", server: call.route.endpoint.serverSlug });
  } finally {
    watch.stop();
    events.cancel();
  }
}
