import {
  LONG_POLL_MS,
  MAX_STREAMS_PER_TOKEN,
  MAX_SUBSCRIBED_URI_LENGTH,
} from "../../workers/contract/limits.ts";
import type { AdmitRequest } from "../../workers/contract/rpc/admission.ts";
import type {
  ListName,
  OpenStreamRequest,
  OpenStreamResult,
  WatchChangesRequest,
  WatchChangesResult,
} from "../../workers/contract/rpc/notification-stream.ts";
import { withTimeout } from "../../workers/runtime/with-timeout.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import type { TokenOwner } from "../admission/token-owners.ts";
import { ChangeJournal } from "./change-journal.ts";
import { ChangeSignal } from "./change-signal.ts";
import { computeFingerprint, detectChanges } from "./detect-changes.ts";
import { ExpiringSet } from "./expiring-set.ts";
import { ListChangedHandler } from "./list-changed-handler.ts";
import { ResourceSubscriptions } from "./resource-subscriptions.ts";
import { findSubscribableServer, ServerListeners } from "./server-listeners.ts";

/** A stream with no watcher for this long is closed; its upstream subscriptions are kept for the same time. */
const IDLE_MS = 5_000;
const SWEEP_INTERVAL_MS = 5_000;
/** A closed stream's name is known for this long: a watch can still be on its way. */
const CLOSED_KEPT_MS = 10_000;
/** Opening a stream waits this long at most for the upstream subscriptions that it needs. */
const SUBSCRIBE_WITHIN_MS = 1_000;
/** Most resources that one stream can subscribe to. */
const MAX_RESOURCES_PER_STREAM = 1_000;

type SubscriptionRequest = Pick<AdmitRequest, "method" | "session" | "target">;

interface Stream {
  tokenId: string;
  /** The lists and resources that the stream is subscribed to. */
  request: WatchChangesRequest;
  pendingWatches: number;
  isClosed: boolean;
  /** When the last watch began or ended, epoch ms. */
  lastWatchedAt: number;
}

/** The open notification streams of a workspace. In memory: after an eviction the gateway watches again. */
export class NotificationStreams {
  readonly #loaded: () => LoadedWorkspace | null;
  readonly #subscriptions: ResourceSubscriptions;
  readonly #journal = new ChangeJournal();
  readonly #listeners: ServerListeners;
  readonly #listChangedHandler: ListChangedHandler;
  readonly #signal = new ChangeSignal(() => void this.#updateListeners());
  readonly #streams = new Map<string, Stream>();
  readonly #closed = new ExpiringSet(CLOSED_KEPT_MS);
  #sweepTimer: ReturnType<typeof setInterval> | null = null;

