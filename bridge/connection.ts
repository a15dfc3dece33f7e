import { randomInt } from "node:crypto";
import {
  formatCancelled,
  formatNotification,
  formatRequest,
  formatResponse,
} from "../workers/mcp/json-rpc.ts";
import { ERROR } from "../workers/mcp/protocol.ts";
import type { Line } from "./lines.ts";
import {
  parseGluedResponse,
  parseServerMessage,
  toOneLine,
  type Params,
  type RpcResponse,
  type ServerMessage,
  type ServerResponse,
} from "./message.ts";

/** How a request to the server ended: with its response, or with a failure. */
export type RequestResult = RpcResponse | { kind: "failed"; failure: Failure };
/** Why a request has no response. `refused`: the server does not read its input. `busy`: too many calls wait. */
export type Failure = "timeout" | "ended" | "cancelled" | "too_large" | "refused" | "busy";

/** Callbacks of a request in flight. */
export interface RequestOptions {
  /** Receives progress with the bridge's token; the client's token is to replace it. */
  onProgress(params: Params): void;
  /** Aborting sends a cancellation. The failure is `cancelled`, or that of an `AbortReason`. */
  signal: AbortSignal;
}

interface PendingRequest extends RequestOptions {
  settle(result: RequestResult): void;
}

/** The reason of an abort, when it is not a cancellation by the client. */
export class AbortReason extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure);
    this.failure = failure;
  }
}

/** The first id is random, so that a JSON-RPC message which the server logs to its output answers no call by chance. */
const FIRST_ID = { min: 100_000_000, max: 1_000_000_000 };
/** Errors of a server that could not read a request, not even its id (JSON-RPC 2.0, section 5). */
const UNREAD_REQUEST_CODES: readonly number[] = [ERROR.parse, ERROR.invalidRequest];

/**
 * The JSON-RPC connection to one stdio server. Ids and progress tokens are the bridge's own, so that those of two clients
 * cannot collide. Lines that are not messages are skipped.
 */
export class Connection {
  readonly #sendLine: (line: string) => boolean;
  readonly #onMessage: (message: Exclude<ServerMessage, { kind: "response" }>) => void;
  readonly #pending = new Map<number, PendingRequest>();
  readonly #messageListeners = new Set<() => void>();
  #lastId = randomInt(FIRST_ID.min, FIRST_ID.max);
  #hasEnded = false;
  /** Number of lines that were not messages. */
  skippedLines = 0;

  constructor(
    sendLine: (line: string) => boolean,
    onMessage: (message: Exclude<ServerMessage, { kind: "response" }>) => void,
  ) {
    this.#sendLine = sendLine;
    this.#onMessage = onMessage;
  }

  /** Number of requests in flight. */
  get requestCount(): number {
    return this.#pending.size;
  }

  /** Sends a request; `toParams` makes its params (JSON text) for the progress token, which equals the id. */
  request(
    method: string,
    toParams: (progressToken: number) => string | null,
    options: RequestOptions,
  ): Promise<RequestResult> {
    const id = ++this.#lastId;
    if (this.#hasEnded) return Promise.resolve({ kind: "failed", failure: "ended" });
    if (options.signal.aborted) return Promise.resolve(toAborted(options.signal));
    const text = formatRequest(String(id), method, toParams(id));
    return new Promise((resolve) => {
      const cancel = () => {
        settle(toAborted(options.signal));
        this.#send(formatCancelled(String(id)));
      };
      const settle = (result: RequestResult) => {
        this.#pending.delete(id);
        options.signal.removeEventListener("abort", cancel);
        resolve(result);
      };
      if (!this.#send(text)) return settle({ kind: "failed", failure: "refused" });
      this.#pending.set(id, { ...options, settle });
      options.signal.addEventListener("abort", cancel, { once: true });
    });
  }

  /** Sends a notification; `params` is JSON text. */
  notify(method: string, params: string | null): void {
    this.#send(formatNotification(method, params));
  }

  /** Responds to a server request; `id` is JSON text. */
  respond(id: string, { kind, json }: RpcResponse): void {
    this.#send(formatResponse(id, kind, json));
  }

  /** Writes one message; false: the server does not read its input. */
  #send(text: string): boolean {
    return this.#sendLine(toOneLine(text));
  }

  /** Handles one line of the server's output. */
  receive(line: Line): void {
    if (line.kind === "too_long") return this.#failTooLong(line.head, line.tail);
    const message = parseServerMessage(line.text) ?? this.#findGluedResponse(line.text);
    if (!message) {
      this.skippedLines++;
      return;
    }
    this.#notifyMessage();
    if (message.kind === "response") this.#settle(message);
    else if (message.kind === "notification" && message.method === "notifications/progress") {
      this.#onProgress(message.params);
    } else this.#onMessage(message);
  }

  /** Resolves with true at the server's next message, with false when the signal is aborted before. */
  waitForMessage(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (hasMessage: boolean) => {
        this.#messageListeners.delete(onMessage);
        resolve(hasMessage);
      };
      const onMessage = () => finish(true);
      this.#messageListeners.add(onMessage);
      signal.addEventListener("abort", () => finish(false), { once: true });
    });
  }

  /** The server has ended: all pending requests fail. */
  end(): void {
    this.#hasEnded = true;
    for (const request of this.#pending.values()) {
      request.settle({ kind: "failed", failure: "ended" });
    }
  }

  /** A new process of the server replaces the one that has ended. */
  restart(): void {
    this.#hasEnded = false;
  }

  #notifyMessage(): void {
    for (const listener of this.#messageListeners) listener();
  }

  #findGluedResponse(line: string): ServerResponse | null {
    const message = parseGluedResponse(line);
    return message && this.#pending.has(message.id ?? 0) ? message : null;
  }

  /** A response without an id answers the only request in flight; with several, its request cannot be determined. */
  #settle({ id, response }: ServerResponse): void {
    if (id !== null) return this.#pending.get(id)?.settle(response);
    const [request] = this.#pending.values();
    const isUnread = response.kind === "error" && UNREAD_REQUEST_CODES.includes(response.code);
    if (this.#pending.size === 1 && isUnread) request?.settle(response);
  }

  /** Fails the request of an oversized response. Its id is found when it is the first or the last member. */
  #failTooLong(head: string, tail: string): void {
    this.#notifyMessage();
    this.skippedLines++;
    const id =
      /\{"jsonrpc":"2\.0","id":"?(\d+)"?,"(?:result|error)"/.exec(head)?.[1] ??
      /,"id":"?(\d+)"?\s*\}$/.exec(tail)?.[1];
    this.#pending.get(Number(id ?? 0))?.settle({ kind: "failed", failure: "too_large" });
  }

  #onProgress(params: Params | null): void {
    if (params) this.#pending.get(Number(params.values["progressToken"]))?.onProgress(params);
  }
}

function toAborted(signal: AbortSignal): RequestResult {
  const reason: unknown = signal.reason;
  return { kind: "failed", failure: reason instanceof AbortReason ? reason.failure : "cancelled" };
}
