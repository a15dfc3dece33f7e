import { acceptsServerRequests } from "../../mcp/client-capabilities.ts";
import { openSessionStream, type UpstreamEvents } from "../../upstream/upstream-events.ts";
import type { Call } from "./call.ts";
import { relaySessionEvents, type SendToClient } from "./relay-events.ts";

/** Delay before a stream that another call has open is requested again. */
const CONFLICT_RETRY_MS = 200;

/**
 * The upstream session's own stream (GET), open beside a call: some servers send their requests on it instead of on the
 * call's stream. It is opened only where exactly one client uses the session, so that a server request is unambiguous.
 */
export class SessionStream {
  readonly #call: Call;
  readonly #firstMessage: Promise<string>;
  #onFirstMessage: (data: string) => void = () => undefined;
  #events: UpstreamEvents | null = null;
  #isClosed = false;

  constructor(call: Call) {
    this.#call = call;
    this.#firstMessage = new Promise((resolve) => (this.#onFirstMessage = resolve));
  }

  /** Whether the call's server can send requests to this client on the session's stream. */
  static isNeeded({ message, context, route: { endpoint } }: Call): boolean {
    const hasOwnSession =
      message.era === "legacy" &&
      context.session !== null &&
      acceptsServerRequests(message.clientCapabilities);
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
    else void events.next().then((next) => "data" in next && this.#onFirstMessage(next.data));
    return null;
  }

  /** Relays the server's messages until the stream ends. */
  async relay(sendToClient: SendToClient): Promise<void> {
    const first = await this.#firstMessage;
    if (this.#events) await relaySessionEvents(this.#call, first, this.#events, sendToClient);
  }

  close(): void {
    this.#isClosed = true;
    this.#events?.cancel();
  }
}
