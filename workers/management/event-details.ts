/** Names that a list in a sentence has; the others are counted. */
const MAX_LISTED = 6;

/** The detail of an audit event, whose fields can be missing in events of earlier releases. */
export class Detail {
  readonly #fields: Record<string, unknown>;

  constructor(fields: unknown) {
    const isFields = typeof fields === "object" && fields !== null && !Array.isArray(fields);
    this.#fields = isFields ? { ...fields } : {};
  }

  has(field: string): boolean {
    return this.#fields[field] !== undefined;
  }

  value(field: string): unknown {
    return this.#fields[field];
  }

  text(field: string): string | null {
    const value = this.#fields[field];
    return typeof value === "string" ? value : null;
  }

  /** 0: it is missing. */
  number(field: string): number {
    const value = this.#fields[field];
    return typeof value === "number" ? value : 0;
  }

  texts(field: string): string[] {
    const value = this.#fields[field];
    return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
  }

  part(field: string): Detail {
    return new Detail(this.#fields[field]);
  }

  /** A value as a reader sees it; null: it is missing. */
  shown(field: string): string | null {
    const value = this.#fields[field];
    if (value === undefined) return null;
    if (value === null || (Array.isArray(value) && value.length === 0)) return "none";
    if (Array.isArray(value)) return value.join(", ");
    return typeof value === "string" ? value : JSON.stringify(value);
  }
}

/** "a", "a and b", "a, b and c"; of a long list the first and the number of the others. */
export function joinWords(words: string[]): string {
  if (words.length <= 1) return words.join("");
  if (words.length > MAX_LISTED) {
    const rest = words.length - MAX_LISTED;
    return `${words.slice(0, MAX_LISTED).join(", ")} and ${rest} more`;
  }
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** A text in quotation marks; `?` if it is missing. */
export function quote(text: string | null): string {
  return `“${text ?? "?"}”`;
}

/** "1 rule", "2 rules". */
export function toPlural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The date of an instant (epoch ms) in UTC. */
export function toDate(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** What a sentence is made of. `object`: the name of the changed thing. `nameOf`: the name of an id. */
export interface Parts {
  actor: string;
  object: string;
  detail: Detail;
  nameOf: (id: string) => string;
}

/** What the actor did, in the past tense: the sentence without its subject. */
export type Predicate = (parts: Parts) => string;
