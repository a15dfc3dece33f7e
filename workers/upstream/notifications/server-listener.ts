import {
  FLOOD_PAUSE_MS,
  LISTENER_STREAM_LIMITS,
  REFRESH_INTERVAL_MS,
} from "../../contract/limits.ts";
import type {
  ListenOrder,
  ListenTargets,
  ListName,
} from "../../contract/rpc/notification-stream.ts";
import { StreamMeter } from "../../mcp/stream-meter.ts";
import { Throttle } from "../../runtime/throttle.ts";
import { withTimeout } from "../../runtime/with-timeout.ts";
import { UNREACHABLE } from "../upstream-errors.ts";
import {
  isWithinResource,
  openChangeListener,
  parseChangeNotification,
} from "./change-listener.ts";
import type { ChangeListener, ListenerContext, OpenedChangeListener } from "./listener.ts";

const FIRST_RETRY_MS = 5_000;
const MAX_RETRY_MS = 5 * 60_000;
/** Time until the next attempt at a server without such a stream (404, 405). */
const UNSUPPORTED_RETRY_MS = 10 * 60_000;
/** After a connection of this length, the retry delay starts again at its minimum. */
const STABLE_MS = 60_000;
/** Clients are notified of a resource's updates once in this time, however often its server announces them. */
const UPDATE_INTERVAL_MS = 1_000;
/** Most updated resources of one server in that time; more are dropped. */
const MAX_UPDATES_PER_INTERVAL = 1_000;

/** Receives what a server announces, at most once per list and 10 s, and for resources once in a second. */
export interface ServerListenerEvents {
  onListsChanged: (lists: ListName[]) => void;
  onResourcesUpdated: (uris: string[]) => void;
  /** The server sent too much, and is connected again later. */
  onFlooded: () => void;
  /** The server is connected again: changes that it announced in between are lost. */
  onReconnected: () => void;
}

/** What a listener needs of its caller. */
export interface ServerListenerContext extends Pick<ListenerContext, "options" | "runLimited"> {
  /** Another listener was connected to the server before. */
  isTakeover: boolean;
}

/** Keeps the connection on which one server announces its changes, and reconnects until it is stopped. */
export class ServerListener {
  readonly #order: ListenOrder;
  readonly #context: ServerListenerContext;
  readonly #events: ServerListenerEvents;
  readonly #stop = new AbortController();
  readonly #changedLists: Throttle<ListName>;
  readonly #updatedUris: Throttle<string>;
  #targets: ListenTargets;
  /** JSON text of the targets that the server was sent. */
  #sentTargets = "";
  #isSendingTargets = false;
  #connection: ChangeListener | null = null;
  #meter = new StreamMeter(LISTENER_STREAM_LIMITS);
  /** The last attempt to connect. */
  #attempt: Promise<OpenedChangeListener> | null = null;
  #endFirstAttempt: () => void = () => undefined;
  #endPause: () => void = () => undefined;
  /** Resolves when the first attempt to connect has succeeded or failed. */
  readonly firstAttempt: Promise<void>;

  constructor(order: ListenOrder, context: ServerListenerContext, events: ServerListenerEvents) {
    this.#order = order;
    this.#context = context;
    this.#events = events;
    this.#targets = order.targets;
    const { onListsChanged, onResourcesUpdated } = events;
    this.#changedLists = new Throttle(REFRESH_INTERVAL_MS, onListsChanged);
    this.#updatedUris = new Throttle(
      UPDATE_INTERVAL_MS,
      onResourcesUpdated,
      MAX_UPDATES_PER_INTERVAL,
    );
    this.firstAttempt = new Promise((resolve) => (this.#endFirstAttempt = resolve));
    void this.#run();
  }

  /** Subscribes to other targets. Returns when the server has received them. */
  async changeTargets(targets: ListenTargets): Promise<void> {
    this.#targets = targets;
    if (this.#isSendingTargets) return;
    this.#isSendingTargets = true;
    while (this.#connection && this.#sentTargets !== JSON.stringify(this.#targets)) {
      this.#sentTargets = JSON.stringify(this.#targets);
      await this.#connection.change(this.#targets);
    }
    this.#isSendingTargets = false;
  }

  /** Connects without further delay, if the listener waits before its next attempt. */
  retry(): void {
    this.#endPause();
  }

  /** Returns when the connection is closed, also one that is being opened: its session would stay at the server. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#endFirstAttempt();
    this.#endPause();
    await this.#attempt;
    await this.#connection?.close();
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  async #run(): Promise<void> {
    const { pausedUntil } = this.#order;
    if (pausedUntil !== null) {
      this.#endFirstAttempt();
      await this.#pauseUntil(pausedUntil);
    }
    let hasGap = this.#context.isTakeover;
    for (let failures = 0; !this.#isStopped();) {
      const openedAt = Date.now();
      this.#attempt = this.#open();
      const opened = await this.#attempt;
      if (opened.ok) {
        if (hasGap) this.#events.onReconnected();
        await this.#useConnection(opened.listener);
      }
      hasGap = true;
      this.#endFirstAttempt();
      if (this.#meter.isExceeded) {
        this.#events.onFlooded();
        await this.#pauseUntil(Date.now() + FLOOD_PAUSE_MS);
        continue;
      }
      failures = Date.now() - openedAt > STABLE_MS ? 1 : failures + 1;
      const delayMs = toRetryDelay(failures, opened.ok ? undefined : opened.error.status);
      await this.#pauseUntil(Date.now() + delayMs * (0.75 + Math.random() / 2));
    }
  }

  async #useConnection(connection: ChangeListener): Promise<void> {
    this.#connection = connection;
    await this.changeTargets(this.#targets);
    this.#endFirstAttempt();
    await connection.ended;
    this.#connection = null;
    if (!this.#isStopped()) void connection.close();
  }

  /** Waits until an instant (epoch ms), or until `retry` or `stop`. */
  async #pauseUntil(until: number): Promise<void> {
    if (this.#isStopped()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#endPause = resolve;
    await withTimeout(promise, until - Date.now());
  }

  async #open(): Promise<OpenedChangeListener> {
    const { options, runLimited } = this.#context;
    const { url, headers, credentials, transport, era } = this.#order;
    this.#meter = new StreamMeter(LISTENER_STREAM_LIMITS);
    const context: ListenerContext = {
      meter: this.#meter,
      options: { ...options, signal: this.#stop.signal },
      onMessage: (text) => this.#onMessage(text),
      runLimited,
    };
    this.#sentTargets = JSON.stringify(this.#targets);
    const peer = { url, headers, credentials };
    const opened = await openChangeListener(peer, { transport, era }, this.#targets, context);
    if (!opened.ok || !this.#isStopped()) return opened;
    await opened.listener.close();
    return { ok: false, error: UNREACHABLE };
  }

  #onMessage(text: string): void {
    if (this.#isStopped()) return;
    const notification = parseChangeNotification(text);
    if (notification.kind === "list") this.#changedLists.add(notification.list);
    if (notification.kind === "updated") {
      const { uri } = notification;
      if (this.#targets.uris.some((subscribed) => isWithinResource(uri, subscribed)))
        this.#updatedUris.add(uri);
    }
  }
}

function toRetryDelay(failures: number, status: number | undefined): number {
  if (status === 404 || status === 405) return UNSUPPORTED_RETRY_MS;
  return Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS);
}
