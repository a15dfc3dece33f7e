import type { ListName } from "../../workers/contract/rpc/watch.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import type { ChangeJournal } from "./change-journal.ts";
import { Throttle } from "./throttle.ts";

/** However often a server announces changes of its lists, it is looked at, and clients hear of it, once in this time. */
const BURST_MS = 1_000;
/** Kinds of lists. */
const MAX_BURST = 3;

/** What comes of a server's word that a list of its has changed, wherever it said so. */
export class ListChangedHandler {
  readonly #loaded: () => LoadedWorkspace | null;
  readonly #announcements: ChangeJournal;
  readonly #onNews: () => void;
  readonly #bursts = new Map<string, Throttle<ListName>>();

  /** `onNews`: called when clients have something to hear. */
  constructor(
    loaded: () => LoadedWorkspace | null,
    announcements: ChangeJournal,
    onNews: () => void,
  ) {
    this.#loaded = loaded;
    this.#announcements = announcements;
    this.#onNews = onNews;
  }

  /** Has the server looked at and its clients told, at once or within a second. Nothing, for a server that is gone. */
  add(serverId: string, list: ListName): void {
    if (!this.#loaded()?.config.servers.has(serverId)) return;
    const known = this.#bursts.get(serverId);
    const bursts =
      known ?? new Throttle(BURST_MS, MAX_BURST, (lists) => this.#announce(serverId, lists));
    this.#bursts.set(serverId, bursts);
    bursts.add(list);
  }

  /** What is announced is passed on even when the text stays the same: the server knows best. */
  async #announce(serverId: string, lists: ListName[]): Promise<void> {
    const loaded = this.#loaded();
    const server = loaded?.config.servers.get(serverId);
    if (!loaded || !server) {
      this.#bursts.delete(serverId);
      return;
    }
    await loaded.upstreams.refreshAnew(server);
    for (const list of lists) this.#announcements.addList(serverId, list);
    this.#onNews();
  }
}
