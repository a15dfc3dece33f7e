import type {
  ListName,
  WatchChangesRequest,
} from "../../workers/contract/rpc/notification-stream.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import type { TokenOwner } from "../admission/token-owners.ts";
import { isWithinResource, type ChangeJournal } from "./change-journal.ts";
import { findSubscribableServer } from "./server-listeners.ts";

/** The changes after a stream's position, and the position after them. */
interface DetectedChanges {
  changedLists: ListName[];
  updatedResources: string[];
  lists: Partial<Record<ListName, string>>;
  since: number;
}

/**
 * Compares a stream's position with the catalogue and the journal. `uris`: the resources that the stream is subscribed
 * to.
 */
export function detectChanges(
  position: WatchChangesRequest,
  uris: string[],
  loaded: LoadedWorkspace,
  owner: TokenOwner,
  journal: ChangeJournal,
): DetectedChanges {
  const lists: Partial<Record<ListName, string>> = {};
  const changedLists: ListName[] = [];
  // The keys of this record are list names, as its type says.
  for (const list of Object.keys(position.lists) as ListName[]) {
    const fingerprint = computeFingerprint(list, loaded, owner, journal);
    lists[list] = fingerprint;
    if (position.lists[list] !== fingerprint) changedLists.push(list);
  }
  const updatedResources = new Set<string>();
  for (const { serverId, uri } of journal.listUpdatesSince(position.since)) {
    const isSubscribed = uris.some(
      (subscribed) =>
        isWithinResource(uri, subscribed) &&
        findSubscribableServer(loaded, subscribed, owner.access)?.id === serverId,
    );
    if (isSubscribed) updatedResources.add(uri);
  }
  return {
    changedLists,
    updatedResources: [...updatedResources],
    lists,
    since: journal.lastNumber,
  };
}

/**
 * A text that changes when the list changes for this token owner, or when a server that it knows announces a change.
 */
export function computeFingerprint(
  list: ListName,
  loaded: LoadedWorkspace,
  { access }: TokenOwner,
  journal: ChangeJournal,
): string {
  const catalogue = loaded.catalogue();
  const content =
    list === "resources"
      ? catalogue.lists.fingerprint("resources", access) +
        catalogue.lists.fingerprint("templates", access)
      : catalogue.lists.fingerprint(list, access);
  const known = loaded.enabledServers.filter(({ id }) => access.mayKnowServer(id));
  return `${content}.${journal.countListChanges(list, known)}`;
}
