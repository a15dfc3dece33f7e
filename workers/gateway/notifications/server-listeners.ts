import type {
  ListenOrder,
  ListenOrders,
  MessageToWorkspace,
} from "../../contract/rpc/notification-stream.ts";
import type { Env } from "../../runtime/env.ts";
import { Semaphore } from "../../runtime/semaphore.ts";
import { budgetsOf } from "../../runtime/settings.ts";
import { egressOf } from "../../upstream/egress.ts";
import {
  ServerListener,
  type ServerListenerContext,
} from "../../upstream/notifications/server-listener.ts";

/** Of the six connections of an invocation that can wait for response headers (a platform limit), one stays free. */
const MAX_WAITING_CONNECTIONS = 5;

interface Connection {
  /** How the server is reached; when it changes, the gateway connects again. */
  key: string;
  listener: ServerListener;
}

/**
 * The servers that a notification stream's Worker listens to, for all streams of the workspace: an invocation of a Worker
 * costs nothing while it waits.
 */
export class ServerListeners {
  readonly #env: Env;
  readonly #report: (message: MessageToWorkspace) => void;
  readonly #connections = new Map<string, Connection>();
  readonly #closing = new Set<Promise<void>>();
  readonly #waiting = new Semaphore(MAX_WAITING_CONNECTIONS);

  constructor(env: Env, report: (message: MessageToWorkspace) => void) {
    this.#env = env;
    this.#report = report;
  }

  /** Opens, changes and closes connections as ordered. Reports when the servers have confirmed or refused. */
  async carryOut({ number, servers, retry, isTakeover }: ListenOrders): Promise<void> {
    const keys = new Map(servers.map((order) => [order.serverId, toKey(order)]));
    for (const [id, { key, listener }] of this.#connections) {
      if (keys.get(id) !== key) this.#close(id, listener);
    }
    await Promise.all(
      servers.map((order) => {
        const known = this.#connections.get(order.serverId);
        if (!known) return this.#open(order, isTakeover);
        if (retry.includes(order.serverId)) known.listener.retry();
        return known.listener.changeTargets(order.targets);
      }),
    );
    this.#report({ kind: "listening", number });
  }

  /** Returns when all connections are closed. */
  async stop(): Promise<void> {
    for (const [id, { listener }] of this.#connections) this.#close(id, listener);
    await Promise.all(this.#closing);
  }

  #close(id: string, listener: ServerListener): void {
    this.#connections.delete(id);
    const closing = listener.stop().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  /** Returns after the first attempt to connect. */
  #open(order: ListenOrder, isTakeover: boolean): Promise<void> {
    const { serverId, hosted } = order;
    const context: ServerListenerContext = {
      options: { budgets: budgetsOf(this.#env), ...egressOf(this.#env, hosted) },
      runLimited: (work) => this.#waiting.run(work),
      isTakeover,
    };
    const listener = new ServerListener(order, context, {
      onListsChanged: (lists) => this.#report({ kind: "list_changed", serverId, lists }),
      onResourcesUpdated: (uris) => this.#report({ kind: "resources_updated", serverId, uris }),
      onFlooded: () => this.#report({ kind: "flooded", serverId }),
      onReconnected: () => this.#report({ kind: "reconnected", serverId }),
    });
    this.#connections.set(serverId, { key: toKey(order), listener });
    return listener.firstAttempt;
  }
}

/** How a server is reached, as text. */
function toKey({ url, headers, transport, era, hosted }: ListenOrder): string {
  return JSON.stringify([url, headers, transport, era, hosted]);
}
