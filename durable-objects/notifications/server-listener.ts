import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ListName } from "../../workers/contract/rpc/watch.ts";
import { unreachable } from "../../workers/upstream/guarded-fetch.ts";
import type { UpstreamOptions } from "../../workers/upstream/json-rpc.ts";
import {
  openChangeListener,
  parseChangeNotification,
} from "../../workers/upstream/notifications/change-listener.ts";
import { type ListenTargets } from "../../workers/upstream/notifications/listener.ts";
import { type OpenedChangeListener } from "../../workers/upstream/notifications/listener.ts";
import { type ChangeListener } from "../../workers/upstream/notifications/listener.ts";
import { type ListenerContext } from "../../workers/upstream/notifications/listener.ts";
import type { Upstreams, HeadersResult } from "../tool-catalogue/upstreams.ts";
import { isWithinResource, type ChangeJournal } from "./change-journal.ts";
import { Throttle } from "./throttle.ts";

const FIRST_RETRY_MS = 5_000;
const MAX_RETRY_MS = 60_000;
/** A server that says that it has no such stream is asked again after this long. */
const REFUSED_RETRY_MS = 10 * 60_000;
/** A connection that lasted this long was a good one: the next failure counts as the first. */
const GOOD_MS = 60_000;
/** However often a server announces something, clients hear of it once in this time. */
const BURST_MS = 1_000;
const MAX_BURST = 1_000;
/** Messages read per second of one server; what comes faster waits on the wire. */
const MAX_MESSAGES_PER_SECOND = 100;

export interface ListenerDependencies {
  upstreams: Upstreams;
  announcements: ChangeJournal;
  optionsFor: (server: ServerRecord) => UpstreamOptions;
  headersOf: (server: ServerRecord) => Promise<HeadersResult>;
  /** Called when the server has announced a change of a list. */
  onListChanged: (serverId: string, list: ListName) => void;
  /** Called after updates of resources that clients may want to hear of. */
  onNews: () => void;
}

/** Keeps a connection on which one server announces its changes, until it is stopped. */
export class ServerListener {
  readonly #server: ServerRecord;
  readonly #deps: ListenerDependencies;
  readonly #stop = new AbortController();
  readonly #uris: Throttle<string>;
  #wanted: ListenTargets;
  #following: ChangeListener | null = null;
  #asked = "";
  #isChanging = false;
  #second = { number: 0, messages: 0 };
  #settle: () => void = () => undefined;
  /** When the first attempt to connect is over. */
  readonly tried: Promise<void>;

  constructor(server: ServerRecord, wanted: ListenTargets, deps: ListenerDependencies) {
    this.#server = server;
    this.#wanted = wanted;
    this.#deps = deps;
    this.#uris = new Throttle(BURST_MS, MAX_BURST, (uris) => this.#announceUpdates(uris));
    this.tried = new Promise((resolve) => (this.#settle = resolve));
    void this.#run();
  }

  /** Whether the server would tell of changes now. */
  get isConnected(): boolean {
    return this.#following !== null;
  }

  /** Asks for something else from now on. Returns when the server has been asked. */
  async change(wanted: ListenTargets): Promise<void> {
    this.#wanted = wanted;
    if (this.#isChanging) return;
    this.#isChanging = true;
    while (this.#following && this.#asked !== JSON.stringify(this.#wanted)) {
      this.#asked = JSON.stringify(this.#wanted);
      await this.#following.change(this.#wanted);
    }
    this.#isChanging = false;
  }

  stop(): void {
    this.#stop.abort();
    this.#settle();
    void this.#following?.close();
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  async #run(): Promise<void> {
    for (let failures = 0, isFirst = true; !this.#isStopped(); isFirst = false) {
      const openedAt = Date.now();
      const opened = await this.#open();
      if (opened.ok) {
        const { following } = opened;
        this.#following = following;
        // Whatever was announced meanwhile was said to nobody.
        if (!isFirst) this.#look();
        await this.change(this.#wanted);
        this.#settle();
        await following.ended;
        this.#following = null;
        if (!this.#isStopped()) void following.close();
      }
      this.#settle();
      failures = Date.now() - openedAt > GOOD_MS ? 1 : failures + 1;
      const pauseMs = pauseAfter(failures, opened.ok ? undefined : opened.error.status);
      await scheduler.wait(pauseMs, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async #open(): Promise<OpenedChangeListener> {
    const { headersOf, optionsFor, upstreams } = this.#deps;
    const { url, transport, era } = this.#server;
    const headers = await headersOf(this.#server);
    if (!headers.ok) return headers;
    if (!transport || !era) return { ok: false, error: unreachable() };
    const context: ListenerContext = {
      options: { ...optionsFor(this.#server), signal: this.#stop.signal },
      hear: (text) => this.#hear(text),
      slot: (work) => upstreams.withSlot(work),
    };
    this.#asked = JSON.stringify(this.#wanted);
    const peer = { url, headers: headers.headers };
    const opened = await openChangeListener(peer, { transport, era }, this.#wanted, context);
    if (!opened.ok || !this.#isStopped()) return opened;
    await opened.following.close();
    return { ok: false, error: unreachable() };
  }

  async #hear(text: string): Promise<void> {
    await this.#slowDown();
    if (this.#isStopped()) return;
    const announcement = parseChangeNotification(text);
    if (announcement.kind === "list") this.#deps.onListChanged(this.#server.id, announcement.list);
    if (announcement.kind === "updated") {
      const { uri } = announcement;
      if (this.#wanted.uris.some((followed) => isWithinResource(uri, followed)))
        this.#uris.add(uri);
    }
  }

  async #slowDown(): Promise<void> {
    const now = Date.now();
    const number = Math.floor(now / 1_000);
    if (this.#second.number !== number) this.#second = { number, messages: 0 };
    if (++this.#second.messages > MAX_MESSAGES_PER_SECOND)
      await scheduler.wait((number + 1) * 1_000 - now);
  }

  async #announceUpdates(uris: string[]): Promise<void> {
    for (const uri of uris) this.#deps.announcements.addUpdate(this.#server.id, uri);
    this.#deps.onNews();
    return Promise.resolve();
  }

  #look(): void {
    void this.#deps.upstreams.refreshAnew(this.#server);
  }
}

function pauseAfter(failures: number, status: number | undefined): number {
  if (status === 404 || status === 405) return REFUSED_RETRY_MS;
  return Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS);
}
