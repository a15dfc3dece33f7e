import { escapeLine } from "../text/hidden-characters.ts";
import { writeJson } from "./json-value.ts";

/** Longest name or value that a sentence quotes. */
const MAX_QUOTED = 60;
/** Values that a sentence lists. */
const MAX_LISTED = 5;

/** A text of a server as a sentence quotes it: short, with what a reader cannot see as `\u{200b}`. */
export function quote(text: string): string {
  const visible = escapeLine(text.slice(0, MAX_QUOTED + 1));
  return `“${visible.length > MAX_QUOTED ? `${visible.slice(0, MAX_QUOTED - 1)}…` : visible}”`;
}

/** Values as a sentence lists them. */
export function quoteAll(values: readonly unknown[]): string {
  const shown = values
    .slice(0, MAX_LISTED)
    .map((value) => quote(typeof value === "string" ? value : writeJson(value)));
  const rest = values.length - shown.length;
  return rest > 0 ? `${shown.join(", ")} and ${rest} more` : shown.join(", ");
}
