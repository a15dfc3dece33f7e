import { SERVER_REQUEST_GATHER_MS } from "../workers/contract/limits.ts";
import { UNSUPPORTED_REQUEST } from "../workers/mcp/json-rpc.ts";
import { ERROR } from "../workers/mcp/protocol.ts";
import type { InputRequest } from "../workers/mcp/translate/elicitation.ts";
import { CallLock, type AcquiredLock } from "./call-lock.ts";
import { ChangeSignal } from "./change-signal.ts";
import { AbortReason, type Connection, type RequestResult } from "./connection.ts";
import { MAX_CALL_MS, SERVER_REQUEST_TIMEOUT_MS } from "./limits.ts";
import { toRpcError, type Params, type RpcResponse } from "./message.ts";
import type { Session } from "./session.ts";

/** A client's request to the server. */
export interface ClientCall {
  method: string;
  /** The client's session; null: none. */
  session: Session | null;
  /** Whether the server can take the call as a task, which belongs to the session. */
  canBeginTask: boolean;
  /** Tool or prompt name, URI, or task id; null: none. */
  target: string | null;
  /** The params (JSON text) with the bridge's progress token; null: none. */
  toParams(progressToken: number): string | null;
  /** The call's time limit without a response or progress, in ms; null: the limit of the settings. */
  timeoutMs: number | null;
  /** Aborting it cancels the call. */
  abort: AbortController;
  /** Returns whether the client has asked for progress: only then does it extend the call. */
  onProgress(params: Params): boolean;
  onLog(params: Params): void;
  /** Receives the status of the call's task: a notification, as JSON text. */
  onTaskStatus(text: string): void;
  /** Sends a server request to the client; aborting the signal cancels it. Null: the client does not support it. */
  sendServerRequest(request: InputRequest, signal: AbortSignal): Promise<RpcResponse> | null;
}

interface RunningCall {
  client: ClientCall;
  turn: AcquiredLock;
  timer: NodeJS.Timeout;
  openRequests: number;
  /** Aborted when the call has ended: its open server requests are cancelled. */
  ended: AbortController;
}

/** How long a server request waits for other calls to end when several calls can be its origin. */
const ORIGIN_WAIT_MS = 5_000;

/** Schedules the calls to the server, limits their time, and routes server requests to the client of their call. */
export class Calls {
  readonly #connection: Connection;
  readonly #lock: CallLock;
  readonly #timeoutMs: number;
  readonly #running = new Set<RunningCall>();
  /** Calls that wait for their client's response; others can use the server meanwhile. */
  readonly #suspended = new Set<RunningCall>();
  /** Methods and targets that have caused server requests. They run alone, so that the origin of a request is certain. */
  readonly #runAlone = new Set<string>();
  /** Server requests at clients, by the JSON text of their id. */
  readonly #openRequests = new Map<string, AbortController>();
  readonly #changes = new ChangeSignal();

  constructor(connection: Connection, limits: { maxInFlight: number; timeoutMs: number }) {
    this.#connection = connection;
    this.#lock = new CallLock(limits.maxInFlight);
    this.#timeoutMs = limits.timeoutMs;
  }

  get count(): number {
    return this.#running.size + this.#suspended.size;
  }

  /** Runs a call when its turn comes. Its time limit includes the wait. */
  async run(client: ClientCall, isExclusive: boolean): Promise<RequestResult> {
    const timer = startCallTimer(client, this.#timeoutMs);
    const end = startCallEnd(client);
    const { signal } = client.abort;
    const isAlone = isExclusive || this.#runAlone.has(toCallKey(client));
    const turn = await this.#lock.acquire(isAlone, signal);
    if (!turn) {
      clearTimeout(timer);
      clearTimeout(end);
      return { kind: "failed", failure: signal.aborted ? toFailure(signal) : "busy" };
    }
    const call: RunningCall = {
      client,
      turn,
      timer,
      openRequests: 0,
      ended: new AbortController(),
    };
    this.#running.add(call);
    const onProgress = (params: Params) => {
      if (client.onProgress(params)) call.timer.refresh();
    };
    const result = await this.#connection.request(
      client.method,
      (progressToken) => client.toParams(progressToken),
      { onProgress, signal },
    );
    clearTimeout(call.timer);
    clearTimeout(end);
    this.#running.delete(call);
    this.#suspended.delete(call);
    call.turn.release();
    this.#changes.notify();
    call.ended.abort();
    return result;
  }

