import { MAX_OPEN_SERVER_REQUESTS } from "../workers/contract/limits.ts";
import { formatNotification } from "../workers/mcp/json-rpc.ts";
import { editObject } from "../workers/mcp/json-scan.ts";
import { isObject, parseObject } from "../workers/mcp/json.ts";
import { ERROR } from "../workers/mcp/protocol.ts";
import type { InputRequest } from "../workers/mcp/translate/elicitation.ts";
import { refuseServerRequest, startCallEnd, startCallTimer, type ClientCall } from "./calls.ts";
import { ChangeSignal } from "./change-signal.ts";
import type { Connection, RequestResult } from "./connection.ts";
import { MAX_TASKS, SERVER_REQUEST_TIMEOUT_MS } from "./limits.ts";
import { toRpcError, type Params, type RpcResponse } from "./message.ts";
import type { Session } from "./session.ts";

/** A task of the server. Only the session that began it can reach it. */
interface Task {
  session: Session;
  /** False: it has a final status. */
  isRunning: boolean;
  /** When the server forgets it (epoch ms). */
  expiresAt: number;
  /** Epoch ms. */
  lastMessageAt: number;
}

/** A call about a task. */
interface TaskCall {
  client: ClientCall;
  taskId: string;
  timer: NodeJS.Timeout;
  /** Aborted when the call has ended. */
  ended: AbortController;
}

const FINAL_STATUSES: readonly unknown[] = ["completed", "failed", "cancelled"];
const NOT_FOUND = toRpcError(ERROR.invalidParams, "Task not found");

/**
 * The tasks of the server (2025-11-25, tasks) and the calls about them. A task continues after the call that began it has
 * ended, so it holds no lock: calls about tasks run beside all others, and so does the task itself.
 */
export class Tasks {
  readonly #connection: Connection;
  readonly #timeoutMs: number;
  /** By the server's id, oldest first. */
  readonly #tasks = new Map<string, Task>();
  readonly #calls = new Set<TaskCall>();
  /** Calls in flight that can begin a task. */
  #beginning = 0;
  /** Server requests of tasks, by the JSON text of their id. */
  readonly #openRequests = new Map<string, { taskId: string; cancel: AbortController }>();
  readonly #changes = new ChangeSignal();

  constructor(connection: Connection, timeoutMs: number) {
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
  }

  /** Number of running tasks, and of calls about tasks. */
  get count(): number {
    return this.#calls.size + [...this.#tasks.values()].filter(isRunning).length;
  }

  /** Whether a running task is within the time limit of a call since its last message. */
  get hasTaskInTime(): boolean {
    const since = Date.now() - this.#timeoutMs;
    return [...this.#tasks.values()].some((task) => isRunning(task) && task.lastMessageAt > since);
  }

  /** Whether a session has a running task. */
  isUsedBy(session: Session): boolean {
    return [...this.#tasks.values()].some((task) => task.session === session && isRunning(task));
  }

  /** Waits for the result of a tool call that can begin a task for the session, and keeps the task. */
  async begin(session: Session, running: Promise<RequestResult>): Promise<RequestResult> {
    this.#beginning++;
    const result = await running;
    this.#beginning--;
    const task = result.kind === "result" ? parseObject(result.json)?.["task"] : null;
    if (isObject(task) && typeof task["taskId"] === "string") {
      const ttl = typeof task["ttl"] === "number" ? task["ttl"] : Infinity;
      const now = Date.now();
      this.#tasks.set(task["taskId"], {
        session,
        isRunning: !FINAL_STATUSES.includes(task["status"]),
        expiresAt: now + ttl,
        lastMessageAt: now,
      });
      this.#dropOldest();
    }
    this.#changes.notify();
    return result;
  }

  /** Runs a call about the task that it names. */
  async run(client: ClientCall): Promise<RequestResult> {
    const taskId = client.target ?? "";
    const task = this.#tasks.get(taskId);
    if (!task || task.session !== client.session) return NOT_FOUND;
    const timer = startCallTimer(client, this.#timeoutMs);
    const end = startCallEnd(client);
    const call: TaskCall = { client, taskId, timer, ended: new AbortController() };
    this.#calls.add(call);
    this.#changes.notify();
    const onProgress = (params: Params) => {
      if (client.onProgress(params)) call.timer.refresh();
    };
    const options = { onProgress, signal: client.abort.signal };
    const result = await this.#connection.request(
      client.method,
      (progressToken) => client.toParams(progressToken),
      options,
    );
    clearTimeout(call.timer);
    clearTimeout(end);
    this.#calls.delete(call);
    this.#readStatus(task, client.method, result);
    call.ended.abort();
    this.#changes.notify();
    return result;
  }

