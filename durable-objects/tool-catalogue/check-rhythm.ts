import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../workers/contract/units.ts";
import { readStored } from "../storage/stored-json.ts";
import type { WorkspaceStorage } from "../storage/workspace-storage.ts";

/** Time between two periodic checks of a workspace in use: it had calls since the last one, or a client listens. */
const IN_USE_MS = 5 * MINUTE_MS;
/** The same by the time without use. */
const UNUSED: [forMs: number, everyMs: number][] = [
  [7 * DAY_MS, 6 * HOUR_MS],
  [DAY_MS, HOUR_MS],
  [0, 15 * MINUTE_MS],
];
/** Each time is up to a fifth shorter or longer, so that workspaces that began together part. */
const JITTER = 0.2;

/** The use of a workspace. `lastSeq`: the last sequence number of its calls. */
export interface WorkspaceUse {
  lastSeq: number;
  isListening: boolean;
}

/** The last periodic check. */
interface StoredRhythm {
  /** Epoch ms. */
  checkedAt: number;
  /** When the workspace was last known to be in use, epoch ms. */
  usedAt: number;
  /** Calls with greater numbers came after the check. */
  lastSeq: number;
  /** Of the time until the next check. */
  factor: number;
}

/**
 * When a workspace's servers are next checked by the object's alarm: seldom if it is not used. The rhythm is stored, because an
 * evicted object does not remember. Calls are noticed by their numbers, so that a call costs no write.
 */
export class CheckRhythm {
  readonly #storage: WorkspaceStorage;

  constructor(storage: WorkspaceStorage) {
    this.#storage = storage;
  }

  /** Epoch ms. A workspace without a check is due at once. */
  nextDueAt(use: WorkspaceUse): number {
    const last = this.#read();
    if (!last) return 0;
    const everyMs = isUsed(last, use) ? IN_USE_MS : toUnusedInterval(last.checkedAt - last.usedAt);
    return last.checkedAt + everyMs * last.factor;
  }

  /** A periodic check begins. `random`: from 0 to 1. */
  startCheck(use: WorkspaceUse, now: number, random: number): void {
    const last = this.#read();
    const usedAt = last && !isUsed(last, use) ? last.usedAt : now;
    const factor = 1 - JITTER + 2 * JITTER * random;
    this.#save({ checkedAt: now, usedAt, lastSeq: use.lastSeq, factor });
  }

  /** An admin checks or changes a server: the workspace is in use. */
  handleAdmin(lastSeq: number, now: number): void {
    this.#save({ factor: 1, lastSeq, checkedAt: now, ...this.#read(), usedAt: now });
  }

  #read(): StoredRhythm | null {
    const stored = this.#storage.readMeta("check_rhythm");
    return stored === null ? null : readStored<StoredRhythm>(stored);
  }

  #save(rhythm: StoredRhythm): void {
    this.#storage.writeMeta("check_rhythm", JSON.stringify(rhythm));
  }
}

function isUsed(last: StoredRhythm, { lastSeq, isListening }: WorkspaceUse): boolean {
  return isListening || lastSeq > last.lastSeq;
}

function toUnusedInterval(unusedMs: number): number {
  return UNUSED.find(([forMs]) => unusedMs >= forMs)?.[1] ?? IN_USE_MS;
}
