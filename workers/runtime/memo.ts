/** Together they bound what clients can fill an isolate's memory with: 2 MB for each function. */
const MAX_ENTRIES = 1_000;
const MAX_ARGUMENT_LENGTH = 2_000;

/** A pure function that remembers what it answered, for arguments that come again and again. It forgets all when full. */
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
