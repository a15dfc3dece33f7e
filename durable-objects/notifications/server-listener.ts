import { LISTENER_STREAM_LIMITS } from "../../workers/contract/limits.ts";
import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ListName } from "../../workers/contract/rpc/notification-stream.ts";
import { StreamMeter } from "../../workers/mcp/stream-meter.ts";
import { logEvent } from "../../workers/runtime/log.ts";
import { Throttle } from "../../workers/runtime/throttle.ts";
import type { UpstreamOptions } from "../../workers/upstream/json-rpc.ts";
import {
  openChangeListener,
  parseChangeNotification,
} from "../../workers/upstream/notifications/change-listener.ts";
import type {
  ChangeListener,
  ListenerContext,
  ListenTargets,
  OpenedChangeListener,
} from "../../workers/upstream/notifications/listener.ts";
import { UNREACHABLE } from "../../workers/upstream/upstream-errors.ts";
import type { HeadersResult } from "../tool-catalogue/server-values.ts";
import type { Upstreams } from "../tool-catalogue/upstreams.ts";
import { isWithinResource, type ChangeJournal } from "./change-journal.ts";

const FIRST_RETRY_MS = 5_000;
const MAX_RETRY_MS = 5 * 60_000;
/** While a listener waits, it looks this often whether an admin wants the server to be tried at once. */
const PAUSE_STEP_MS = 1_000;
/** Time until the next attempt at a server without such a stream (404, 405). */
const UNSUPPORTED_RETRY_MS = 10 * 60_000;
/** After a connection of this length, the retry delay starts again at its minimum. */
const STABLE_MS = 60_000;
/** Clients are notified of a resource's updates once in this time, however often its server announces them. */
const UPDATE_INTERVAL_MS = 1_000;
/** Most updated resources of one server in that time; more are dropped. */
const MAX_UPDATES_PER_INTERVAL = 1_000;

/** Receives the changes that servers announce. */
export interface ListenerEvents {
  /** Takes resource updates. */
  journal: ChangeJournal;
  onListChanged: (serverId: string, list: ListName) => void;
  /** Called when the journal has new resource updates. */
  onResourceUpdates: () => void;
}

interface ListenerDependencies extends ListenerEvents {
  upstreams: Upstreams;
  optionsFor: (server: ServerRecord) => UpstreamOptions;
  headersOf: (server: ServerRecord) => Promise<HeadersResult>;
}

/** Keeps the connection on which one server announces its changes, and reconnects until it is stopped. */
export class ServerListener {
  readonly #server: ServerRecord;
  readonly #deps: ListenerDependencies;
  readonly #stop = new AbortController();
  readonly #updatedUris: Throttle<string>;
  #targets: ListenTargets;
  /** JSON text of the targets that the server was sent. */
  #sentTargets = "";
  #isSendingTargets = false;
  #connection: ChangeListener | null = null;
  #meter = new StreamMeter(LISTENER_STREAM_LIMITS);
  #endFirstAttempt: () => void = () => undefined;
  /** Resolves when the first attempt to connect has succeeded or failed. */
  readonly firstAttempt: Promise<void>;

