/** Most warnings of one server; further ones are counted. */
const MAX_WARNINGS = 100;
/** Most changes of one item that its warning names. */
const MAX_NAMED_CHANGES = 3;

/** The sentences for the admin about one fetch of a server's lists. */
export class CatalogueWarnings {
  readonly #lists = new Set<string>();
  readonly #leftOut = new Set<string>();
  readonly #repaired = new Set<string>();
  /** Warnings beyond those of the sets, which a server cannot fill without an end. */
  #further = 0;

  /** A list, or the rest of it, is missing. */
  addList(method: string, problem: string): void {
    this.#add(this.#lists, `${method}: ${problem}`);
  }

  /** An item is left out; `fault`: a verb with the reason. */
  addLeftOut(method: string, item: string, fault: string): void {
    this.#add(this.#leftOut, `${method}: ${item} ${fault}`);
  }

  addRepaired(method: string, item: string, changes: string[]): void {
    const rest = changes.length - MAX_NAMED_CHANGES;
    const named = changes.slice(0, MAX_NAMED_CHANGES).join("; ");
    const summary = rest > 0 ? `${named}; and ${rest} more changes` : named;
    this.#add(this.#repaired, `${method}: ${item} is repaired: ${summary}`);
  }

  /** The first warnings: those about whole lists, then about items that are left out, then about repaired ones. */
  toList(): string[] {
    const all = [...this.#lists, ...this.#leftOut, ...this.#repaired];
    const rest = all.length + this.#further - MAX_WARNINGS;
    const more = `${rest} more items were repaired or left out`;
    return rest > 0 ? [...all.slice(0, MAX_WARNINGS), more] : all;
  }

  #add(warnings: Set<string>, warning: string): void {
    if (warnings.has(warning)) return;
    if (warnings.size < MAX_WARNINGS) warnings.add(warning);
    else this.#further++;
  }
}
