import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { SERVER_REQUEST_GATHER_MS } from "../workers/contract/limits.ts";
import { supportsServerRequest } from "../workers/mcp/client-capabilities.ts";
import { formatNotification } from "../workers/mcp/json-rpc.ts";
import { parseJson, parseObject } from "../workers/mcp/json.ts";
import { isLogRequested } from "../workers/mcp/log-level.ts";
import type { McpRequest } from "../workers/mcp/message.ts";
import { ERROR } from "../workers/mcp/protocol.ts";
import { parseInputResponses, type InputRequest } from "../workers/mcp/translate/elicitation.ts";
import { findProgressToken, toClientProgress } from "../workers/mcp/translate/progress.ts";
import type { ClientCall } from "./calls.ts";
import type { RequestResult } from "./connection.ts";
import { MAX_SUSPENDED_CALLS, SERVER_REQUEST_TIMEOUT_MS } from "./limits.ts";
import { toRpcError, type Params, type RpcResponse } from "./message.ts";
import { findMetaProblem } from "./meta.ts";
import type { Reply } from "./reply.ts";
import { toServerParams } from "./rpc-text.ts";

/** How one round ended: the client must respond to server requests first (by key), or the call is done. */
export type RoundResult =
  | { kind: "input_required"; requests: Iterable<[key: string, request: InputRequest]> }
  | { kind: "done"; result: RequestResult };

interface OpenRequest extends InputRequest {
  resolve: (response: RpcResponse) => void;
}

/**
 * A call of a modern client to a legacy server. Each round is an HTTP request; between two rounds the call waits at the
 * server (2026-07-28, basic/patterns/mrtr).
 */
export class SuspendableCall implements ClientCall {
  readonly method: string;
  /** Tasks are not translated between the revisions. */
  readonly session = null;
  readonly canBeginTask = false;
  readonly target: string | null;
  readonly toParams: (progressToken: number) => string | null;
  readonly timeoutMs: number | null;
  readonly abort = new AbortController();
  /** The current round; null: suspended, the client has not retried yet. */
  #round: { request: McpRequest; reply: Reply } | null = null;
  readonly #openRequests = new Map<string, OpenRequest>();
  #requestCount = 0;
  #result: RequestResult | null = null;
  #wake: () => void = () => undefined;

  constructor(
    request: McpRequest,
    timeoutMs: number | null,
    run: (call: ClientCall) => Promise<RequestResult>,
  ) {
    this.timeoutMs = timeoutMs;
    this.method = request.method;
    this.target = request.target;
    this.toParams = (progressToken) => toServerParams(request, progressToken);
    void this.#run(run);
  }

  async #run(run: (call: ClientCall) => Promise<RequestResult>): Promise<void> {
    this.#result = await run(this);
    this.#wake();
  }

  /** Serves one round: streams to its reply until the server sends requests or is done. Hanging up cancels the call. */
  async serveRound(request: McpRequest, reply: Reply): Promise<RoundResult> {
    this.#round = { request, reply };
    reply.onHangUp(() => {
      if (this.#round?.reply === reply) this.abort.abort();
    });
    this.#forwardResponses(request);
    while (this.#result === null && this.#openRequests.size === 0) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (this.#result === null) await sleep(SERVER_REQUEST_GATHER_MS);
    this.#round = null;
    if (this.#result) return { kind: "done", result: this.#result };
    return { kind: "input_required", requests: this.#openRequests };
  }

  onProgress({ text, object }: Params): boolean {
    const token = this.#round && findProgressToken(this.#round.request);
    if (token !== null) this.#round?.reply.sendMessage(toClientProgress(text, object, token));
    return token !== null;
  }

  onLog({ values }: Params): void {
    if (!this.#round || !isLogRequested(this.#round.request, values["level"])) return;
    const text = formatNotification("notifications/message", JSON.stringify(values));
    this.#round.reply.sendMessage(text);
  }

  onTaskStatus(): void {
    // The client can begin no task.
  }

  sendServerRequest(request: InputRequest, signal: AbortSignal): Promise<RpcResponse> | null {
    const { method, params } = request;
    const capabilities = this.#round?.request.clientCapabilities ?? {};
    if (!supportsServerRequest(capabilities, method, parseJson(params ?? "null"))) return null;
    const key = `request-${++this.#requestCount}`;
    return new Promise((resolve) => {
      this.#openRequests.set(key, { ...request, resolve });
      signal.addEventListener("abort", () => this.#openRequests.delete(key), { once: true });
      this.#wake();
    });
  }

  /** Passes the client's responses to the server. Requests that stay open are sent to the client again. */
  #forwardResponses(request: McpRequest): void {
    for (const [key, json] of parseInputResponses(request)) {
      const problem = findMetaProblem(parseObject(json) ?? {});
      const error = problem === null ? null : toRpcError(ERROR.invalidParams, problem);
      this.#openRequests.get(key)?.resolve(error ?? { kind: "result", json });
      this.#openRequests.delete(key);
    }
  }
}

/** The suspended calls by their `requestState`; each state can be used once. */
export class SuspendedCalls {
  readonly #byState = new Map<string, { call: SuspendableCall; timer: NodeJS.Timeout }>();

  /** Keeps a call until its client retries. It is cancelled after a timeout, or when too many calls are suspended. */
  suspend(call: SuspendableCall): string {
    const state = randomUUID();
    const timer = setTimeout(() => this.#cancel(state), SERVER_REQUEST_TIMEOUT_MS);
    this.#byState.set(state, { call, timer });
    const [oldest] = this.#byState.keys();
    if (this.#byState.size > MAX_SUSPENDED_CALLS && oldest !== undefined) this.#cancel(oldest);
    return state;
  }

  /** The call that a request continues; undefined when it has expired or is another call. */
  take(state: string, { method, target }: McpRequest): SuspendableCall | undefined {
    const suspended = this.#byState.get(state);
    if (suspended?.call.method !== method || suspended.call.target !== target) return undefined;
    clearTimeout(suspended.timer);
    this.#byState.delete(state);
    return suspended.call;
  }

  #cancel(state: string): void {
    const suspended = this.#byState.get(state);
    if (!suspended) return;
    clearTimeout(suspended.timer);
    this.#byState.delete(state);
    suspended.call.abort.abort();
  }
}
