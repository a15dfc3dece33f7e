import { MAX_SUBSCRIBED_URI_LENGTH, MAX_STREAMS_PER_TOKEN } from "../../workers/contract/limits.ts";
import type {
  OpenStreamRequest,
  OpenedStream,
} from "../../workers/contract/rpc/notification-stream.ts";
import type { ListName, WatchResult, WatchRequest } from "../../workers/contract/rpc/watch.ts";
import { withTimeout } from "../../workers/upstream/json-rpc.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import type { TokenOwner } from "../admission/token-owners.ts";
import { ChangeJournal, isWithinResource } from "./change-journal.ts";
import { ListChangedHandler } from "./list-changed-handler.ts";
import type { ResourceSubscriptions } from "./resource-subscriptions.ts";
import { findSubscribableServer, ServerListeners } from "./server-listeners.ts";

/** A watch without news ends after this long, so that nobody waits for an object that is gone. */
const WATCH_MS = 50_000;
/** Changes of one moment are told of together. */
const GATHER_MS = 20;
/** A stream that nobody watched for this long is over; for as long, what one asked of servers outlasts it. */
const ABSENT_MS = 5_000;
/** How far a cancellation may be ahead of its call. */
const CANCELLED_MS = 10_000;
/** Somebody who starts to listen waits this long at most for servers to be listened to. */
const START_MS = 1_000;
/** Resources that one stream may follow. */
const MAX_RESOURCES = 1_000;
const HOUSEKEEPING_MS = 5_000;

interface Stream {
  tokenId: string;
  request: WatchRequest;
  /** Watches of it that are under way. */
  watches: number;
  isOver: boolean;
  lastSeenAt: number;
}

/** Those who wait for news, and what is done to have some. In memory only: whoever waits asks again. */
export class NotificationStreams {
  readonly #loaded: () => LoadedWorkspace | null;
  readonly #subscriptions: ResourceSubscriptions;
  readonly #announcements = new ChangeJournal();
  readonly #followers: ServerListeners;
  /** Servers' word of changes, whether it came to a follower or on a call's stream. */
  readonly listChanges: ListChangedHandler;
  readonly #waiting = new Set<() => void>();
  readonly #streams = new Map<string, Stream>();
  readonly #cancelled = new Map<string, number>();
  #gathering = false;
  #housekeeping: ReturnType<typeof setInterval> | null = null;

