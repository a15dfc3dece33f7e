import { CutShort, type Connection, type Outcome } from "./connection.ts";
import { Gate, type Turn } from "./gate.ts";
import { QUESTION_TIMEOUT_MS, QUESTIONS_TOGETHER_MS } from "./limits.ts";
import type { Answer, Params } from "./message.ts";

/** What a server may ask the client of a call. */
export type QuestionMethod = "elicitation/create" | "sampling/createMessage" | "roots/list";

export interface Question {
  method: QuestionMethod;
  /** The parameters' JSON text. */
  params: string | null;
}

/** One request of a client, on its way to the server. */
export interface ClientCall {
  method: string;
  /** What it is about: a tool, a prompt, a URI. */
  target: string | null;
  /** The text of its parameters, for the progress token that the server is to use. */
  params(token: number): string | null;
  /** Aborting cancels the call. */
  end: AbortController;
  onProgress(params: Params): void;
  onLog(params: Params): void;
  /** Puts a question to the client. Null: this client cannot be asked that. The signal ends the wait for it. */
  ask(question: Question, signal: AbortSignal): Promise<Answer> | null;
}

interface RunningCall {
  client: ClientCall;
  turn: Turn;
  timer: NodeJS.Timeout;
  openQuestions: number;
  /** Aborted when the call is over: what it asked needs no answer any more. */
  over: AbortController;
}

/** How long a question waits for the other calls to end when several could have asked it. */
const ASKER_WAIT_MS = 5_000;

/** The calls at the server: whose turn it is, how long they may take, and who is asked what the server wants to know. */
export class Calls {
  readonly #connection: Connection;
  readonly #gate: Gate;
  readonly #timeoutMs: number;
  readonly #running = new Set<RunningCall>();
  /** Calls that wait for an answer of their client; the server may be used meanwhile. */
  readonly #asking = new Set<RunningCall>();
  /** What has asked before: it runs alone, so that its next question can be told to be its own. */
  readonly #knownAskers = new Set<string>();
  readonly #questions = new Map<string, AbortController>();
  #onChange: (() => void)[] = [];

  constructor(connection: Connection, limits: { maxInFlight: number; timeoutMs: number }) {
    this.#connection = connection;
    this.#gate = new Gate(limits.maxInFlight);
    this.#timeoutMs = limits.timeoutMs;
  }

  get count(): number {
    return this.#running.size + this.#asking.size;
  }

