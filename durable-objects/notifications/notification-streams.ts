import {
  MAX_STREAMS_PER_MEMBER,
  MAX_STREAMS_PER_TOKEN,
  MAX_SUBSCRIBED_URI_LENGTH,
} from "../../workers/contract/limits.ts";
import type { AdmitRequest, SubscriptionLimit } from "../../workers/contract/rpc/admission.ts";
import type {
  ListName,
  MessageToWorkspace,
  OpenStreamRequest,
  StreamPosition,
} from "../../workers/contract/rpc/notification-stream.ts";
import { logEvent, logFailure } from "../../workers/runtime/log.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import { toTokenOwnerId, type TokenOwner } from "../admission/token-owners.ts";
import type { ConfigReplica } from "../replica/config-replica.ts";
import { ChangeJournal } from "./change-journal.ts";
import { computeFingerprint, detectChanges } from "./detect-changes.ts";
import { ListChangedHandler } from "./list-changed-handler.ts";
import { findSubscribableServer, limitUris } from "./listen-targets.ts";
import { ListeningWorkers } from "./listening-workers.ts";
import { ResourceSubscriptions } from "./resource-subscriptions.ts";
import { StreamResources } from "./stream-resources.ts";
import { sendToWorker, StreamSockets, type OpenStream, type Stream } from "./stream-sockets.ts";

/** Changes within this time are sent together. */
const GATHER_MS = 20;
/** Most resources that one stream can subscribe to. */
const MAX_RESOURCES_PER_STREAM = 1_000;

type SubscriptionRequest = Pick<AdmitRequest, "digest" | "method" | "session" | "target">;

/**
 * The open notification streams of a workspace. Their WebSockets, with what is attached to them, outlive the object's time
 * in memory; nothing here waits for a change.
 */
export class NotificationStreams {
  readonly #replica: ConfigReplica;
  readonly #sockets: StreamSockets;
  readonly #subscriptions: ResourceSubscriptions;
  readonly #resources: StreamResources;
  readonly #journal = new ChangeJournal();
  readonly #listChangedHandler: ListChangedHandler;
  readonly #workers: ListeningWorkers;
  #isSendScheduled = false;

