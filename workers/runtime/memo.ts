/** Together these bound the memory that clients can fill in an isolate: 2 MB per function. */
const MAX_ENTRIES = 1_000;
const MAX_ARGUMENT_LENGTH = 2_000;

/** A pure function that caches its results by argument. When the cache is full, it is cleared. */
export class Memo<T> {
  readonly #compute: (argument: string) => T;
  readonly #known = new Map<string, T>();

  constructor(compute: (argument: string) => T) {
    this.#compute = compute;
  }

  get(argument: string): T {
    const known = this.#known.get(argument);
    if (known !== undefined) return known;
    const value = this.#compute(argument);
    if (argument.length > MAX_ARGUMENT_LENGTH) return value;
    if (this.#known.size >= MAX_ENTRIES) this.#known.clear();
    this.#known.set(argument, value);
    return value;
  }
}
