import { acceptsServerRequests } from "../../mcp/client-capabilities.ts";
import {
  openSessionStream,
  STREAM_ENDED,
  type NextMessage,
  type UpstreamEvents,
} from "../../upstream/upstream-events.ts";
import { canBeSuspended, mustBeHeld } from "../elicitation/suspended-calls.ts";
import type { Call } from "./call.ts";
import { relaySessionEvents, type SendToClient } from "./relay-events.ts";

/** Delay before a stream that another call has open is requested again. */
const CONFLICT_RETRY_MS = 200;

/**
 * The upstream session's own stream (GET), open beside a call: some servers send their requests on it instead of on the
 * call's stream. A legacy client has the session for itself, so that a server request is unambiguous; a modern client
 * shares it, and `suspendCall` decides whether a request is the call's.
 */
export class SessionStream {
  readonly #call: Call;
  readonly #firstMessage: Promise<void>;
  #onFirstMessage: () => void = () => undefined;
  #events: UpstreamEvents | null = null;
  #isClosed = false;

  constructor(call: Call) {
    this.#call = call;
    this.#firstMessage = new Promise((resolve) => (this.#onFirstMessage = resolve));
  }

  /** Whether the call's server can send requests to this client on the session's stream, and no object reads it. */
  static isNeeded(call: Call): boolean {
    const { message, context, route } = call;
    const { endpoint } = route;
    if (message.era === "modern")
      return endpoint.stateful && canBeSuspended(call) && !mustBeHeld(call);
    const hasOwnSession =
      context.session !== null && acceptsServerRequests(message.clientCapabilities);
    return hasOwnSession && endpoint.era === "legacy" && endpoint.stateful;
  }

  /** Resolves when the first message has arrived; never, if none does. */
  get firstMessageArrived(): Promise<"session_message"> {
    return this.#firstMessage.then(() => "session_message");
  }

  /**
   * Opens the stream of the call's session. Returns when the server has opened or refused it. A server without such a
   * stream is not requested again for ten minutes.
   */
  async open(): Promise<void> {
    // A server has one stream per session: another call of this client has it until that call ends.
    if ((await this.#tryOpen()) === 409) void this.#retryOpen();
  }

  async #retryOpen(): Promise<void> {
    do {
      await scheduler.wait(CONFLICT_RETRY_MS);
      if (this.#isClosed) return;
    } while ((await this.#tryOpen()) === 409);
  }

  /** The HTTP status of a refusal. Null: the stream is open, or there is no session or no response. */
  async #tryOpen(): Promise<number | null> {
    const { route, sessionId, upstreamOptions } = this.#call;
    if (sessionId === null) return null;
    const opened = await openSessionStream(route.endpoint, sessionId, upstreamOptions);
    if ("status" in opened) return opened.status;
    this.#events?.cancel();
    const { events } = opened;
    this.#events = events;
    if (this.#isClosed) events.cancel();
    else void events.peek().then((next) => "data" in next && this.#onFirstMessage());
    return null;
  }

  /** The next message. Never throws. */
  async next(): Promise<NextMessage> {
    await this.#firstMessage;
    return this.#events?.next() ?? STREAM_ENDED;
  }

  /** Relays the server's messages until the stream ends. */
  relay(sendToClient: SendToClient): Promise<void> {
    return relaySessionEvents(this.#call, this, sendToClient);
  }

  close(): void {
    this.#isClosed = true;
    this.#events?.cancel();
  }
}
