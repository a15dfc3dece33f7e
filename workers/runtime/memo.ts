/** Together these bound the memory that clients can fill in an isolate: 2 MB per function. */
const MAX_ENTRIES = 1_000;
const MAX_ARGUMENT_LENGTH = 2_000;

/** Other bounds than the general ones. */
interface MemoBounds {
  maxEntries: number;
  maxArgumentLength: number;
}

/** A pure function that caches its results by argument. When the cache is full, it is cleared. */
export class Memo<T> {
  readonly #compute: (argument: string) => T;
  readonly #bounds: MemoBounds;
  readonly #known = new Map<string, T>();

  constructor(
    compute: (argument: string) => T,
    bounds: MemoBounds = { maxEntries: MAX_ENTRIES, maxArgumentLength: MAX_ARGUMENT_LENGTH },
  ) {
    this.#compute = compute;
    this.#bounds = bounds;
  }

  get(argument: string): T {
    const known = this.#known.get(argument);
    if (known !== undefined) return known;
    const value = this.#compute(argument);
    if (argument.length > this.#bounds.maxArgumentLength) return value;
    if (this.#known.size >= this.#bounds.maxEntries) this.#known.clear();
    this.#known.set(argument, value);
    return value;
  }
}
