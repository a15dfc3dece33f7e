import { respondLocally } from "../../mcp/json-rpc.ts";
import type { SseEvent } from "../../mcp/sse.ts";
import { postMessage, type Peer } from "../json-rpc.ts";
import {
  closeUpstreamSession,
  openUpstreamSession,
  type UpstreamSession,
} from "../upstream-sessions.ts";
import { updateResourceSubscriptions } from "./change-subscriptions.ts";
import { openEvents, pump } from "./event-source.ts";
import type { ListenTargets } from "./listener.ts";
import type { ChangeListener } from "./listener.ts";
import type { OpenedChangeListener } from "./listener.ts";
import type { ListenerContext } from "./listener.ts";

/** Between two GET streams of a session, unless the server names another time within the maximum. */
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** A stream that ends sooner than this without naming a time to come back is no use. */
const SHORT_MS = 5_000;

/** By a session of the gateway's own: its GET stream, and one `resources/subscribe` per URI (2025-11-25). */
export async function listenOnSessionStream(
  peer: Peer,
  wanted: ListenTargets,
  context: ListenerContext,
): Promise<OpenedChangeListener> {
  const opened = await context.slot(() => openUpstreamSession(peer, context.options));
  if (!opened.ok) return opened;
  const following = new SessionFollowing(peer, opened.session, context);
  const error = await following.connect();
  if (error) {
    await following.close();
    return { ok: false, error };
  }
  await following.change(wanted);
  return { ok: true, following };
}

class SessionFollowing implements ChangeListener {
  readonly ended: Promise<void>;
  readonly #peer: Peer;
  readonly #session: UpstreamSession;
  readonly #context: ListenerContext;
  readonly #subscribed = new Set<string>();
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

  /** Opens the stream and reads it from then on; null when it is open. */
  async connect() {
    const opened = await this.#open();
    if (!opened.ok) return opened.error;
    void this.#read(opened.events).then(this.#end);
    return null;
  }

  async change({ uris }: ListenTargets): Promise<void> {
    // A server without sessions would not know whom to tell.
    if (this.#session.sessionId === null) return;
    await updateResourceSubscriptions(this.#subscribed, uris, (text) => this.#post(text));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#events?.return(undefined);
    this.#end();
    await this.#context.slot(() =>
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

  /** Reads the stream, and those that follow it: a server may end one and expect the client back. */
  async #read(events: AsyncGenerator<SseEvent>): Promise<void> {
    for (let current = events; ;) {
      const openedAt = Date.now();
      await pump(
        current,
        (text) => this.#hear(text),
        (event) => this.#note(event),
      );
      const retryMs = this.#takeRetry();
      if (this.#isClosed() || (retryMs === null && Date.now() - openedAt < SHORT_MS)) return;
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

  #note({ id, retry }: SseEvent): void {
    if (id !== null) this.#lastEventId = id;
    if (retry !== null) this.#retryMs = retry;
  }

  async #hear(text: string): Promise<void> {
    const answer = respondLocally(text);
    if (answer === null) await this.#context.hear(text);
    else await this.#post(answer);
  }

  /** Sends a message whose answer does not matter. */
  async #post(text: string): Promise<void> {
    const peer = { ...this.#peer, protocolVersion: this.#session.protocolVersion };
    await this.#context.slot(() =>
      postMessage(peer, text, this.#session.sessionId, this.#context.options),
    );
  }
}
