import type {
  ListName,
  StreamChanges,
  StreamPosition,
} from "../../workers/contract/rpc/notification-stream.ts";
import { isWithinResource } from "../../workers/upstream/notifications/change-listener.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import type { TokenOwner } from "../admission/token-owners.ts";
import type { ChangeJournal } from "./change-journal.ts";
import { findSubscribableServer } from "./listen-targets.ts";

/** The changes after a stream's position, and the position after them. */
interface DetectedChanges {
  changes: StreamChanges;
  position: StreamPosition;
}

/**
 * Compares a stream's position with the catalogue and the journal. `listUris` returns the resources that the stream is
 * subscribed to; it is called only if any was updated.
 */
export function detectChanges(
  { lists: before, since }: StreamPosition,
  listUris: () => string[],
  loaded: LoadedWorkspace,
  owner: TokenOwner,
  journal: ChangeJournal,
): DetectedChanges {
  const lists: StreamPosition["lists"] = {};
  const changedLists: ListName[] = [];
  const known = loaded.enabledServers.filter(({ id }) => owner.access.mayKnowServer(id));
  // The keys of this record are list names, as its type says.
  for (const list of Object.keys(before) as ListName[]) {
    const fingerprint = computeFingerprint(list, loaded, owner);
    lists[list] = fingerprint;
    if (before[list] !== fingerprint || journal.hasListChangeSince(since, list, known))
      changedLists.push(list);
  }
  const updates = journal.listUpdatesSince(since);
  const uris = updates.length > 0 ? listUris() : [];
  const updatedResources = new Set<string>();
  for (const { serverId, uri } of updates) {
    const isSubscribed = uris.some(
      (subscribed) =>
        isWithinResource(uri, subscribed) &&
        findSubscribableServer(loaded, subscribed, owner.access)?.id === serverId,
    );
    if (isSubscribed) updatedResources.add(uri);
  }
  return {
    changes: { changedLists, updatedResources: [...updatedResources] },
    position: { lists, since: journal.lastNumber },
  };
}

/** A text that changes when the list changes for this token owner. */
export function computeFingerprint(
  list: ListName,
  loaded: LoadedWorkspace,
  { access }: TokenOwner,
): string {
  const catalogue = loaded.catalogue();
  // A server announces a changed list of skills as one of resources (SEP-2640).
  return list === "resources"
    ? (["resources", "templates", "skills"] as const)
        .map((kind) => catalogue.lists.fingerprint(kind, access))
        .join("")
    : catalogue.lists.fingerprint(list, access);
}
