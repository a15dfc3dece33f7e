import { getStaticTOMLValue, ParseError, parseTOML, type AST } from "toml-eslint-parser";
import type { NewItem, Place } from "../places.ts";
import { Problem } from "../problem.ts";
import { insertLines, toLines } from "./lines.ts";

/** Reads TOML. */
export function parseToml(text: string): unknown {
  return getStaticTOMLValue(parseProgram(text));
}

function parseProgram(text: string): AST.TOMLProgram {
  try {
    return parseTOML(text);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new Problem(`line ${error.lineNumber} is not valid TOML (${error.message})`);
  }
}

/** Writes an item as a table. Removes its table and those below it; comments and all else stay. */
export function editToml(text: string, place: Place, item: NewItem): string {
  const tables = parseProgram(text).body[0].body.filter(
    (node) =>
      node.type === "TOMLTable" &&
      node.resolvedKey[0] === place.root &&
      node.resolvedKey[1] === place.key,
  );
  let rest = text;
  for (const { range } of tables.toReversed()) {
    const [start, end] = toLines(rest, range);
    // The line that separated it from the next table.
    const gap = /^[ \t]*\r?\n/.exec(rest.slice(end))?.[0].length ?? 0;
    rest = rest.slice(0, start) + rest.slice(end + gap);
  }
  const [first] = tables;
  if (item === null) return first ? rest.replace(/(\r?\n)\s+$/, "$1") : rest;
  const lines = item.text.split("\n");
  if (first) {
    const at = toLines(text, first.range)[0];
    return insertLines(rest, at, at < rest.length ? [...lines, ""] : lines);
  }
  return insertLines(text, text.length, text.trim() === "" ? lines : ["", ...lines]);
}
