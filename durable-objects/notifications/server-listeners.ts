import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ListName } from "../../workers/contract/rpc/notification-stream.ts";
import { isObject } from "../../workers/mcp/json.ts";
import type { ListenTargets } from "../../workers/upstream/notifications/listener.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import type { ToolAccess } from "../policy/tool-access.ts";
import { toConnectionKey } from "../tool-catalogue/connection-key.ts";
import { ServerListener, type ListenerEvents } from "./server-listener.ts";

/** Most resources that the gateway subscribes to on one server, for all clients together. */
const MAX_URIS_PER_SERVER = 2_000;

/** The lists and resources that one stream is subscribed to. */
export interface Subscriber {
  /** SHA-256 of the token, lowercase hex. */
  digest: string;
  lists: ListName[];
  uris: string[];
}

interface Connection {
  /** How the server is reached; when it changes, the gateway connects again. */
  key: string;
  listener: ServerListener;
}

/** The connections to servers that announce changes, while a stream is subscribed to any. */
export class ServerListeners {
  readonly #events: ListenerEvents;
  readonly #connections = new Map<string, Connection>();

  constructor(events: ListenerEvents) {
    this.#events = events;
  }

  /**
   * Opens, changes and closes connections so that they fit the subscribers. Returns when the servers have confirmed or
   * refused.
   */
  async update(loaded: LoadedWorkspace | null, subscribers: Subscriber[]): Promise<void> {
    const targets = loaded ? computeTargets(loaded, subscribers) : new Map<string, ListenTargets>();
    for (const [id, { key, listener }] of this.#connections) {
      const server = loaded?.config.servers.get(id);
      if (server && targets.has(id) && toConnectionKey(server) === key) continue;
      this.#connections.delete(id);
      listener.stop();
    }
    const confirmations = [...targets].map(([id, target]): Promise<void> => {
      const connection = this.#connections.get(id);
      if (connection) return connection.listener.changeTargets(target);
      const server = loaded?.config.servers.get(id);
      if (!loaded || !server) return Promise.resolve();
      const { upstreams, optionsFor, headersOf } = loaded;
      const dependencies = { upstreams, optionsFor, headersOf, ...this.#events };
      const listener = new ServerListener(server, target, dependencies);
      this.#connections.set(id, { key: toConnectionKey(server), listener });
      return listener.firstAttempt;
    });
    await Promise.all(confirmations);
  }

  /** Refreshes the catalogues of servers without a connection, when they are stale. Null: none is. */
  pollUnconnected(loaded: LoadedWorkspace, now: number): Promise<unknown> | null {
    const unconnected = loaded.enabledServers.filter(
      ({ id }) => this.#connections.get(id)?.listener.isConnected !== true,
    );
    return loaded.upstreams.refreshStale(unconnected, now);
  }
}

/** The lists and resources to subscribe to, by server id. */
function computeTargets(
  loaded: LoadedWorkspace,
  subscribers: Subscriber[],
): Map<string, ListenTargets> {
  const targets = new Map<string, { lists: Set<ListName>; uris: Set<string> }>();
  const targetsFor = ({ id }: ServerRecord) => {
    const known = targets.get(id) ?? { lists: new Set(), uris: new Set() };
    targets.set(id, known);
    return known;
  };
  for (const { digest, lists, uris } of subscribers) {
    const access = loaded.findTokenOwner(digest, Date.now())?.access;
    if (!access) continue;
    for (const server of loaded.enabledServers) {
      if (!access.mayKnowServer(server.id)) continue;
      for (const list of lists)
        if (announcesListChanges(loaded, server, list)) targetsFor(server).lists.add(list);
    }
    for (const uri of uris) {
      const server = findSubscribableServer(loaded, uri, access);
      if (server) targetsFor(server).uris.add(uri);
    }
  }
  return new Map(
    [...targets].map(([id, { lists, uris }]) => [
      id,
      { lists: [...lists].toSorted(), uris: [...uris].toSorted().slice(0, MAX_URIS_PER_SERVER) },
    ]),
  );
}

/** The server of a resource that the token owner may use, if it announces updates. */
export function findSubscribableServer(
  loaded: LoadedWorkspace,
  uri: string,
  access: Pick<ToolAccess, "mayUseServer">,
): ServerRecord | null {
  const found = loaded.catalogue().findResource(uri, ({ id }) => access.mayUseServer(id));
  return found && loaded.announcesUpdates(found.server) ? found.server : null;
}

function announcesListChanges(
  loaded: LoadedWorkspace,
  server: ServerRecord,
  list: ListName,
): boolean {
  const capability = loaded.upstreams.catalogues.get(server.id)?.capabilities[list];
  return isObject(capability) && capability["listChanged"] === true;
}