  constructor(loaded: () => LoadedWorkspace | null, subscriptions: ResourceSubscriptions) {
    this.#loaded = loaded;
    this.#subscriptions = subscriptions;
    this.#followers = new ServerListeners((request) => this.#urisOf(request));
    this.listChanges = new ListChangedHandler(loaded, this.#announcements, () => this.changed());
  }

  /** Begins a stream, and to listen to the servers that have something to say on it. */
  async listen(request: OpenStreamRequest): Promise<OpenedStream> {
    const now = Date.now();
    const loaded = this.#loaded();
    const principal = loaded?.findPrincipal(request.digest, now);
    if (!loaded || !principal) return { kind: "ended" };
    const tokenId = principal.token.id;
    const streams = [...this.#streams.values()].filter(({ isOver }) => !isOver);
    const open = streams.filter((stream) => stream.tokenId === tokenId);
    if (open.length >= MAX_STREAMS_PER_TOKEN) return { kind: "too_many" };
    // A message goes to one of a session's streams only (2025-11-25, streamable HTTP): to the latest one.
    for (const { request: other } of streams)
      if (request.session !== null && other.session === request.session)
        this.cancel(other.call ?? "");
    const { capabilities } = loaded.catalogue().capabilities(principal.access);
    const lists = request.lists.filter((list) => list in capabilities);
    const resources = [...new Set(request.resources)]
      .slice(0, MAX_RESOURCES)
      .filter(
        (uri) =>
          uri.length <= MAX_SUBSCRIBED_URI_LENGTH &&
          findSubscribableServer(loaded, uri, principal.access),
      );
    const { digest, era, session, key: call } = request;
    const watch: WatchRequest = {
      digest,
      era,
      lists: Object.fromEntries(
        lists.map((list) => [list, this.#fingerprint(loaded, principal, list)]),
      ),
      resources,
      session,
      since: this.#announcements.last,
      call,
    };
    if (lists.length === 0 && resources.length === 0 && session === null)
      return { kind: "listening", watch };
    this.#streams.set(call, {
      tokenId,
      request: watch,
      watches: 0,
      isOver: false,
      lastSeenAt: now,
    });
    await this.followNow();
    return { kind: "listening", watch };
  }

  /** Waits for news; see `WatchRequest`. */
  async watch(request: WatchRequest): Promise<WatchResult> {
    const dueAt = Date.now() + WATCH_MS;
    const stream = this.#enter(request);
    try {
      for (let known = request; ;) {
        const now = Date.now();
        if (this.#isCancelled(request.call)) return { kind: "cancelled" };
        const loaded = this.#loaded();
        const principal = loaded?.findPrincipal(request.digest, now);
        if (!loaded || !principal) {
          if (stream) stream.isOver = true;
          return { kind: "ended" };
        }
        const news = this.#newsFor(known, loaded, principal);
        if (news.changed.length > 0 || news.updated.length > 0 || now >= dueAt) return news;
        known = { ...known, lists: news.lists, since: news.since };
        await this.#wait(Math.min(dueAt, principal.token.expiresAt ?? Infinity) - now);
      }
    } finally {
      if (stream) {
        stream.watches--;
        stream.lastSeenAt = Date.now();
      }
    }
  }

  /** Ends the stream, or tells whoever carries the call that its client cancelled it. */
  cancel(key: string): void {
    const now = Date.now();
    this.#cancelled.delete(key);
    // The oldest come first.
    for (const [known, until] of this.#cancelled) {
      if (until > now) break;
      this.#cancelled.delete(known);
    }
    this.#cancelled.set(key, now + CANCELLED_MS);
    const stream = this.#streams.get(key);
    if (stream) stream.isOver = true;
    this.changed();
  }

  /** To be called when anything may have changed that somebody waits for. Costs nothing when nobody does. */
  changed(): void {
    if (this.#gathering || (this.#waiting.size === 0 && this.#streams.size === 0)) return;
    this.#gathering = true;
    setTimeout(() => {
      this.#gathering = false;
      void this.#follow();
      for (const wake of this.#waiting) wake();
    }, GATHER_MS);
  }

  /** Returns when the servers concerned have been asked to tell of what is followed now, or after a second. */
  async followNow(): Promise<void> {
    await withTimeout(this.#follow(), START_MS);
  }

  #newsFor(known: WatchRequest, loaded: LoadedWorkspace, principal: TokenOwner) {
    const lists: Partial<Record<ListName, string>> = {};
    const changed: ListName[] = [];
    // The keys of this record are what its type says.
    for (const list of Object.keys(known.lists) as ListName[]) {
      const print = this.#fingerprint(loaded, principal, list);
      lists[list] = print;
      const before = known.lists[list] ?? null;
      if (before !== null && before !== print) changed.push(list);
    }
    const updated = new Set<string>();
    const since = this.#announcements.last;
    const updates = this.#announcements.updatesSince(known.since ?? since);
    const followed = updates.length > 0 ? this.#urisOf(known) : [];
    for (const { serverId, uri } of updates) {
      const isOf = (one: string) =>
        findSubscribableServer(loaded, one, principal.access)?.id === serverId;
      if (followed.some((one) => isWithinResource(uri, one) && isOf(one))) updated.add(uri);
    }
    return { kind: "news" as const, lists, changed, updated: [...updated], since };
  }

  /** Differs when the list would for this principal, or when a server that it may know announced a change. */
  #fingerprint(loaded: LoadedWorkspace, { access }: TokenOwner, list: ListName): string {
    const catalogue = loaded.catalogue();
    const content =
      list === "resources"
        ? catalogue.fingerprint("resources", access) + catalogue.fingerprint("templates", access)
        : catalogue.fingerprint(list, access);
    const known = loaded.enabledServers.filter(({ slug }) => access.mayKnowServer(slug));
    return `${content}.${this.#announcements.countOf(list, known)}`;
  }

  #urisOf({ resources, session }: WatchRequest): string[] {
    return session === null ? resources : [...resources, ...this.#subscriptions.of(session)];
  }

  #isCancelled(call: string | null): boolean {
    return call !== null && (this.#cancelled.get(call) ?? 0) > Date.now();
  }

  /** The stream that the watch belongs to; one that this object does not know began in an earlier life of it. */
  #enter(request: WatchRequest): Stream | null {
    const { call, session, resources, lists } = request;
    if (this.#isCancelled(call)) return null;
    const follows = session !== null || resources.length > 0 || Object.keys(lists).length > 0;
    const principal = this.#loaded()?.findPrincipal(request.digest, Date.now());
    if (call === null || !follows || !principal) return null;
    const known = this.#streams.get(call);
    const stream = known ?? {
      tokenId: principal.token.id,
      request,
      watches: 0,
      isOver: false,
      lastSeenAt: 0,
    };
    stream.watches++;
    this.#streams.set(call, stream);
    if (!known) void this.#follow();
    return stream;
  }

  async #follow(): Promise<void> {
    const loaded = this.#loaded();
    const streams = [...this.#streams.values()].map(({ request }) => request);
    if (streams.length > 0)
      this.#housekeeping ??= setInterval(() => this.#keepHouse(), HOUSEKEEPING_MS);
    const deps = loaded && {
      upstreams: loaded.upstreams,
      announcements: this.#announcements,
      optionsFor: loaded.optionsFor,
      headersOf: loaded.headersOf,
      onListChanged: (serverId: string, list: ListName) => this.listChanges.add(serverId, list),
      onNews: () => this.changed(),
    };
    await this.#followers.follow(loaded, streams, deps);
  }

  /** Forgets streams that nobody watches any more; with the last one all listening ends. */
  #keepHouse(): void {
    const now = Date.now();
    for (const [key, { watches, lastSeenAt }] of this.#streams)
      if (watches === 0 && lastSeenAt <= now - ABSENT_MS) this.#streams.delete(key);
    void this.#follow();
    const loaded = this.#loaded();
    const lists = [...this.#streams.values()].flatMap(({ request }) => Object.keys(request.lists));
    if (loaded && lists.length > 0) void this.#followers.poll(loaded, now);
    if (this.#streams.size > 0 || this.#housekeeping === null) return;
    clearInterval(this.#housekeeping);
    this.#housekeeping = null;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#waiting.add(wake);
    });
  }
}
