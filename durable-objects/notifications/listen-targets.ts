import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ListName, ListenTargets } from "../../workers/contract/rpc/notification-stream.ts";
import { isObject } from "../../workers/mcp/json.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import type { ToolAccess } from "../policy/tool-access.ts";

/** Most resources that the gateway subscribes to on one server, for all clients together. */
const MAX_URIS_PER_SERVER = 2_000;
/** Most characters of the URIs of one server or stream: a row has at most 2 MB, a message of all servers 32 MiB. */
const MAX_URIS_LENGTH = 500_000;

/** The lists and resources that one stream is subscribed to. */
export interface Subscriber {
  access: ToolAccess;
  lists: ListName[];
  uris: string[];
}

/** The lists and resources to subscribe to, by server id. */
export function computeTargets(
  loaded: LoadedWorkspace,
  subscribers: Subscriber[],
): Map<string, ListenTargets> {
  const targets = new Map<string, { lists: Set<ListName>; uris: Set<string> }>();
  const targetsFor = ({ id }: ServerRecord) => {
    const known = targets.get(id) ?? { lists: new Set(), uris: new Set() };
    targets.set(id, known);
    return known;
  };
  for (const { access, lists, uris } of subscribers) {
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
      { lists: [...lists].toSorted(), uris: limitUris([...uris].toSorted(), MAX_URIS_PER_SERVER) },
    ]),
  );
}

/** The first URIs: `max`, or as many as `MAX_URIS_LENGTH` characters have. */
export function limitUris(uris: string[], max: number): string[] {
  let length = 0;
  return uris.slice(0, max).filter((uri) => (length += uri.length) <= MAX_URIS_LENGTH);
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
