import type { Path } from "../model.ts";

/** A value of a JSON text. Objects have no prototype, so that no name in the text is one of theirs. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
/** An object of a JSON text. */
export interface JsonObject {
  [name: string]: JsonValue;
}

/** The value as an object; null: it is none. */
export function toObject(value: JsonValue | undefined): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
}

/** The value as a text; empty: it is none. */
export function toText(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

/** The objects of a list, with their paths. `path`: of the list. */
export function listObjects(value: JsonValue | undefined, path: Path): [JsonObject, Path][] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item, index): [JsonObject, Path][] => {
    const object = toObject(item);
    return object ? [[object, [...path, index]]] : [];
  });
}

/** A value as the texts of findings quote it: of one line, and not long. */
export function toQuote(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return `“${line.length > 60 ? `${line.slice(0, 60).toWellFormed()}…` : line}”`;
}
