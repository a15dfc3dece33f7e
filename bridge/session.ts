import { randomUUID } from "node:crypto";
import { scanJson, textOf } from "../workers/mcp/json-scan.ts";
import { isObject } from "../workers/mcp/json.ts";
import type { Question } from "./calls.ts";
import { MAX_SESSIONS, MESSAGE_LIMITS } from "./limits.ts";
import { parseAnswer, parseJson, type Answer } from "./message.ts";
import type { Reply } from "./reply.ts";
import { notificationText } from "./rpc-text.ts";

/** What the bridge remembers of a legacy client. */
export class Session {
  readonly id = randomUUID();
  /** What the client can be asked: `elicitation`, `sampling`, `roots`. */
  readonly #capabilities: Record<string, unknown>;
  /** Calls in flight by the JSON text of their id; aborting one cancels it. */
  readonly calls = new Map<string, AbortController>();
  /** Resources whose updates it wants. */
  readonly subscriptions = new Set<string>();
  logLevel: string | null = null;
  /** Aborted when the session ends. */
  readonly end = new AbortController();
  readonly #questions = new Map<string, (answer: Answer) => void>();

  constructor(capabilities: Record<string, unknown>) {
    this.#capabilities = capabilities;
  }

  /** Sends a question on the stream of the call that made the server ask. Null: this client cannot be asked. */
  ask(reply: Reply, question: Question, signal: AbortSignal): Promise<Answer> | null {
    const [capability = ""] = question.method.split("/");
    if (!isObject(this.#capabilities[capability]) || !reply.canStream || !reply.isOpen) return null;
    const id = JSON.stringify(`question-${randomUUID()}`);
    const params = question.params === null ? "" : `,"params":${question.params}`;
    reply.message(`{"jsonrpc":"2.0","id":${id},"method":"${question.method}"${params}}`);
    return new Promise((resolve) => {
      this.#questions.set(id, resolve);
      const forget = () => {
        // Not answered: the client need not go on asking its user.
        if (!this.#questions.delete(id)) return;
        reply.message(notificationText("notifications/cancelled", `{"requestId":${id}}`));
      };
      signal.addEventListener("abort", forget, { once: true });
    });
  }

  /** Takes a posted message that is no request: an answer to a question, or a cancellation. */
  receive(text: string): void {
    const value = parseJson(text);
    const scan = scanJson(text, MESSAGE_LIMITS);
    if (!isObject(value) || !scan.ok || !scan.root) return;
    if (value["method"] === "notifications/cancelled" && isObject(value["params"])) {
      this.calls.get(JSON.stringify(value["params"]["requestId"]))?.abort();
    }
    if ("method" in value) return;
    const id = textOf(text, scan.root, "id") ?? "";
    const answer = parseAnswer(text, scan.root, value);
    const resolve = answer && this.#questions.get(id);
    if (!resolve) return;
    this.#questions.delete(id);
    resolve(answer);
  }
}

/** The sessions by their ids; the one unused the longest makes room for a new one. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();
  readonly #onEnd: (session: Session) => void;

  constructor(onEnd: (session: Session) => void) {
    this.#onEnd = onEnd;
  }

  open(capabilities: Record<string, unknown>): Session {
    const session = new Session(capabilities);
    this.#sessions.set(session.id, session);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > MAX_SESSIONS && oldest !== undefined) this.close(oldest);
    return session;
  }

  find(id: string): Session | undefined {
    const session = this.#sessions.get(id);
    if (session) {
      // A map keeps the order of insertion: the front is what was unused the longest.
      this.#sessions.delete(id);
      this.#sessions.set(id, session);
    }
    return session;
  }

  close(id: string): void {
    const session = this.#sessions.get(id);
    if (!session) return;
    this.#sessions.delete(id);
    session.end.abort();
    for (const call of session.calls.values()) call.abort();
    this.#onEnd(session);
  }
}
