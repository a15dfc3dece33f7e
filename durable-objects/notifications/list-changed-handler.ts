import { REFRESH_INTERVAL_MS } from "../../workers/contract/limits.ts";
import type { ListName } from "../../workers/contract/rpc/notification-stream.ts";
import { Throttle } from "../../workers/runtime/throttle.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import type { ChangeJournal } from "./change-journal.ts";

/** Handles a server's list_changed notification, from any of its streams. */
export class ListChangedHandler {
  readonly #loaded: () => LoadedWorkspace | null;
  readonly #journal: ChangeJournal;
  readonly #onChange: () => void;
  readonly #throttles = new Map<string, Throttle<ListName>>();

  /** `onChange`: called when the journal has new entries. */
  constructor(loaded: () => LoadedWorkspace | null, journal: ChangeJournal, onChange: () => void) {
    this.#loaded = loaded;
    this.#journal = journal;
    this.#onChange = onChange;
  }

  /** Refreshes the server's catalogue and notifies clients, now or within 10 s. Ignores a server that is gone. */
  handle(serverId: string, list: ListName): void {
    if (!this.#loaded()?.config.servers.has(serverId)) return;
    let throttle = this.#throttles.get(serverId);
    if (!throttle) {
      throttle = new Throttle(REFRESH_INTERVAL_MS, (lists) => this.#refresh(serverId, lists));
      this.#throttles.set(serverId, throttle);
    }
    throttle.add(list);
  }

  /** An announced change is passed on even when the refreshed list is the same text. */
  async #refresh(serverId: string, lists: ListName[]): Promise<void> {
    const loaded = this.#loaded();
    const server = loaded?.config.servers.get(serverId);
    if (!loaded || !server) {
      this.#throttles.delete(serverId);
      return;
    }
    await loaded.upstreams.refreshAgain(server);
    for (const list of lists) this.#journal.addListChange(serverId, list);
    this.#onChange();
  }
}
