import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { scanJson, textOf } from "../workers/mcp/json-scan.ts";
import { isObject } from "../workers/mcp/json.ts";
import type { McpRequest } from "../workers/mcp/message.ts";
import { META_CLIENT_CAPABILITIES, META_LOG_LEVEL } from "../workers/mcp/protocol.ts";
import type { ClientCall, Question } from "./calls.ts";
import type { Outcome } from "./connection.ts";
import { urgencyOf } from "./hosted-server.ts";
import {
  MAX_HELD_CALLS,
  MESSAGE_LIMITS,
  QUESTION_TIMEOUT_MS,
  QUESTIONS_TOGETHER_MS,
} from "./limits.ts";
import type { Answer, Params } from "./message.ts";
import type { Reply } from "./reply.ts";
import { forwardedParams, notificationText, progressText, progressTokenOf } from "./rpc-text.ts";

/** What the server does next: it asks the client (`inputRequests` as JSON text), or it is done. */
export type Step = { kind: "asks"; inputRequests: string } | { kind: "done"; outcome: Outcome };

interface OpenQuestion {
  question: Question;
  resolve: (answer: Answer) => void;
}

/**
 * A call of the stateless era at a server of the legacy one. Each round of the client is a request of its own; between
 * them the call waits at the server (2026-07-28, basic/patterns/mrtr).
 */
export class Exchange implements ClientCall {
  readonly method: string;
  readonly target: string | null;
  readonly params: (token: number) => string | null;
  readonly end = new AbortController();
  /** The round that is being answered; null: the client was asked and has not come back. */
  #round: { request: McpRequest; reply: Reply } | null = null;
  readonly #questions = new Map<string, OpenQuestion>();
  #questionCount = 0;
  #outcome: Outcome | null = null;
  #wake: () => void = () => undefined;

  constructor(request: McpRequest, run: (call: ClientCall) => Promise<Outcome>) {
    this.method = request.method;
    this.target = request.target;
    this.params = forwardedParams(request);
    void this.#run(run);
  }

  async #run(run: (call: ClientCall) => Promise<Outcome>): Promise<void> {
    this.#outcome = await run(this);
    this.#wake();
  }

  /** Serves one round: streams to its reply until the server asks or is done. Hanging up cancels the call. */
  async next(request: McpRequest, reply: Reply): Promise<Step> {
    this.#round = { request, reply };
    reply.onHangUp(() => {
      if (this.#round?.reply === reply) this.end.abort();
    });
    this.#answer(request);
    while (this.#outcome === null && this.#questions.size === 0) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (this.#outcome === null) await sleep(QUESTIONS_TOGETHER_MS);
    this.#round = null;
    if (this.#outcome) return { kind: "done", outcome: this.#outcome };
    return { kind: "asks", inputRequests: this.#inputRequests() };
  }

  onProgress(params: Params): void {
    const token = this.#round && progressTokenOf(this.#round.request);
    if (token !== null) this.#round?.reply.message(progressText(params, token));
  }

  /** Only who names a level gets log messages. */
  onLog({ values }: Params): void {
    const level = this.#round && metaOf(this.#round.request)[META_LOG_LEVEL];
    if (typeof level !== "string" || urgencyOf(values["level"]) < urgencyOf(level)) return;
    this.#round?.reply.message(notificationText("notifications/message", JSON.stringify(values)));
  }

  ask(question: Question, signal: AbortSignal): Promise<Answer> | null {
    const capabilities = this.#round && metaOf(this.#round.request)[META_CLIENT_CAPABILITIES];
    const [capability = ""] = question.method.split("/");
    if (!isObject(capabilities) || !isObject(capabilities[capability])) return null;
    const key = `question-${++this.#questionCount}`;
    return new Promise((resolve) => {
      this.#questions.set(key, { question, resolve });
      signal.addEventListener("abort", () => this.#questions.delete(key), { once: true });
      this.#wake();
    });
  }

  /** Hands the client's answers to the server; what is still open is asked again. */
  #answer({ text, params }: McpRequest): void {
    const json = textOf(text, params, "inputResponses") ?? "{}";
    const scan = scanJson(json, MESSAGE_LIMITS);
    for (const [key, { resolve }] of this.#questions) {
      const answer = scan.ok ? textOf(json, scan.root, key) : undefined;
      if (!answer?.startsWith("{")) continue;
      this.#questions.delete(key);
      resolve({ kind: "result", json: answer });
    }
  }

  #inputRequests(): string {
    const requests = [...this.#questions].map(([key, { question }]) => {
      const params = question.params === null ? "" : `,"params":${question.params}`;
      return `"${key}":{"method":"${question.method}"${params}}`;
    });
    return `{${requests.join(",")}}`;
  }
}

/** The exchanges whose client was asked, by the state that it must bring back; each state serves once. */
export class HeldExchanges {
  readonly #held = new Map<string, { exchange: Exchange; timer: NodeJS.Timeout }>();

  /** Keeps an exchange until its client comes back; it is cancelled when that takes too long or too many wait. */
  hold(exchange: Exchange): string {
    const state = randomUUID();
    const timer = setTimeout(() => this.#drop(state), QUESTION_TIMEOUT_MS);
    this.#held.set(state, { exchange, timer });
    const [oldest] = this.#held.keys();
    if (this.#held.size > MAX_HELD_CALLS && oldest !== undefined) this.#drop(oldest);
    return state;
  }

  /** The exchange that a request continues; undefined when it expired, or when another call was held. */
  take(state: string, { method, target }: McpRequest): Exchange | undefined {
    const held = this.#held.get(state);
    if (held?.exchange.method !== method || held.exchange.target !== target) return undefined;
    clearTimeout(held.timer);
    this.#held.delete(state);
    return held.exchange;
  }

  #drop(state: string): void {
    const held = this.#held.get(state);
    if (!held) return;
    clearTimeout(held.timer);
    this.#held.delete(state);
    held.exchange.end.abort();
  }
}

/** The request's `_meta`. */
export function metaOf({ values }: McpRequest): Record<string, unknown> {
  return isObject(values["_meta"]) ? values["_meta"] : {};
}
