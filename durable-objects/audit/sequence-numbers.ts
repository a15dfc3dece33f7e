import type { WorkspaceStorage } from "../storage/workspace-storage.ts";

const MIN_BLOCK_SIZE = 4;
const MAX_BLOCK_SIZE = 128;
/** A block that was used up sooner doubles the next one, because the call that needs a block waits for its write. */
const BLOCK_LASTS_MS = 500;

/**
 * Assigns the sequence numbers of a workspace's calls from memory, in blocks that are reserved in SQLite before use, so
 * that none is assigned twice. After a crash the rest of a block is in doubt, so blocks are small while calls are few.
 */
export class SequenceNumbers {
  readonly #storage: WorkspaceStorage;
  #lastAssigned: number;
  #lastReserved: number;
  #blockSize = MIN_BLOCK_SIZE;
  /** When the current block was reserved, epoch ms. */
  #reservedAt = 0;

  /** Begins after the last number that was ever reserved. */
  constructor(storage: WorkspaceStorage) {
    this.#storage = storage;
    this.#lastReserved = Number(storage.readMeta("reserved_seq") ?? 0);
    this.#lastAssigned = this.#lastReserved;
  }

  /** The last assigned number; 0: none was. */
  get last(): number {
    return this.#lastAssigned;
  }

  next(now: number): number {
    if (this.#lastAssigned >= this.#lastReserved) {
      this.#blockSize =
        now - this.#reservedAt < BLOCK_LASTS_MS
          ? Math.min(MAX_BLOCK_SIZE, this.#blockSize * 2)
          : Math.max(MIN_BLOCK_SIZE, this.#blockSize / 2);
      this.#reservedAt = now;
      this.#reserve(this.#lastAssigned + this.#blockSize);
    }
    return ++this.#lastAssigned;
  }

  /** Gives back the numbers that are reserved and not assigned. */
  returnUnused(): void {
    if (this.#lastReserved > this.#lastAssigned) this.#reserve(this.#lastAssigned);
  }

  #reserve(last: number): void {
    this.#lastReserved = last;
    this.#storage.writeMeta("reserved_seq", String(last));
  }
}