  /** Forwards a log message if only one call runs; with several, its call cannot be determined and it is dropped. */
  forwardLog(params: Params): void {
    const [call] = this.#running;
    if (this.#running.size === 1) call?.client.onLog(params);
  }

  /** Sends a server request to the client of its call and returns the response. `id`: JSON text of the server's id. */
  async forwardServerRequest(id: string, request: InputRequest): Promise<RpcResponse> {
    const resumeLock = this.#lock.pause();
    const call = await this.#findOrigin();
    const cancel = new AbortController();
    const sent = call && this.#sendToClient(request, call, cancel.signal);
    if (!sent) {
      resumeLock();
      return refuseServerRequest(request);
    }
    this.#openRequests.set(id, cancel);
    call.openRequests++;
    const suspend = setTimeout(() => {
      this.#suspend(call);
      resumeLock();
    }, SERVER_REQUEST_GATHER_MS);
    const response = await sent;
    clearTimeout(suspend);
    resumeLock();
    this.#openRequests.delete(id);
    call.openRequests--;
    await this.#resume(call);
    return response;
  }

  #sendToClient(
    request: InputRequest,
    call: RunningCall,
    cancelled: AbortSignal,
  ): Promise<RpcResponse> | null {
    this.#runAlone.add(toCallKey(call.client));
    const timeout = AbortSignal.timeout(SERVER_REQUEST_TIMEOUT_MS);
    const signal = AbortSignal.any([cancelled, call.ended.signal, timeout]);
    const sent = call.client.sendServerRequest(request, signal);
    return sent && Promise.race([sent, waitForAbort(signal)]);
  }

  /** Cancels a server request at its client; `id`: JSON text of the server's id. */
  cancelServerRequest(id: string): void {
    this.#openRequests.get(id)?.abort();
  }

  /**
   * Finds the call that a server request belongs to; before 2026-07-28 the protocol does not say. If one call runs, it is
   * that call. If several run, this waits until the others end. A suspended call is assumed to send no more requests,
   * except within the gathering time. Null: the call cannot be determined.
   */
  async #findOrigin(): Promise<RunningCall | null> {
    const deadline = Date.now() + ORIGIN_WAIT_MS;
    while (this.#running.size > 1 && Date.now() < deadline) await this.#changes.wait(deadline);
    const candidates = this.#running.size > 0 ? this.#running : this.#suspended;
    const [call] = candidates;
    if (candidates.size === 1) return call ?? null;
    // Each of them can be the origin: the next time they run alone.
    for (const { client } of candidates) this.#runAlone.add(toCallKey(client));
    return null;
  }

  /** Lets other calls use the server while this one waits for its client. */
  #suspend(call: RunningCall): void {
    if (!this.#running.delete(call)) return;
    clearTimeout(call.timer);
    this.#suspended.add(call);
    call.turn.release();
    this.#changes.notify();
  }

  async #resume(call: RunningCall): Promise<void> {
    if (call.openRequests > 0 || !this.#suspended.has(call)) return;
    const turn = await this.#lock.acquire(true, call.ended.signal);
    if (!turn) return;
    // While it waited for its turn, the call can have ended or caused another server request.
    if (call.openRequests > 0 || !this.#suspended.delete(call)) return turn.release();
    call.turn = turn;
    call.timer = startCallTimer(call.client, this.#timeoutMs);
    this.#running.add(call);
  }
}

/** Cancels a call when its own time limit, or else this one, has passed. */
export function startCallTimer(
  { abort, timeoutMs }: ClientCall,
  generalMs: number,
): NodeJS.Timeout {
  return setTimeout(() => abort.abort(new AbortReason("timeout")), timeoutMs ?? generalMs);
}

/** Cancels a call at its latest end, which nothing moves. */
export function startCallEnd({ abort }: ClientCall): NodeJS.Timeout {
  return setTimeout(() => abort.abort(new AbortReason("timeout")), MAX_CALL_MS);
}

function toCallKey({ method, target }: ClientCall): string {
  return `${method} ${target ?? ""}`;
}

function toFailure(signal: AbortSignal): "timeout" | "cancelled" {
  const reason: unknown = signal.reason;
  return reason instanceof AbortReason && reason.failure === "timeout" ? "timeout" : "cancelled";
}

/** Resolves with an error response when the signal is aborted. */
function waitForAbort(signal: AbortSignal): Promise<RpcResponse> {
  const message = "The client did not respond";
  const response = toRpcError(ERROR.methodNotFound, message);
  return new Promise((resolve) => {
    if (signal.aborted) resolve(response);
    else signal.addEventListener("abort", () => resolve(response), { once: true });
  });
}

/** The response to a server request that the client does not support. */
export function refuseServerRequest({ method }: InputRequest): RpcResponse {
  // A client without roots gets an empty list: some servers request it without a look at the capabilities.
  if (method === "roots/list") return { kind: "result", json: '{"roots":[]}' };
  return toRpcError(UNSUPPORTED_REQUEST.code, UNSUPPORTED_REQUEST.message);
}
