import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type {
  ListenOrder,
  ListenOrders,
  ListenTargets,
  ListName,
} from "../../workers/contract/rpc/notification-stream.ts";
import { Semaphore } from "../../workers/runtime/semaphore.ts";
import { withTimeout } from "../../workers/runtime/with-timeout.ts";
import { toHostSubject } from "../admission/call-route.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import { GATEWAY } from "../credentials/connection-index.ts";
import type { ToolAccess } from "../policy/tool-access.ts";
import { computeTargets } from "./listen-targets.ts";
import { sendToWorker, type OpenStream, type StreamSockets } from "./stream-sockets.ts";

/** Longest wait for a Worker's confirmation that it listens. */
const LISTENING_WITHIN_MS = 1_000;

/** A stream with the permissions of its token owner. */
interface Listener extends OpenStream {
  access: ToolAccess;
}

/**
 * The Workers of open streams that listen to the servers: a connection that the object itself waits on would keep it in
 * memory. Each server is listened to by the Worker of the oldest stream whose token owner is allowed to know it.
 */
export class ListeningWorkers {
  readonly #sockets: StreamSockets;
  readonly #listUris: (stream: OpenStream) => string[];
  /** Orders are sent in the order of the changes that they result from. */
  readonly #updates = new Semaphore(1);
  /** The JSON text of the servers that each Worker was sent last. After a time out of memory they are sent again. */
  readonly #sent = new WeakMap<WebSocket, string>();
  readonly #confirmations = new Map<number, () => void>();
  #lastNumber = 0;

  constructor(sockets: StreamSockets, listUris: (stream: OpenStream) => string[]) {
    this.#sockets = sockets;
    this.#listUris = listUris;
  }

  /**
   * Sends to each Worker what has changed. Returns when the Workers have confirmed it, or after a second. `isTakeover`:
   * other Workers can have listened to the servers before.
   */
  async update(loaded: LoadedWorkspace, isTakeover: boolean): Promise<void> {
    const confirmations = await this.#updates.run(() => this.#send(loaded, isTakeover));
    await Promise.all(confirmations);
  }

  /** A Worker has carried out the orders with this number. */
  confirm(number: number): void {
    this.#confirmations.get(number)?.();
  }

  async #send(loaded: LoadedWorkspace, isTakeover: boolean): Promise<Promise<void>[]> {
    const listeners = this.#listListeners(loaded);
    const targets = computeTargets(
      loaded,
      listeners.map((listener) => ({
        access: listener.access,
        // The keys of this record are list names, as its type says.
        lists: Object.keys(listener.stream.position.lists) as ListName[],
        uris: this.#listUris(listener),
      })),
    );
    const servers = new Map<Listener, ListenOrder[]>(listeners.map((each) => [each, []]));
    for (const [id, target] of targets) {
      const listener = listeners.find(({ access }) => access.mayKnowServer(id));
      const server = loaded.config.servers.get(id);
      const order = listener && server && (await toOrder(loaded, server, target));
      if (order) servers.get(listener)?.push(order);
    }
    const retry = loaded.upstreams.flooded.takeForgotten();
    return [...servers].flatMap(([listener, orders]) => {
      const isRetry = orders.some(({ serverId }) => retry.includes(serverId));
      return this.#isSent(listener, orders) && !isRetry
        ? []
        : [this.#sendTo(listener.socket, { servers: orders, retry, isTakeover })];
    });
  }

  #listListeners(loaded: LoadedWorkspace): Listener[] {
    const now = Date.now();
    return this.#sockets.list().flatMap((open) => {
      const { digest, client, server } = open.stream;
      const owner = loaded.findTokenOwner(digest, now, client, server);
      return owner ? [{ ...open, access: owner.access }] : [];
    });
  }

  #isSent({ socket, stream }: OpenStream, orders: ListenOrder[]): boolean {
    if (orders.length === 0) return !stream.isListening;
    return this.#sent.get(socket) === JSON.stringify(orders);
  }

  /** Returns when the Worker has carried out the orders, or after a second. */
  async #sendTo(socket: WebSocket, orders: Omit<ListenOrders, "number">): Promise<void> {
    // It can have changed, or ended, while the credentials were opened.
    const stream = this.#sockets.find(socket);
    if (!stream) return;
    const number = ++this.#lastNumber;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#confirmations.set(number, resolve);
    this.#sent.set(socket, JSON.stringify(orders.servers));
    this.#sockets.save({ socket, stream: { ...stream, isListening: orders.servers.length > 0 } });
    sendToWorker(socket, { kind: "listen", orders: { number, ...orders } });
    await withTimeout(promise, LISTENING_WITHIN_MS);
    this.#confirmations.delete(number);
  }
}

/** Null: the server was never reached, or its credentials cannot be opened. */
async function toOrder(
  loaded: LoadedWorkspace,
  server: ServerRecord,
  targets: ListenTargets,
): Promise<ListenOrder | null> {
  const { id: serverId, url, transport, era } = server;
  const sent = await loaded.headersOf(server, GATEWAY);
  if (!sent.ok || !transport || !era) return null;
  const { headers, credentials } = sent;
  const hosted = toHostSubject(loaded.config.workspace, server);
  const pausedUntil = loaded.upstreams.flooded.pausedUntil(serverId, Date.now());
  return { serverId, url, headers, credentials, transport, era, hosted, targets, pausedUntil };
}