  constructor(loaded: () => LoadedWorkspace | null, sql: SqlStorage) {
    this.#loaded = loaded;
    this.#subscriptions = new ResourceSubscriptions(sql);
    const onChange = () => this.notifyChanged();
    this.#listChangedHandler = new ListChangedHandler(loaded, this.#journal, onChange);
    this.#listeners = new ServerListeners({
      journal: this.#journal,
      onListChanged: (serverId, list) => this.handleListChanged(serverId, list),
      onResourceUpdates: onChange,
    });
  }

  /** Opens a stream, and the upstream subscriptions that it needs. */
  async open(request: OpenStreamRequest): Promise<OpenStreamResult> {
    const now = Date.now();
    const loaded = this.#loaded();
    const owner = loaded?.findTokenOwner(request.digest, now);
    if (!loaded || !owner) return { kind: "unauthorized" };
    const tokenId = owner.token.id;
    const open = [...this.#streams.values()].filter(({ isClosed }) => !isClosed);
    if (open.filter((stream) => stream.tokenId === tokenId).length >= MAX_STREAMS_PER_TOKEN)
      return { kind: "too_many" };
    // A message goes to only one of a session's streams (2025-11-25, streamable HTTP): to the latest one.
    for (const { request: other } of open)
      if (request.session !== null && other.session === request.session) this.close(other.stream);
    const start = this.#toFirstWatch(request, loaded, owner);
    const { lists, resources, session } = start;
    const isEmpty = Object.keys(lists).length === 0 && resources.length === 0 && session === null;
    if (isEmpty && !request.hasTasks) return { kind: "open", start };
    this.#streams.set(start.stream, {
      tokenId,
      request: start,
      pendingWatches: 0,
      isClosed: false,
      lastWatchedAt: now,
    });
    await this.#updateListenersInTime();
    return { kind: "open", start };
  }

  /** Waits until the stream has changes to send, is closed, its token is not valid any more, or 50 s are over. */
  async watch(request: WatchChangesRequest): Promise<WatchChangesResult> {
    const endsAt = Date.now() + LONG_POLL_MS;
    const stream = this.#beginWatch(request);
    if (!stream) return { kind: "closed" };
    try {
      for (let position = request; ;) {
        const now = Date.now();
        if (this.#closed.has(request.stream, now)) return { kind: "closed" };
        const loaded = this.#loaded();
        const owner = loaded?.findTokenOwner(request.digest, now);
        if (!loaded || !owner) {
          stream.isClosed = true;
          return { kind: "closed" };
        }
        const uris = this.#listUris(request);
        const changes = detectChanges(position, uris, loaded, owner, this.#journal);
        const hasChanges = changes.changedLists.length > 0 || changes.updatedResources.length > 0;
        if (hasChanges || now >= endsAt) return { kind: "changes", ...changes };
        position = { ...position, since: changes.since };
        await this.#signal.wait(Math.min(endsAt, owner.token.expiresAt ?? Infinity) - now);
      }
    } finally {
      stream.pendingWatches--;
      stream.lastWatchedAt = Date.now();
    }
  }

  /** Closes a stream: its watch ends, now or in the next 10 s. */
  close(name: string): void {
    this.#closed.add(name, Date.now());
    const stream = this.#streams.get(name);
    if (stream) stream.isClosed = true;
    this.notifyChanged();
  }

  /** Handles a server's list_changed notification, from a change listener or from a call's stream. */
  handleListChanged(serverId: string, list: ListName): void {
    this.#listChangedHandler.handle(serverId, list);
  }

  /** Has all watches look for changes. To be called after a change of the workspace; costs nothing without streams. */
  notifyChanged(): void {
    if (this.#streams.size > 0) this.#signal.fire();
  }

  /**
   * Carries out an admitted `resources/subscribe` or `resources/unsubscribe`, here and on the server. False: the client
   * session has too many subscriptions.
   */
  async changeSubscription({ method, session, target }: SubscriptionRequest): Promise<boolean> {
    if (session === null || target === null) return true;
    if (method === "resources/unsubscribe") this.#subscriptions.remove(session, target);
    else if (!this.#subscriptions.add(session, target, Date.now())) return false;
    await this.#updateListenersInTime();
    return true;
  }

  /** Returns when the servers have confirmed the upstream subscriptions, or after a second. */
  async #updateListenersInTime(): Promise<void> {
    await withTimeout(this.#updateListeners(), SUBSCRIBE_WITHIN_MS);
  }

  /** The first watch of a stream, reduced to the lists and resources that the token owner can have. */
  #toFirstWatch(
    { digest, stream, session, lists, resources }: OpenStreamRequest,
    loaded: LoadedWorkspace,
    owner: TokenOwner,
  ): WatchChangesRequest {
    const { capabilities } = loaded.catalogue().capabilities(owner.access);
    const subscribable = [...new Set(resources)]
      .slice(0, MAX_RESOURCES_PER_STREAM)
      .filter(
        (uri) =>
          uri.length <= MAX_SUBSCRIBED_URI_LENGTH &&
          findSubscribableServer(loaded, uri, owner.access),
      );
    const supported = lists.filter((list) => list in capabilities);
    return {
      digest,
      stream,
      lists: Object.fromEntries(
        supported.map((list) => [list, computeFingerprint(list, loaded, owner, this.#journal)]),
      ),
      resources: subscribable,
      session,
      since: this.#journal.lastNumber,
    };
  }

  /**
   * The stream that the watch belongs to. An unknown one was opened before an eviction: it is opened again. Null:
   * closed.
   */
  #beginWatch(request: WatchChangesRequest): Stream | null {
    const now = Date.now();
    const owner = this.#loaded()?.findTokenOwner(request.digest, now);
    if (!owner || this.#closed.has(request.stream, now)) return null;
    let stream = this.#streams.get(request.stream);
    if (!stream) {
      const tokenId = owner.token.id;
      stream = { tokenId, request, pendingWatches: 0, isClosed: false, lastWatchedAt: now };
      this.#streams.set(request.stream, stream);
      void this.#updateListeners();
    }
    stream.pendingWatches++;
    return stream;
  }

  /** The resources that a stream is subscribed to, with those of its client session. */
  #listUris({ resources, session }: WatchChangesRequest): string[] {
    return session === null ? resources : [...resources, ...this.#subscriptions.listUris(session)];
  }

  async #updateListeners(): Promise<void> {
    if (this.#streams.size > 0)
      this.#sweepTimer ??= setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS);
    const subscribers = [...this.#streams.values()].map(({ request }) => ({
      digest: request.digest,
      // The keys of this record are list names, as its type says.
      lists: Object.keys(request.lists) as ListName[],
      uris: this.#listUris(request),
    }));
    await this.#listeners.update(this.#loaded(), subscribers);
  }

  /** Forgets idle streams, with their upstream subscriptions, and refreshes servers that announce nothing. */
  #sweep(): void {
    const now = Date.now();
    this.#removeIdleStreams(now);
    void this.#updateListeners();
    const loaded = this.#loaded();
    const streams = [...this.#streams.values()];
    if (loaded && streams.some(({ request }) => Object.keys(request.lists).length > 0))
      void this.#listeners.pollUnconnected(loaded, now);
    if (streams.length > 0 || this.#sweepTimer === null) return;
    clearInterval(this.#sweepTimer);
    this.#sweepTimer = null;
  }

  #removeIdleStreams(now: number): void {
    for (const [name, { pendingWatches, lastWatchedAt }] of this.#streams)
      if (pendingWatches === 0 && lastWatchedAt <= now - IDLE_MS) this.#streams.delete(name);
  }
}