  constructor(ctx: DurableObjectState, replica: ConfigReplica) {
    this.#replica = replica;
    this.#sockets = new StreamSockets(ctx);
    this.#subscriptions = new ResourceSubscriptions(ctx.storage.sql);
    this.#resources = new StreamResources(ctx.storage.sql);
    this.#listChangedHandler = new ListChangedHandler(
      () => replica.loaded,
      this.#journal,
      () => this.notifyChanged(),
    );
    this.#workers = new ListeningWorkers(this.#sockets, (open) => this.#listUris(open));
  }

  /** Accepts the WebSocket of a stream. */
  accept(): Response {
    return this.#sockets.accept();
  }

  /** Handles a message of a stream's Worker. */
  async handleMessage(socket: WebSocket, data: string): Promise<void> {
    // The other end of the WebSocket is this same deployable.
    const message = JSON.parse(data) as MessageToWorkspace;
    if (message.kind === "open") return this.#open(socket, message.request, message.position);
    if (message.kind === "listening") return this.#workers.confirm(message.number);
    const loaded = await this.#replica.tryLoad();
    const server = loaded?.config.servers.get(message.serverId);
    if (!loaded || !server) return;
    switch (message.kind) {
      case "list_changed":
        for (const list of message.lists) this.handleListChanged(server.id, list);
        return;
      case "resources_updated":
        for (const uri of message.uris) this.#journal.addResourceUpdate(server.id, uri);
        return this.notifyChanged();
      case "reconnected":
        await loaded.upstreams.refreshAgain(server);
        return;
      case "flooded":
        loaded.upstreams.flooded.add(server.id, Date.now());
        return logEvent({ event: "listener_flooded", server: server.slug });
    }
  }

  /** The WebSocket is closed: another Worker listens to the servers that this stream's Worker listened to. */
  async handleClose(socket: WebSocket): Promise<void> {
    const stream = this.#sockets.find(socket);
    if (!stream) return;
    this.#sockets.forget(socket);
    const loaded = await this.#replica.tryLoad();
    if (!loaded) return;
    if (stream.hasResources) this.#keepResources();
    await this.#workers.update(loaded, true);
  }

  /** Handles a server's list_changed notification, from a change listener or from a call's stream. */
  handleListChanged(serverId: string, list: ListName): void {
    this.#listChangedHandler.handle(serverId, list);
  }

  /** Sends to all streams what has changed. To be called after a change of the workspace; costs nothing without streams. */
  notifyChanged(): void {
    if (this.#isSendScheduled || this.#sockets.isEmpty) return;
    this.#isSendScheduled = true;
    setTimeout(() => {
      this.#isSendScheduled = false;
      this.#sendChanges().catch((error: unknown) => logFailure("stream_changes_failed", error));
    }, GATHER_MS);
  }

  /**
   * Carries out an admitted `resources/subscribe` or `resources/unsubscribe`, here and on the server. Returns the limit
   * that refuses it; null: it is carried out.
   */
  async changeSubscription(request: SubscriptionRequest): Promise<SubscriptionLimit | null> {
    const { digest, method, session, target } = request;
    const { loaded } = this.#replica;
    const owner = loaded?.findTokenOwner(digest, Date.now());
    // Without an owner, the token ended since the admission.
    if (!loaded || !owner || session === null || target === null) return null;
    // The client keeps its subscriptions when it refreshes the access token of its grant.
    const subscriber = { session, digest: owner.token.digest, owner: toTokenOwnerId(owner) };
    if (method === "resources/unsubscribe") this.#subscriptions.remove(subscriber, target);
    else {
      const limit = this.#subscriptions.add(subscriber, target, Date.now());
      if (limit !== null) return limit;
    }
    await this.#workers.update(loaded, true);
    return null;
  }

  /** Deletes the resource subscriptions of tokens that are not valid any more: their sessions have ended. */
  deleteEndedSubscriptions(): void {
    const { loaded } = this.#replica;
    if (!loaded) return;
    const valid = [...loaded.config.tokens.values()].filter(({ revokedAt }) => revokedAt === null);
    this.#subscriptions.keepOnly(valid.map(({ digest }) => digest));
  }

  /** `position`: of a stream whose WebSocket broke; null: the stream is new. */
  async #open(
    socket: WebSocket,
    request: OpenStreamRequest,
    position: StreamPosition | null,
  ): Promise<void> {
    const loaded = await this.#replica.load();
    if (loaded === "unavailable") return this.#sockets.end(socket, { kind: "unavailable" });
    const { digest, client, server } = request;
    const owner =
      loaded === "unknown" ? null : loaded.findTokenOwner(digest, Date.now(), client, server);
    if (loaded === "unknown" || !owner) return this.#sockets.end(socket, { kind: "unauthorized" });
    const limit = position ? null : this.#findStreamLimit(request.digest, loaded, owner);
    if (limit) return this.#sockets.end(socket, { kind: "too_many", of: limit });
    const ofToken = this.#sockets.list().filter(({ stream }) => stream.digest === request.digest);
    const replaced = ofToken.filter(({ stream }) => isReplaced(stream, request));
    for (const { socket: other } of replaced) this.#sockets.end(other, { kind: "closed" });
    const resources = position ? request.resources : listSubscribable(request, loaded, owner);
    const stream = {
      name: request.stream,
      digest: request.digest,
      session: request.session,
      position: position ?? this.#toFirstPosition(request, loaded, owner),
      hasResources: resources.length > 0,
      isListening: false,
      openedAt: Date.now(),
      ...(client ? { client } : {}),
      ...(server === undefined ? {} : { server }),
    };
    this.#sockets.save({ socket, stream });
    if (stream.hasResources) this.#keepResources(stream.name, resources);
    const opened = { resources, position: stream.position, expiresAt: owner.token.expiresAt };
    sendToWorker(socket, { kind: "opened", stream: opened });
    // A stream whose WebSocket broke can have missed changes.
    if (position) this.notifyChanged();
    await this.#workers.update(loaded, position !== null || replaced.length > 0);
    sendToWorker(socket, { kind: "ready" });
  }

  /** Who has the most streams that are allowed; null: another one can open. */
  #findStreamLimit(
    digest: string,
    loaded: LoadedWorkspace,
    { member }: TokenOwner,
  ): "token" | "member" | null {
    const digests = this.#sockets.list().map(({ stream }) => stream.digest);
    const ofToken = digests.filter((other) => other === digest);
    if (ofToken.length >= MAX_STREAMS_PER_TOKEN) return "token";
    if (!member) return null;
    const now = Date.now();
    const ofMember = digests.filter(
      (other) => loaded.findTokenOwner(other, now)?.member?.id === member.id,
    );
    return ofMember.length >= MAX_STREAMS_PER_MEMBER ? "member" : null;
  }

  #toFirstPosition(
    { lists }: OpenStreamRequest,
    loaded: LoadedWorkspace,
    owner: TokenOwner,
  ): StreamPosition {
    const { capabilities } = loaded.catalogue().capabilities(owner.access);
    const supported = lists.filter((list) => list in capabilities);
    return {
      lists: Object.fromEntries(
        supported.map((list) => [list, computeFingerprint(list, loaded, owner)]),
      ),
      since: this.#journal.lastNumber,
    };
  }

  /** Deletes the resources of streams that have ended, and stores those of a new one. */
  #keepResources(name?: string, resources: string[] = []): void {
    this.#resources.keepOnly(this.#sockets.list().map(({ stream }) => stream.name));
    if (name !== undefined) this.#resources.save(name, resources);
  }

  /** The resources that a stream is subscribed to, with those of its client session. */
  #listUris({ stream: { name, session, hasResources } }: OpenStream): string[] {
    return [
      ...(hasResources ? this.#resources.list(name) : []),
      ...(session === null ? [] : this.#subscriptions.listUris(session)),
    ];
  }

  /** Sends to each stream what has changed for it; ends those whose token is not valid any more. */
  async #sendChanges(): Promise<void> {
    const now = Date.now();
    const { loaded } = this.#replica;
    for (const open of this.#sockets.list()) {
      const { socket, stream } = open;
      const owner = loaded?.findTokenOwner(stream.digest, now, stream.client, stream.server);
      if (loaded && owner) this.#sendChangesTo(open, loaded, owner);
      else this.#sockets.end(socket, { kind: "closed" });
    }
    if (loaded) await this.#workers.update(loaded, true);
  }

  #sendChangesTo(open: OpenStream, loaded: LoadedWorkspace, owner: TokenOwner): void {
    const { socket, stream } = open;
    const { changes, position } = detectChanges(
      stream.position,
      () => this.#listUris(open),
      loaded,
      owner,
      this.#journal,
    );
    this.#sockets.save({ socket, stream: { ...stream, position } });
    if (changes.changedLists.length > 0 || changes.updatedResources.length > 0)
      sendToWorker(socket, { kind: "changes", changes, position });
  }
}

/** Whether an open stream ends when this one is opened: it is the same one, or an older one of the session. */
function isReplaced(stream: Stream, { stream: name, session }: OpenStreamRequest): boolean {
  // A message goes to only one of a session's streams (2025-11-25, streamable HTTP): to the latest one.
  return stream.name === name || (session !== null && stream.session === session);
}

/** The requested resources whose updates the token owner can have. */
function listSubscribable(
  { resources }: OpenStreamRequest,
  loaded: LoadedWorkspace,
  { access }: TokenOwner,
): string[] {
  const short = [...new Set(resources)].filter(({ length }) => length <= MAX_SUBSCRIBED_URI_LENGTH);
  return limitUris(short, MAX_RESOURCES_PER_STREAM).filter((uri) =>
    findSubscribableServer(loaded, uri, access),
  );
}
