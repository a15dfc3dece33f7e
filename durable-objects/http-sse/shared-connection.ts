import {
  MAX_LOCAL_RESPONSES_PER_MINUTE,
  MAX_OPEN_SERVER_REQUESTS,
} from "../../workers/contract/limits.ts";
import type { HttpSseCall } from "../../workers/contract/rpc/http-sse-session.ts";
import type { ListName } from "../../workers/contract/rpc/notification-stream.ts";
import type { UpstreamError } from "../../workers/contract/rpc/tool-catalogue.ts";
import { formatCancelled, formatLocalResponse } from "../../workers/mcp/json-rpc.ts";
import { isObject, parseObject } from "../../workers/mcp/json.ts";
import { findRelatedTask } from "../../workers/mcp/translate/tasks.ts";
import { logFailure } from "../../workers/runtime/log.ts";
import { MinuteCount } from "../../workers/runtime/minute-count.ts";
import type { Throttle } from "../../workers/runtime/throttle.ts";
import {
  LONGEST_SILENCE_MS,
  type PostRefusal,
  type SseConnection,
} from "../../workers/upstream/http-sse.ts";
import { makeRequest } from "../../workers/upstream/json-rpc.ts";
import { parseChangeNotification } from "../../workers/upstream/notifications/change-listener.ts";
import { FLOOD, TOO_LARGE, UNREACHABLE } from "../../workers/upstream/upstream-errors.ts";
import { OpenCall } from "./open-call.ts";

/** Failures of the connection that its calls report; all others mean that the server's stream has ended. */
const FATAL: readonly UpstreamError[] = [TOO_LARGE, FLOOD];

/**
 * The result of sending a call. `isUnsent`: the server has certainly not processed it; it can be sent again on another connection.
 */
export type StartResult = Unsent &
  ({ ok: true; response: Response; messageUrl: string } | { ok: false; error: UpstreamError });

/** See `StartResult`. */
export interface Unsent {
  isUnsent?: boolean;
}

/**
 * An HTTP+SSE connection that several calls of one session owner use at the same time. All messages of the server arrive
 * on one stream: a response goes to the call of its id, progress to the call of its token. A message that names a task goes
 * to the call that waits for the task's result. A message that names neither goes to the oldest call in flight that is not
 * about a task, as on the own stream of a Streamable HTTP session.
 */
export class SharedConnection {
  readonly #connection: SseConnection;
  readonly #changes: Throttle<ListName>;
  /** The last change notification: a flood repeats it, and it is not parsed again. */
  #lastChange: { text: string; list: ListName } | null = null;
  /** By id as JSON text, oldest first. */
  readonly #calls = new Map<string, OpenCall>();
  /** The calls that received server requests, by the request's id as JSON text. */
  readonly #asked = new Map<string, OpenCall>();
  #openReplies = 0;
  readonly #replies = new MinuteCount(MAX_LOCAL_RESPONSES_PER_MINUTE);
  #isRetired = false;
  #usedAt = Date.now();
  #isClosed = false;
  /** Why the connection has ended. */
  #failure = UNREACHABLE;
  /** Resolves when the connection has ended, on either side. */
  readonly ended: Promise<void>;

