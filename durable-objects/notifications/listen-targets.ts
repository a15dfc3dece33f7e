import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ListName, ListenTargets } from "../../workers/contract/rpc/notification-stream.ts";
import { isObject } from "../../workers/mcp/json.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import type { ToolAccess } from "../policy/tool-access.ts";

/** Most resources that the gateway subscribes to on one server, for all clients together. */
const MAX_URIS_PER_SERVER = 2_000;
/**
 * Most bytes of the URIs of one server or stream as JSON. A server repeats them in its confirmation, which must be below
 * `MAX_CHANGE_BYTES`, possibly with escapes.
 */
const MAX_URIS_BYTES = 500_000;

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

/** The first URIs: `max`, or as many as fit into `MAX_URIS_BYTES`. */
export function limitUris(uris: string[], max: number): string[] {
  let bytes = 0;
  return uris.slice(0, max).filter((uri) => (bytes += sizeOf(uri)) <= MAX_URIS_BYTES);
}

/** Bytes of a URI as JSON, at most: servers can escape what is not ASCII. */
function sizeOf(uri: string): number {
  return JSON.stringify(uri).replaceAll(/[^\x20-\x7e]/g, "\\u0000").length + 1;
}

/** The server of a resource that the token owner may use, if it announces updates. */
export function findSubscribableServer(
  loaded: LoadedWorkspace,
  uri: string,
  access: Pick<ToolAccess, "mayUseServer">,
): ServerRecord | null {
  const catalogue = loaded.catalogue();
  const found = catalogue.findResource(uri, ({ id }) => access.mayUseServer(id));
  if (found && catalogue.findHold("resource", found) !== null) return null;
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
