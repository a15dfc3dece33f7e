import { findValue, isMap, toCanonical, type NewItem, type Place } from "../places.ts";
import { Problem } from "../problem.ts";
import { editJson, parseJson } from "./json.ts";
import { editToml, parseToml } from "./toml.ts";
import { editYaml, parseYaml } from "./yaml.ts";

/** The formats of the clients' files. */
export type Language = "json" | "toml" | "yaml";

/** How a format is read and edited. `edit` changes as little of the text as it can. */
interface Format {
  parse: (text: string) => unknown;
  edit: (text: string, place: Place, item: NewItem) => string;
}

const FORMATS: Record<Language, Format> = {
  json: { parse: parseJson, edit: editJson },
  toml: { parse: parseToml, edit: editToml },
  yaml: { parse: parseYaml, edit: editYaml },
};

/** Reads a file's text. Throws a `Problem` that says what is wrong in it. */
export function readDocument(language: Language, text: string): Record<string, unknown> {
  const value = FORMATS[language].parse(text);
  if (!isMap(value)) throw new Problem("it is not a map of settings");
  return value;
}

/** The text with the item at its place. Throws a `Problem` if the text would change elsewhere, or is not as expected. */
export function editDocument(
  language: Language,
  text: string,
  place: Place,
  item: NewItem,
): string {
  const before = readDocument(language, text);
  const holder = Object.hasOwn(before, place.root) ? before[place.root] : null;
  const isUsable = place.field === null ? isMap(holder) : Array.isArray(holder);
  if (holder !== null && holder !== undefined && !isUsable)
    throw new Problem(
      `“${place.root}” in it is not a ${place.field === null ? "map" : "list"} of servers`,
    );
  const edited = FORMATS[language].edit(text, place, item);
  if (!isEdited(before, parseEdited(language, edited), place, item))
    throw new Problem(
      `it is written in a way in which “${place.root}.${place.key}” cannot be changed without changing more; edit it by hand`,
    );
  return edited;
}

/** The value of the edited text; null: it is no longer valid. */
function parseEdited(language: Language, text: string): Record<string, unknown> | null {
  try {
    return readDocument(language, text);
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

/** Whether `after` is `before` with the item at its place, and nothing else differs. */
function isEdited(
  before: Record<string, unknown>,
  after: Record<string, unknown> | null,
  place: Place,
  item: NewItem,
): boolean {
  if (after === null) return false;
  if (toCanonical(findValue(after, place) ?? null) !== toCanonical(item?.value ?? null))
    return false;
  return toCanonical(withoutPlace(before, place)) === toCanonical(withoutPlace(after, place));
}

/** The rest of a file. A root that is empty without the place counts as absent. */
function withoutPlace(root: Record<string, unknown>, place: Place): unknown[] {
  const { root: name, field, key } = place;
  const rest = Object.entries(root).filter(([member]) => member !== name);
  const holder = Object.hasOwn(root, name) ? root[name] : null;
  const others = Array.isArray(holder)
    ? holder.filter((item: unknown) => !(isMap(item) && field !== null && item[field] === key))
    : Object.entries(isMap(holder) ? holder : {})
        .filter(([member]) => member !== key)
        .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [Object.fromEntries(rest), others];
}