  /** Runs a call when its turn comes; its time counts from now. */
  async run(client: ClientCall, isExclusive: boolean): Promise<Outcome> {
    const timer = this.#startTimer(client);
    const { signal } = client.end;
    const alone = isExclusive || this.#knownAskers.has(askerKey(client));
    const turn = await this.#gate.acquire(alone, signal);
    if (!turn) {
      clearTimeout(timer);
      return { kind: "failed", failure: signal.aborted ? failureOf(signal) : "busy" };
    }
    const call: RunningCall = {
      client,
      turn,
      timer,
      openQuestions: 0,
      over: new AbortController(),
    };
    this.#running.add(call);
    const onProgress = (params: Params) => {
      call.timer.refresh();
      client.onProgress(params);
    };
    const outcome = await this.#connection.request(client.method, (id) => client.params(id), {
      onProgress,
      signal,
    });
    clearTimeout(call.timer);
    this.#running.delete(call);
    this.#asking.delete(call);
    call.turn.release();
    this.#changed();
    call.over.abort();
    return outcome;
  }

  /** A log message belongs to the only call there is; with several, to nobody that could be told. */
  log(params: Params): void {
    const [call] = this.#running;
    if (this.#running.size === 1) call?.client.onLog(params);
  }

  /** Puts a question of the server to the client whose call made it ask. `id` is the JSON text of the question's id. */
  async answer(id: string, question: Question): Promise<Answer> {
    const letIn = this.#gate.hold();
    const call = await this.#findAsker();
    const cancel = new AbortController();
    const asked = call && this.#put(question, call, cancel.signal);
    if (!asked) {
      letIn();
      return cannotAsk(question);
    }
    this.#questions.set(id, cancel);
    call.openQuestions++;
    const suspend = setTimeout(() => {
      this.#suspend(call);
      letIn();
    }, QUESTIONS_TOGETHER_MS);
    const answer = await asked;
    clearTimeout(suspend);
    letIn();
    this.#questions.delete(id);
    call.openQuestions--;
    await this.#resume(call);
    return answer;
  }

  #put(question: Question, call: RunningCall, cancelled: AbortSignal): Promise<Answer> | null {
    this.#knownAskers.add(askerKey(call.client));
    const timeout = AbortSignal.timeout(QUESTION_TIMEOUT_MS);
    const signal = AbortSignal.any([cancelled, call.over.signal, timeout]);
    const asked = call.client.ask(question, signal);
    return asked && Promise.race([asked, unanswered(signal)]);
  }

  /** The server no longer wants to know. */
  withdraw(id: string): void {
    this.#questions.get(id)?.abort();
  }

  /**
   * The protocol before 2026-07-28 does not say which call a question belongs to. With one call at the server it is that
   * call's; with several, it waits until those that do not wait for an answer are done. A call whose question is open is
   * taken to ask nothing more, but for what it asks in the same moment. Null: it cannot be told.
   */
  async #findAsker(): Promise<RunningCall | null> {
    const deadline = Date.now() + ASKER_WAIT_MS;
    while (this.#running.size > 1 && Date.now() < deadline) await this.#nextChange(deadline);
    const candidates = this.#running.size > 0 ? this.#running : this.#asking;
    const [call] = candidates;
    if (candidates.size === 1) return call ?? null;
    // Each of them may have asked: the next time they run alone.
    for (const { client } of candidates) this.#knownAskers.add(askerKey(client));
    return null;
  }

  /** While a person thinks, others may use the server. */
  #suspend(call: RunningCall): void {
    if (!this.#running.delete(call)) return;
    clearTimeout(call.timer);
    this.#asking.add(call);
    call.turn.release();
    this.#changed();
  }

  async #resume(call: RunningCall): Promise<void> {
    if (call.openQuestions > 0 || !this.#asking.has(call)) return;
    const turn = await this.#gate.acquire(true, call.over.signal);
    if (!turn) return;
    // The call may have ended, or asked again, while it waited for its turn.
    if (call.openQuestions > 0 || !this.#asking.delete(call)) return turn.release();
    call.turn = turn;
    call.timer = this.#startTimer(call.client);
    this.#running.add(call);
  }

  #startTimer({ end }: ClientCall): NodeJS.Timeout {
    return setTimeout(() => end.abort(new CutShort("timeout")), this.#timeoutMs);
  }

  #changed(): void {
    const listeners = this.#onChange;
    this.#onChange = [];
    for (const listener of listeners) listener();
  }

  #nextChange(deadline: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, deadline - Date.now());
      this.#onChange.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

function askerKey({ method, target }: ClientCall): string {
  return `${method} ${target ?? ""}`;
}

function failureOf(signal: AbortSignal): "timeout" | "cancelled" {
  const reason: unknown = signal.reason;
  return reason instanceof CutShort && reason.failure === "timeout" ? "timeout" : "cancelled";
}

function unanswered(signal: AbortSignal): Promise<Answer> {
  const answer: Answer = refusal("The client did not answer");
  return new Promise((resolve) => {
    if (signal.aborted) resolve(answer);
    else signal.addEventListener("abort", () => resolve(answer), { once: true });
  });
}

function cannotAsk({ method }: Question): Answer {
  // A client without roots is like one that has none: servers ask for them unprompted.
  if (method === "roots/list") return { kind: "result", json: '{"roots":[]}' };
  return refusal(`The client of this call cannot be asked (${method})`);
}

function refusal(message: string): Answer {
  return { kind: "error", code: -32601, json: JSON.stringify({ code: -32601, message }) };
}
