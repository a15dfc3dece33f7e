import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ListName, WatchRequest } from "../../workers/contract/rpc/watch.ts";
import { isObject } from "../../workers/mcp/json.ts";
import type { ListenTargets } from "../../workers/upstream/notifications/listener.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import { ServerListener, type ListenerDependencies } from "./server-listener.ts";

/** Resources that are followed on one server, for all clients together. */
const MAX_URIS = 2_000;

interface Followed {
  /** How the server is reached; a change of it needs another connection. */
  way: string;
  follower: ServerListener;
}

/** Connections to the servers that announce changes, as long as somebody wants to hear of some. */
export class ServerListeners {
  readonly #urisOf: (request: WatchRequest) => string[];
  readonly #followed = new Map<string, Followed>();

  /** `urisOf`: the resources that somebody with a stream follows. */
  constructor(urisOf: (request: WatchRequest) => string[]) {
    this.#urisOf = urisOf;
  }

  /** Opens, changes and ends connections so that they fit the streams. Returns when every new one is tried. */
  async follow(
    loaded: LoadedWorkspace | null,
    streams: WatchRequest[],
    deps: ListenerDependencies | null,
  ): Promise<void> {
    const wanted = loaded ? this.#wantedOf(loaded, streams) : new Map<string, ListenTargets>();
    for (const [id, { way, follower }] of this.#followed) {
      const server = loaded?.config.servers.get(id);
      if (server && wanted.has(id) && wayTo(server) === way) continue;
      this.#followed.delete(id);
      follower.stop();
    }
    const tried: Promise<void>[] = [];
    for (const [id, wish] of wanted) {
      const server = loaded?.config.servers.get(id);
      const known = this.#followed.get(id);
      if (known) tried.push(known.follower.change(wish));
      else if (server && deps) {
        const follower = new ServerListener(server, wish, deps);
        this.#followed.set(id, { way: wayTo(server), follower });
        tried.push(follower.tried);
      }
    }
    await Promise.all(tried);
  }

  /** Looks at servers that announce nothing, when their time has come. */
  poll(loaded: LoadedWorkspace, now: number): Promise<unknown> | null {
    const quiet = loaded.enabledServers.filter(
      ({ id }) => this.#followed.get(id)?.follower.isConnected !== true,
    );
    return loaded.upstreams.refreshStale(quiet, now);
  }

  #wantedOf(loaded: LoadedWorkspace, streams: WatchRequest[]): Map<string, ListenTargets> {
    const wanted = new Map<string, { lists: Set<ListName>; uris: Set<string> }>();
    const of = ({ id }: ServerRecord) => {
      const wish = wanted.get(id) ?? { lists: new Set(), uris: new Set() };
      wanted.set(id, wish);
      return wish;
    };
    for (const stream of streams) {
      const principal = loaded.findPrincipal(stream.digest, Date.now());
      if (!principal) continue;
      // The keys of this record are what its type says: it is made here.
      for (const list of Object.keys(stream.lists) as ListName[]) {
        for (const server of loaded.enabledServers) {
          if (!announces(loaded, server, list) || !principal.access.mayKnowServer(server.slug))
            continue;
          of(server).lists.add(list);
        }
      }
      for (const uri of this.#urisOf(stream)) {
        const server = findSubscribableServer(loaded, uri, principal.access);
        if (server) of(server).uris.add(uri);
      }
    }
    return new Map(
      [...wanted].map(([id, { lists, uris }]) => [
        id,
        { lists: [...lists].toSorted(), uris: [...uris].toSorted().slice(0, MAX_URIS) },
      ]),
    );
  }
}

/** The server whose resource this is for the caller, if it tells of updates. */
export function findSubscribableServer(
  loaded: LoadedWorkspace,
  uri: string,
  access: { mayUseServer(slug: string): boolean },
): ServerRecord | null {
  const found = loaded.catalogue().findResource(uri, ({ slug }) => access.mayUseServer(slug));
  return found && loaded.announcesUpdates(found.server) ? found.server : null;
}

function announces(loaded: LoadedWorkspace, server: ServerRecord, list: ListName): boolean {
  const capability = loaded.upstreams.catalogues.get(server.id)?.capabilities[list];
  return isObject(capability) && capability["listChanged"] === true;
}

function wayTo(server: ServerRecord): string {
  const { url, headers, credentials, transport, era, protocolVersion } = server;
  return JSON.stringify([url, headers, credentials, transport, era, protocolVersion]);
}
