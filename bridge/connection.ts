import type { Line } from "./lines.ts";
import {
  onOneLine,
  parseServerMessage,
  type Answer,
  type Params,
  type ServerMessage,
} from "./message.ts";

/** How a request to the server ended. */
export type Outcome = Answer | { kind: "failed"; failure: Failure };
/** `refused`: the server does not read its input. `busy`: too many calls wait. */
export type Failure = "timeout" | "ended" | "cancelled" | "too_large" | "refused" | "busy";

/** What a request needs to know while it is on its way. */
export interface Pending {
  /** Progress, with the bridge's token in the place of the client's. */
  onProgress(params: Params): void;
  /** Aborted: the server is told, and the outcome is `cancelled` or what the reason says. */
  signal: AbortSignal;
}

interface Waiting extends Pending {
  settle(outcome: Outcome): void;
}

/** Why a call is cut short, as the reason of an abort. */
export class CutShort extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure);
    this.failure = failure;
  }
}

/**
 * JSON-RPC with one stdio server, for many clients: ids and progress tokens are the bridge's own, so that two clients'
 * cannot meet. What is not a message is skipped.
 */
export class Connection {
  readonly #send: (line: string) => boolean;
  readonly #onMessage: (message: Exclude<ServerMessage, { kind: "response" }>) => void;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #hasEnded = false;
  /** Lines that were no messages. */
  skippedLines = 0;

  constructor(
    send: (line: string) => boolean,
    onMessage: (message: Exclude<ServerMessage, { kind: "response" }>) => void,
  ) {
    this.#send = send;
    this.#onMessage = onMessage;
  }

  /** Sends a request; `params` makes the text of its parameters for the id, which is the progress token as well. */
  request(
    method: string,
    params: (id: number) => string | null,
    pending: Pending,
  ): Promise<Outcome> {
    const id = ++this.#lastId;
    if (this.#hasEnded) return Promise.resolve({ kind: "failed", failure: "ended" });
    if (pending.signal.aborted) return Promise.resolve(cutShort(pending.signal));
    const line = messageText(String(id), method, params(id));
    return new Promise((resolve) => {
      const cancel = () => {
        settle(cutShort(pending.signal));
        this.notify("notifications/cancelled", `{"requestId":${id}}`);
      };
      const settle = (outcome: Outcome) => {
        this.#waiting.delete(id);
        pending.signal.removeEventListener("abort", cancel);
        resolve(outcome);
      };
      if (!this.#send(line)) return settle({ kind: "failed", failure: "refused" });
      this.#waiting.set(id, { ...pending, settle });
      pending.signal.addEventListener("abort", cancel, { once: true });
    });
  }

  notify(method: string, params: string | null): void {
    this.#send(messageText(null, method, params));
  }

  /** Answers a request of the server; `id` is its id's JSON text. */
  reply(id: string, answer: Answer): void {
    this.#send(`{"jsonrpc":"2.0","id":${id},"${answer.kind}":${onOneLine(answer.json)}}`);
  }

  /** Takes one line of the server's output. */
  receive(line: Line): void {
    if (line.kind === "too_long") return this.#refuseTooLong(line.head, line.tail);
    const message = parseServerMessage(line.text);
    if (!message) this.skippedLines++;
    else if (message.kind === "response") this.#waiting.get(message.id)?.settle(message.answer);
    else if (message.kind === "notification" && message.method === "notifications/progress") {
      this.#relayProgress(message.params);
    } else this.#onMessage(message);
  }

  /** The server is gone: whoever waits for it is told. */
  end(): void {
    this.#hasEnded = true;
    for (const waiting of this.#waiting.values()) {
      waiting.settle({ kind: "failed", failure: "ended" });
    }
  }

  /** A response can often be told by its ends: the id stands first or last. */
  #refuseTooLong(head: string, tail: string): void {
    this.skippedLines++;
    const id =
      /^\{"jsonrpc":"2\.0","id":(\d+),"(?:result|error)"/.exec(head)?.[1] ??
      /,"id":(\d+)\s*\}$/.exec(tail)?.[1];
    this.#waiting.get(Number(id ?? 0))?.settle({ kind: "failed", failure: "too_large" });
  }

  #relayProgress(params: Params | null): void {
    if (params) this.#waiting.get(Number(params.values["progressToken"]))?.onProgress(params);
  }
}

function cutShort(signal: AbortSignal): Outcome {
  const reason: unknown = signal.reason;
  return { kind: "failed", failure: reason instanceof CutShort ? reason.failure : "cancelled" };
}

function messageText(id: string | null, method: string, params: string | null): string {
  const idMember = id === null ? "" : `"id":${id},`;
  const paramsMember = params === null ? "" : `,"params":${onOneLine(params)}`;
  return `{"jsonrpc":"2.0",${idMember}"method":${JSON.stringify(method)}${paramsMember}}`;
}
