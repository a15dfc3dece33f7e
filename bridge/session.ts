import { randomUUID } from "node:crypto";
import type { ClientCapabilities } from "../workers/contract/rpc/admission.ts";
import { supportsServerRequest } from "../workers/mcp/client-capabilities.ts";
import { formatCancelled, formatRequest } from "../workers/mcp/json-rpc.ts";
import { scanJson, findMemberText } from "../workers/mcp/json-scan.ts";
import { isObject, parseJson } from "../workers/mcp/json.ts";
import type { InputRequest } from "../workers/mcp/translate/elicitation.ts";
import { MAX_SESSIONS, MESSAGE_LIMITS } from "./limits.ts";
import { parseRpcResponse, type RpcResponse } from "./message.ts";
import type { Reply } from "./reply.ts";

/** The MCP session of a legacy client with the bridge. */
export class Session {
  readonly id = randomUUID();
  readonly #capabilities: ClientCapabilities;
  /** Calls in flight by the JSON text of their id; aborting one cancels it. */
  readonly calls = new Map<string, AbortController>();
  /** URIs of subscribed resources. */
  readonly subscriptions = new Set<string>();
  /** Set by `logging/setLevel`; null: all messages are sent. */
  logLevel: string | null = null;
  /** The session's open `GET` streams. */
  readonly streams = new Set<Reply>();
  /** Aborted when the session ends. */
  readonly end = new AbortController();
  /** Server requests at the client, by the JSON text of their id. */
  readonly #openRequests = new Map<string, (response: RpcResponse) => void>();

  constructor(capabilities: ClientCapabilities) {
    this.#capabilities = capabilities;
  }

  /** Sends a server request on the stream of its call; see `ClientCall.sendServerRequest`. */
  sendServerRequest(
    reply: Reply,
    { method, params }: InputRequest,
    signal: AbortSignal,
  ): Promise<RpcResponse> | null {
    const isSupported = supportsServerRequest(
      this.#capabilities,
      method,
      parseJson(params ?? "null"),
    );
    if (!isSupported || !reply.canStream || !reply.isOpen) return null;
    const id = JSON.stringify(`server-request-${randomUUID()}`);
    reply.sendMessage(formatRequest(id, method, params));
    return new Promise((resolve) => {
      this.#openRequests.set(id, resolve);
      const cancel = () => {
        if (this.#openRequests.delete(id)) reply.sendMessage(formatCancelled(id));
      };
      signal.addEventListener("abort", cancel, { once: true });
    });
  }

  /** Sends a notification on one of the session's own streams; without one it is dropped. */
  notify(text: string): void {
    const [stream] = this.streams;
    stream?.sendMessage(text);
  }

  /** Handles a posted message that is not a request: a response to a server request, or a cancellation. */
  receive(text: string): void {
    const value = parseJson(text);
    const scan = scanJson(text, MESSAGE_LIMITS);
    if (!isObject(value) || !scan.ok || !scan.root) return;
    if (value["method"] === "notifications/cancelled" && isObject(value["params"])) {
      this.calls.get(JSON.stringify(value["params"]["requestId"]))?.abort();
    }
    if ("method" in value) return;
    const id = findMemberText(text, scan.root, "id") ?? "";
    const response = parseRpcResponse(text, scan.root, value);
    const resolve = response && this.#openRequests.get(id);
    if (!resolve) return;
    this.#openRequests.delete(id);
    resolve(response);
  }
}

/**
 * The sessions by their ids. Beyond the limit, the least recently used one is closed, if possible one that is not in use.
 */
export class Sessions {
  readonly #sessions = new Map<string, Session>();
  readonly #isInUse: (session: Session) => boolean;
  readonly #onEnd: (session: Session) => void;

  constructor(isInUse: (session: Session) => boolean, onEnd: (session: Session) => void) {
    this.#isInUse = isInUse;
    this.#onEnd = onEnd;
  }

  open(capabilities: ClientCapabilities): Session {
    const session = new Session(capabilities);
    this.#sessions.set(session.id, session);
    if (this.#sessions.size > MAX_SESSIONS) this.#closeOldest();
    return session;
  }

  find(id: string): Session | undefined {
    const session = this.#sessions.get(id);
    if (session) {
      // A map keeps the order of insertion: its first entry is the least recently used one.
      this.#sessions.delete(id);
      this.#sessions.set(id, session);
    }
    return session;
  }

  #closeOldest(): void {
    const all = [...this.#sessions.values()];
    const oldest = all.find((session) => !this.#isInUse(session)) ?? all[0];
    if (oldest) this.close(oldest.id);
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