  constructor(server: ServerRecord, targets: ListenTargets, deps: ListenerDependencies) {
    this.#server = server;
    this.#targets = targets;
    this.#deps = deps;
    this.#updatedUris = new Throttle(
      UPDATE_INTERVAL_MS,
      (uris: string[]) => this.#recordUpdates(uris),
      MAX_UPDATES_PER_INTERVAL,
    );
    this.firstAttempt = new Promise((resolve) => (this.#endFirstAttempt = resolve));
    void this.#run();
  }

  get isConnected(): boolean {
    return this.#connection !== null;
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

  stop(): void {
    this.#stop.abort();
    this.#endFirstAttempt();
    void this.#connection?.close();
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  async #run(): Promise<void> {
    // The listener of an earlier client can have been flooded.
    await this.#waitWhileFlooded();
    for (let failures = 0, isFirst = true; !this.#isStopped(); isFirst = false) {
      const openedAt = Date.now();
      const opened = await this.#open();
      if (opened.ok) {
        const connection = opened.listener;
        this.#connection = connection;
        // Changes that were announced while there was no connection are lost.
        if (!isFirst) void this.#deps.upstreams.refreshAgain(this.#server);
        await this.changeTargets(this.#targets);
        this.#endFirstAttempt();
        await connection.ended;
        this.#connection = null;
        if (!this.#isStopped()) void connection.close();
      }
      this.#endFirstAttempt();
      if (this.#meter.isExceeded) {
        this.#markFlooded();
        await this.#waitWhileFlooded();
        continue;
      }
      failures = Date.now() - openedAt > STABLE_MS ? 1 : failures + 1;
      const delayMs = toRetryDelay(failures, opened.ok ? undefined : opened.error.status);
      await this.#pauseUntil(Date.now() + delayMs * (0.75 + Math.random() / 2));
    }
  }

  #markFlooded(): void {
    const { id, slug } = this.#server;
    this.#deps.upstreams.flooded.add(id, Date.now());
    logEvent({ event: "listener_flooded", server: slug });
  }

  async #waitWhileFlooded(): Promise<void> {
    const until = this.#deps.upstreams.flooded.pausedUntil(this.#server.id, Date.now());
    if (until === null) return;
    this.#endFirstAttempt();
    await this.#pauseUntil(until);
  }

  /** Waits until an instant (epoch ms), until an admin has the server checked, or until the listener is stopped. */
  async #pauseUntil(until: number): Promise<void> {
    const { flooded } = this.#deps.upstreams;
    const forgottenAt = flooded.forgottenAt(this.#server.id);
    for (let ms = until - Date.now(); ms > 0 && !this.#isStopped(); ms = until - Date.now()) {
      // The only failure is the abort by `stop`.
      await scheduler
        .wait(Math.min(ms, PAUSE_STEP_MS), { signal: this.#stop.signal })
        .catch(() => undefined);
      if (flooded.forgottenAt(this.#server.id) !== forgottenAt) return;
    }
  }

  async #open(): Promise<OpenedChangeListener> {
    const { headersOf, optionsFor, upstreams } = this.#deps;
    const { url, transport, era } = this.#server;
    const sent = await headersOf(this.#server);
    if (!sent.ok) return sent;
    if (!transport || !era) return { ok: false, error: UNREACHABLE };
    this.#meter = new StreamMeter(LISTENER_STREAM_LIMITS);
    const context: ListenerContext = {
      meter: this.#meter,
      options: { ...optionsFor(this.#server), signal: this.#stop.signal },
      onMessage: (text) => this.#onMessage(text),
      runLimited: (work) => upstreams.queue.connections.run(work),
    };
    this.#sentTargets = JSON.stringify(this.#targets);
    const { headers, credentials } = sent;
    const peer = { url, headers, credentials };
    const opened = await openChangeListener(peer, { transport, era }, this.#targets, context);
    if (!opened.ok || !this.#isStopped()) return opened;
    await opened.listener.close();
    return { ok: false, error: UNREACHABLE };
  }

  #onMessage(text: string): void {
    if (this.#isStopped()) return;
    const notification = parseChangeNotification(text);
    if (notification.kind === "list") this.#deps.onListChanged(this.#server.id, notification.list);
    if (notification.kind === "updated") {
      const { uri } = notification;
      if (this.#targets.uris.some((subscribed) => isWithinResource(uri, subscribed)))
        this.#updatedUris.add(uri);
    }
  }

  #recordUpdates(uris: string[]): void {
    for (const uri of uris) this.#deps.journal.addResourceUpdate(this.#server.id, uri);
    this.#deps.onResourceUpdates();
  }
}

function toRetryDelay(failures: number, status: number | undefined): number {
  if (status === 404 || status === 405) return UNSUPPORTED_RETRY_MS;
  return Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS);
}
