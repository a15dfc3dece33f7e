import type { Draft } from "./draft.ts";
import { toPointer, type JsonObject } from "./json-value.ts";
import type { SchemaReader } from "./schema-form.ts";

/** Most pairs of schemas that one comparison looks at. */
const MAX_PAIRS = 2000;
/** Most schemas within each other, references followed. */
const MAX_DEPTH = 120;

/** What a difference does to calls. `narrows`: a call that fitted may not fit. `unclear`: it can be either. */
type Effect = "widens" | "narrows" | "unclear" | "none";

/** A difference of two schemas. */
export interface SchemaDifference extends Draft {
  effect: Effect;
}

/** A place of both schemas. */
export interface Place {
  path: string;
  /** The place as the subject of a sentence, such as: The argument “limit”. */
  label: string;
}

/** Two schemas at one place: as they are written, and their rules in one form. */
export interface SchemaPair {
  before: unknown;
  after: unknown;
  rules: { before: JsonObject | false; after: JsonObject | false };
  place: Place;
}

/** Compares what is at one place, and calls `compare` for what is below. */
type CompareNode = (comparison: SchemaComparison, pair: SchemaPair) => void;

/** One comparison of two schemas: what it has found and how far it has gone. */
export class SchemaComparison {
  readonly differences: SchemaDifference[] = [];
  readonly #compareNode: CompareNode;
  readonly #before: SchemaReader;
  readonly #after: SchemaReader;
  readonly #isRootEqual: boolean;
  readonly #spent: { pairs: number; depth: number };
  readonly #seen = new WeakMap<object, WeakSet<object>>();

  constructor(
    before: SchemaReader,
    after: SchemaReader,
    options: { isRootEqual: boolean; compareNode: CompareNode; spent?: SchemaComparison["spent"] },
  ) {
    this.#before = before;
    this.#after = after;
    this.#isRootEqual = options.isRootEqual;
    this.#compareNode = options.compareNode;
    this.#spent = options.spent ?? { pairs: 0, depth: 0 };
  }

  get spent(): { pairs: number; depth: number } {
    return this.#spent;
  }

  /** Compares two schemas at one place. */
  compare(before: unknown, after: unknown, place: Place): void {
    if (this.#isSame(before, after) || this.#isSeen(before, after)) return;
    this.#spent.pairs += 1;
    if (this.#spent.pairs > MAX_PAIRS || this.#spent.depth >= MAX_DEPTH) {
      this.#addLimit(place);
      return;
    }
    this.#spent.depth += 1;
    this.#compareNode(this, {
      before: this.#before.follow(before),
      after: this.#after.follow(after),
      rules: { before: this.#before.toForm(before), after: this.#after.toForm(after) },
      place,
    });
    this.#spent.depth -= 1;
  }

  /** The rules of a schema of one side, in one form. */
  readRules(side: "before" | "after", schema: unknown): JsonObject | false {
    return (side === "before" ? this.#before : this.#after).toForm(schema);
  }

  /** Whether every value that fits the one schema fits the other. */
  isAccepted(before: unknown, after: unknown): boolean {
    this.#spent.pairs += 1;
    if (this.#spent.pairs > MAX_PAIRS) return false;
    const inner = new SchemaComparison(this.#before, this.#after, {
      isRootEqual: this.#isRootEqual,
      compareNode: this.#compareNode,
      spent: this.#spent,
    });
    inner.compare(before, after, { path: "", label: "" });
    return inner.isCompatible();
  }

  /** Whether nothing that was found can refuse a call that fitted. */
  isCompatible(): boolean {
    return this.differences.every(({ effect }) => effect === "widens" || effect === "none");
  }

  /** Adds a difference. */
  add(difference: SchemaDifference): void {
    this.differences.push(difference);
  }

  #addLimit({ path, label }: Place): void {
    if (this.differences.some(({ rule }) => rule === "unreadable")) return;
    this.add({
      rule: "unreadable",
      severity: "high",
      effect: "unclear",
      path,
      message: `${label} has a schema that is too large or too deep to be compared as a whole.`,
      before: undefined,
      after: undefined,
    });
  }

  /** Equal texts with references in them can mean other things. */
  #isSame(before: unknown, after: unknown): boolean {
    const text = this.#before.toText(before);
    return text === this.#after.toText(after) && (this.#isRootEqual || !text.includes('"$ref"'));
  }

  /** Schemas that refer to themselves come back to a pair. */
  #isSeen(before: unknown, after: unknown): boolean {
    if (typeof before !== "object" || typeof after !== "object" || !before || !after) return false;
    const others = this.#seen.get(before) ?? new WeakSet();
    this.#seen.set(before, others);
    if (others.has(after)) return true;
    others.add(after);
    return false;
  }
}

/** The place of a member. */
export function toPlace(
  { path }: Place,
  names: readonly (string | number)[],
  label: string,
): Place {
  return { path: names.reduce<string>(toPointer, path), label };
}
