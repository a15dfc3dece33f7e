import type { ServerCheck } from "../../workers/contract/rpc/tool-catalogue.ts";
import { MINUTE_MS } from "../../workers/contract/units.ts";
import { readStored } from "../storage/stored-json.ts";
import type { WorkspaceStorage } from "../storage/workspace-storage.ts";

/** A check with the same result as the last one in the history is left out of it for this long. */
const RECORD_AFTER_MS = 45 * MINUTE_MS;

/** The last check of each server that is in the history. `code` null: it succeeded. */
type Recorded = Record<string, { at: number; code: string | null }>;

/** Selects checks for the history in D1: each one costs four written rows there until it is deleted. */
export class RecordedChecks {
  readonly #storage: WorkspaceStorage;

  constructor(storage: WorkspaceStorage) {
    this.#storage = storage;
  }

  /** Whether a periodic check must be in the history. */
  isNews(serverId: string, { checkedAt, error }: ServerCheck): boolean {
    const last = this.#read()[serverId];
    const isSame = last?.code === (error?.code ?? null);
    return !isSame || checkedAt - last.at >= RECORD_AFTER_MS;
  }

  /** These checks are in the history. `known`: the workspace's servers, of which no other one is remembered. */
  handleStored(rows: { serverId: string; check: ServerCheck }[], known: Iterable<string>): void {
    if (rows.length === 0) return;
    const before = this.#read();
    const recorded: Recorded = {};
    for (const id of known) if (before[id]) recorded[id] = before[id];
    for (const { serverId, check } of rows)
      recorded[serverId] = { at: check.checkedAt, code: check.error?.code ?? null };
    this.#storage.writeMeta("recorded_checks", JSON.stringify(recorded));
  }

  #read(): Recorded {
    const stored = this.#storage.readMeta("recorded_checks");
    return stored === null ? {} : readStored<Recorded>(stored);
  }
}
