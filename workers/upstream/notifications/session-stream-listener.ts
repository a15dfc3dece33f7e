import { MAX_LOCAL_RESPONSES_PER_MINUTE } from "../../contract/limits.ts";
import type { ListenTargets } from "../../contract/rpc/notification-stream.ts";
import { respondLocally } from "../../mcp/json-rpc.ts";
import type { SseEvent } from "../../mcp/sse.ts";
import { MinuteCount } from "../../runtime/minute-count.ts";
import { postMessage, type Peer } from "../json-rpc.ts";
import {
  closeUpstreamSession,
  openUpstreamSession,
  type UpstreamSession,
} from "../upstream-sessions.ts";
import {
  openEvents,
  readMessages,
  updateResourceSubscriptions,
  type ChangeListener,
  type ListenerContext,
  type OpenedChangeListener,
} from "./listener.ts";

/** Pause between two GET streams of a session, unless the server names one; and the most that it can name. */
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** A stream that ends sooner, without a retry time, is not opened again: the server does not use it. */
const SHORT_MS = 5_000;

/** Listens on the GET stream of a separate session, with one `resources/subscribe` per URI (2025-11-25). */
export async function listenOnSessionStream(
  peer: Peer,
  targets: ListenTargets,
  context: ListenerContext,
): Promise<OpenedChangeListener> {
  // Not ended by a stop: the server would keep a session whose id is not known here.
  const { signal: _, ...options } = context.options;
  const opened = await context.runLimited(() => openUpstreamSession(peer, options));
  if (!opened.ok) return opened;
  const listener = new SessionStreamListener(peer, opened.session, context);
  const error = await listener.connect();
  if (error) {
    await listener.close();
    return { ok: false, error };
  }
  await listener.change(targets);
  return { ok: true, listener };
}

class SessionStreamListener implements ChangeListener {
  readonly ended: Promise<void>;
  readonly #peer: Peer;
  readonly #session: UpstreamSession;
  readonly #context: ListenerContext;
  readonly #subscribed = new Set<string>();
  readonly #localResponses = new MinuteCount(MAX_LOCAL_RESPONSES_PER_MINUTE);
  #end: () => void = () => undefined;
  #events: AsyncGenerator<SseEvent> | null = null;
  #lastEventId: string | null = null;
  #retryMs: number | null = null;
  #closed = false;

  constructor(peer: Peer, session: UpstreamSession, context: ListenerContext) {
    this.#peer = peer;
    this.#session = session;
    this.#context = context;
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  /** Opens the stream and starts to read it; null: it is open, otherwise the error. */
  async connect() {
    const opened = await this.#open();
    if (!opened.ok) return opened.error;
    void this.#read(opened.events).then(this.#end);
    return null;
  }

  async change({ uris }: ListenTargets): Promise<void> {
    // A server without sessions cannot notify a subscriber.
    if (this.#session.sessionId === null) return;
    await updateResourceSubscriptions(this.#subscribed, uris, (text) => this.#post(text));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#events?.return(undefined);
    this.#end();
    await this.#context.runLimited(() =>
      closeUpstreamSession(this.#peer, this.#session, this.#context.options),
    );
  }

  async #open() {
    const { sessionId, protocolVersion } = this.#session;
    const opened = await openEvents(
      this.#peer,
      {
        method: "GET",
        headers: {
          accept: "text/event-stream",
          "mcp-protocol-version": protocolVersion,
          ...(sessionId === null ? {} : { "mcp-session-id": sessionId }),
          ...(this.#lastEventId === null ? {} : { "last-event-id": this.#lastEventId }),
        },
      },
      this.#context,
    );
    if (opened.ok) this.#events = opened.events;
    return opened;
  }

  /** Reads the stream and its successors: a server can end a stream and expect the client to open the next one. */
  async #read(events: AsyncGenerator<SseEvent>): Promise<void> {
    for (let current = events; ;) {
      const openedAt = Date.now();
      await readMessages(
        current,
        (text) => this.#onMessage(text),
        (event) => this.#onEvent(event),
      );
      const retryMs = this.#takeRetry();
      if (this.#isClosed() || this.#context.meter.isExceeded) return;
      if (retryMs === null && Date.now() - openedAt < SHORT_MS) return;
      await scheduler.wait(Math.min(Math.max(retryMs ?? 0, RETRY_MS), MAX_RETRY_MS));
      const opened = this.#isClosed() ? null : await this.#open();
      if (!opened?.ok) return;
      current = opened.events;
    }
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  #takeRetry(): number | null {
    const retryMs = this.#retryMs;
    this.#retryMs = null;
    return retryMs;
  }

  #onEvent({ id, retry }: SseEvent): void {
    if (id !== null) this.#lastEventId = id;
    if (retry !== null) this.#retryMs = retry;
  }

  async #onMessage(text: string): Promise<void> {
    const response = respondLocally(text);
    if (response === null) this.#context.onMessage(text);
    else if (this.#localResponses.add(Date.now())) await this.#post(response);
  }

  /** Sends a message whose result is not needed. */
  async #post(text: string): Promise<void> {
    const peer = { ...this.#peer, protocolVersion: this.#session.protocolVersion };
    await this.#context.runLimited(() =>
      postMessage(peer, text, this.#session.sessionId, this.#context.options),
    );
  }
}