  /**
   * Sends a server request of a task to the client that waits for the task's result, and returns the response. Without
   * such a client the request waits for one: the server can send it before the client asks for the result. `id`: JSON text
   * of the server's id.
   */
  async forwardServerRequest(
    id: string,
    taskId: string,
    request: InputRequest,
  ): Promise<RpcResponse> {
    const open = [...this.#openRequests.values()].filter((other) => other.taskId === taskId);
    if (open.length >= MAX_OPEN_SERVER_REQUESTS) return refuseServerRequest(request);
    const cancel = new AbortController();
    this.#openRequests.set(id, { taskId, cancel });
    const timeout = AbortSignal.timeout(SERVER_REQUEST_TIMEOUT_MS);
    const signal = AbortSignal.any([cancel.signal, timeout]);
    signal.addEventListener("abort", () => this.#changes.notify(), { once: true });
    try {
      while (!signal.aborted && this.#canHaveClient(taskId)) {
        const call = this.#findResultCall(taskId);
        const response = call && (await this.#sendToClient(call, request, signal));
        if (response) return response;
        if (!call) await this.#changes.wait();
      }
    } finally {
      this.#openRequests.delete(id);
    }
    return toRpcError(ERROR.methodNotFound, "No client waits for the result of this task");
  }

  /** Cancels a server request at its client; `id`: JSON text of the server's id. */
  cancelServerRequest(id: string): void {
    this.#openRequests.get(id)?.cancel.abort();
  }

  /** Sends the status of a task to the session that began it. */
  async forwardStatus(params: Params): Promise<void> {
    const taskId = String(params.values["taskId"]);
    // The task can be newer than the response of the call that began it.
    while (!this.#tasks.has(taskId) && this.#beginning > 0) await this.#changes.wait();
    const task = this.#tasks.get(taskId);
    if (!task) return;
    task.lastMessageAt = Date.now();
    if (FINAL_STATUSES.includes(params.values["status"])) task.isRunning = false;
    const json = editObject(params.text, params.object, {});
    const text = formatNotification("notifications/tasks/status", json);
    const call = this.#findResultCall(taskId);
    if (call) call.client.onTaskStatus(text);
    else task.session.notify(text);
    this.#changes.notify();
  }

  /** Sends a log message of a task to the client that waits for the task's result; without one it is dropped. */
  forwardLog(taskId: string, params: Params): void {
    this.#findResultCall(taskId)?.client.onLog(params);
  }

  /** The session has ended: its tasks are unreachable now, so they are cancelled. */
  end(session: Session, canCancel: boolean): void {
    for (const [taskId, task] of this.#tasks) {
      if (task.session !== session) continue;
      this.#tasks.delete(taskId);
      if (!canCancel || !isRunning(task)) continue;
      const signal = AbortSignal.timeout(this.#timeoutMs);
      const params = JSON.stringify({ taskId });
      const options = { onProgress: () => undefined, signal };
      void this.#connection.request("tasks/cancel", () => params, options);
    }
    this.#changes.notify();
  }

  /** Sends a server request on the stream of a call; null: the call has ended before its client responded. */
  async #sendToClient(
    call: TaskCall,
    request: InputRequest,
    cancelled: AbortSignal,
  ): Promise<RpcResponse | null> {
    const signal = AbortSignal.any([cancelled, call.ended.signal]);
    const sent = call.client.sendServerRequest(request, signal);
    if (!sent) return refuseServerRequest(request);
    // A person can take longer than the call's time limit.
    clearTimeout(call.timer);
    const aborted = new Promise<null>((resolve) => {
      signal.addEventListener("abort", () => resolve(null), { once: true });
    });
    const response = await Promise.race([sent, aborted]);
    if (!call.ended.signal.aborted) call.timer = startCallTimer(call.client, this.#timeoutMs);
    return response;
  }

  /** Whether a client can ask for the task's result. */
  #canHaveClient(taskId: string): boolean {
    const task = this.#tasks.get(taskId);
    return task ? isRunning(task) : this.#beginning > 0;
  }

  /** The newest call that waits for the task's result: an older one can be of a client that has disconnected. */
  #findResultCall(taskId: string): TaskCall | undefined {
    return [...this.#calls].findLast(
      (call) => call.taskId === taskId && call.client.method === "tasks/result",
    );
  }

  /** Reads from the result of a call about a task whether it still runs. */
  #readStatus(task: Task, method: string, result: RequestResult): void {
    if (result.kind === "failed") return;
    task.lastMessageAt = Date.now();
    const status = parseObject(result.json)?.["status"];
    if (method !== "tasks/result" && result.kind === "result")
      task.isRunning = !FINAL_STATUSES.includes(status);
    // The server responds to `tasks/result` when the task has ended, and with an error when it does not know the task.
    else if (method !== "tasks/cancel") task.isRunning = false;
  }

  /** Forgets the oldest tasks above the maximum, first those that have ended. */
  #dropOldest(): void {
    if (this.#tasks.size <= MAX_TASKS) return;
    const all = [...this.#tasks];
    const oldest = all.find(([, task]) => !isRunning(task)) ?? all[0];
    if (oldest) this.#tasks.delete(oldest[0]);
  }
}

function isRunning(task: Task): boolean {
  return task.isRunning && Date.now() < task.expiresAt;
}
