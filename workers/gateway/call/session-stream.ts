import { acceptsServerRequests } from "../../mcp/client-capabilities.ts";
import { openSessionStream, type UpstreamEvents } from "../../upstream/upstream-events.ts";
import type { Call } from "./call.ts";
import { relaySessionEvents, type SendToClient } from "./relay-events.ts";

/** Wait before a stream that another call has is asked for again. */
const ASK_AGAIN_MS = 200;

/**
 * A server's own stream beside a call: some ask their questions there instead of on the call's. It is listened to only
 * where the session is one client's alone: a question that cannot be told whom it is for is for nobody.
 */
export class SessionStream {
  readonly #call: Call;
  readonly #first: Promise<string>;
  #spoke: (first: string) => void = () => undefined;
  #source: UpstreamEvents | null = null;
  #closed = false;

  constructor(call: Call) {
    this.#call = call;
    this.#first = new Promise((resolve) => (this.#spoke = resolve));
  }

  /** Whether a call of this client to this server has one. */
  static suits({ message, context, route: { endpoint } }: Call): boolean {
    const hasOwnSession =
      message.era === "legacy" &&
      context.session !== null &&
      acceptsServerRequests(message.clientCapabilities);
    return hasOwnSession && endpoint.era === "legacy" && endpoint.stateful;
  }

  /** Resolves when something has come; never, if nothing does. */
  get spoke(): Promise<"spoke"> {
    return this.#first.then(() => "spoke");
  }

  /**
   * Begins to listen, when the call has its session. Returns when the server has opened the stream or refused it. A server
   * that offers no such stream is not asked for a while.
   */
  async open(): Promise<void> {
    // A server has one stream for a session: another call of this client has it until it ends.
    if ((await this.#listen()) === 409) void this.#listenLater();
  }

  async #listenLater(): Promise<void> {
    do {
      await scheduler.wait(ASK_AGAIN_MS);
      if (this.#closed) return;
    } while ((await this.#listen()) === 409);
  }

  /** Null: the stream is open, or not to be asked for; otherwise the status that refused it. */
  async #listen(): Promise<number | null> {
    const { route, sessionId, upstreamOptions } = this.#call;
    if (sessionId === null) return null;
    const opened = await openSessionStream(route.endpoint, sessionId, upstreamOptions);
    if ("status" in opened) return opened.status;
    this.#source?.cancel();
    const source = opened.events;
    this.#source = source;
    if (this.#closed) source.cancel();
    else void source.next().then((next) => "data" in next && this.#spoke(next.data));
    return null;
  }

  /** Passes on what comes until the stream ends. */
  async relay(send: SendToClient): Promise<void> {
    const first = await this.#first;
    if (this.#source) await relaySessionEvents(this.#call, first, this.#source, send);
  }

  close(): void {
    this.#closed = true;
    this.#source?.cancel();
  }
}