  /** `changes`: takes the lists that the server says have changed. */
  constructor(connection: SseConnection, changes: Throttle<ListName>) {
    this.#connection = connection;
    this.#changes = changes;
    // Any byte of the shared stream tells that the server is alive.
    connection.onBytes = () => {
      for (const call of this.#calls.values()) call.writeComment();
    };
    this.ended = this.#read();
  }

  /** When the last call began or ended, epoch ms. */
  get usedAt(): number {
    return this.#usedAt;
  }

  /** Whether no call is in flight. */
  get isIdle(): boolean {
    return this.#calls.size === 0;
  }

  /** Closes the connection when its calls in flight have ended. */
  retire(): void {
    this.#isRetired = true;
    this.#closeIfUnused();
  }

  /** Sends a call. Its stream is open before, because the response can overtake the server's acceptance. */
  async start(request: HttpSseCall): Promise<StartResult> {
    if (this.#isClosed) return { ok: false, error: UNREACHABLE, isUnsent: true };
    const call = new OpenCall(request, (abandoned) => this.#cancel(abandoned));
    this.#calls.set(call.id, call);
    this.#usedAt = Date.now();
    const refusal = await this.#connection.post(request.body, request.via);
    const isUnsent = refusal !== null && (await this.#isUnsent(call, refusal));
    if (call.hasResponse || (!refusal && !this.#hasEnded())) {
      return { ok: true, response: call.response, messageUrl: this.#connection.messageUrl };
    }
    this.#remove(call);
    return { ok: false, error: refusal?.error ?? this.#failure, isUnsent };
  }

  /**
   * Whether a refusal means that the server has not read the call: it refuses a ping in the same way. A JSON-RPC message
   * with the call's id is the response, whatever the status.
   */
  async #isUnsent(call: OpenCall, { json, isUnknownConnection }: PostRefusal): Promise<boolean> {
    const message = parseObject(json ?? "");
    if (json !== null && message && !("method" in message) && String(message["id"]) === call.id)
      this.#receiveResponse(message["id"], json);
    if (!isUnknownConnection || call.hasResponse) return false;
    if (this.#hasEnded()) return true;
    const ping = await this.#connection.post(makeRequest("legacy", "ping", {}).text);
    return ping?.isUnknownConnection === true;
  }

  #hasEnded(): boolean {
    return this.#isClosed;
  }

  /** Cancels a call in flight. The server gets a notification, because the connection stays open. */
  async cancel(id: string): Promise<void> {
    const call = this.#calls.get(id);
    if (call) await this.#cancel(call);
  }

  /** Cancels the calls that have received nothing since `time` (epoch ms). */
  async cancelSilentCalls(time: number): Promise<void> {
    const silent = [...this.#calls.values()].filter(({ lastMessageAt }) => lastMessageAt < time);
    await Promise.all(silent.map((call) => this.#cancel(call)));
  }

  async #cancel(call: OpenCall): Promise<void> {
    if (this.#calls.get(call.id) !== call || call.isCancelled) return;
    call.isCancelled = true;
    call.fail();
    await this.#connection.post(formatCancelled(call.id));
    this.#remove(call);
  }

  #remove(call: OpenCall): void {
    if (this.#calls.get(call.id) === call) this.#calls.delete(call.id);
    for (const [requestId, asked] of this.#asked) if (asked === call) this.#asked.delete(requestId);
    this.#usedAt = Date.now();
    this.#closeIfUnused();
  }

  #closeIfUnused(): void {
    if (this.#isRetired && this.isIdle) this.#connection.close();
  }

  /** Reads until the connection ends. The calls in flight fail then: it is not known what the server did. */
  async #read(): Promise<void> {
    try {
      for (;;) {
        const next = await this.#connection.next(Date.now() + LONGEST_SILENCE_MS, true);
        if (!next.ok) {
          if (FATAL.includes(next.error)) this.#failure = next.error;
          break;
        }
        this.#receive(next.text);
      }
    } catch (error) {
      logFailure("read_http_sse_connection_failed", error);
    }
    this.#isClosed = true;
    this.#connection.close();
    for (const call of this.#calls.values()) call.endWithFailure(this.#failure.code);
    this.#calls.clear();
    this.#asked.clear();
    await this.#changes.flush();
  }

  #receive(text: string): void {
    if (text === this.#lastChange?.text) return this.#changes.add(this.#lastChange.list);
    const message = parseObject(text);
    if (!message) return;
    const { method, params } = message;
    if (typeof method !== "string") return this.#receiveResponse(message["id"], text);
    if (message["id"] !== undefined)
      return this.#receiveRequest(JSON.stringify(message["id"]), method, params, text);
    const notification = parseChangeNotification(text);
    if (notification.kind === "list") {
      this.#lastChange = { text, list: notification.list };
      return this.#changes.add(notification.list);
    }
    const call = this.#findReceiver(method, params);
    if (call) this.#pass(call, text);
  }

  #receiveResponse(id: unknown, text: string): void {
    // Some servers return the number as a string.
    const call = this.#calls.get(String(id));
    if (!call) return;
    call.end(text);
    this.#connection.restartLimits();
    this.#remove(call);
  }

  /** A ping is answered here, and so is a request that no call in flight receives. */
  #receiveRequest(id: string, method: string, params: unknown, text: string): void {
    const call = method === "ping" ? undefined : this.#findCall(findRelatedTask(params));
    if (call) {
      this.#asked.set(id, call);
      this.#pass(call, text);
    } else void this.#reply(formatLocalResponse(id, method));
  }

  /** Not awaited by the reader: a server can accept the reply late. A server that sends more requests gets no reply. */
  async #reply(text: string): Promise<void> {
    if (this.#openReplies >= MAX_OPEN_SERVER_REQUESTS || !this.#replies.add(Date.now())) return;
    this.#openReplies += 1;
    await this.#connection.post(text);
    this.#openReplies -= 1;
  }

  #findReceiver(method: string, params: unknown): OpenCall | undefined {
    const { progressToken, requestId, taskId } = isObject(params) ? params : {};
    if (method === "notifications/progress")
      return [...this.#calls.values()].find(
        (call) => call.progressToken !== null && call.progressToken === progressToken,
      );
    if (method === "notifications/cancelled") return this.#asked.get(JSON.stringify(requestId));
    if (method === "notifications/tasks/status") return this.#findCall(String(taskId));
    return this.#findCall(findRelatedTask(params));
  }

  /** The oldest call that waits for the result of a task; null: the oldest one that is not about a task. */
  #findCall(taskId: string | null): OpenCall | undefined {
    return [...this.#calls.values()].find(
      ({ isCancelled, task }) =>
        !isCancelled &&
        (taskId === null ? task === null : task?.id === taskId && task.awaitsResult),
    );
  }

  #pass(call: OpenCall, text: string): void {
    if (!call.write(text)) void this.#cancel(call);
  }
}
