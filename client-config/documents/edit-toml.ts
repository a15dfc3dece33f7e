import { insertLines, splice, toLines } from "./lines.ts";
import { findNode, isMap, toPlain } from "./node.ts";
import { parseProgram } from "./parse-toml.ts";
import { setValue, type Target } from "./target.ts";
import { toInline, toKey, writeTomlTable } from "./write-toml.ts";

/** Replaces a value by one on its line, or a table by one with other members. */
export function replaceToml(target: Target, value: unknown): string {
  const { text, holder, key } = target;
  const node = findNode(holder, [key])?.node ?? holder;
  if (node.kind === "scalar" || node.isFlow) return splice(text, node, toInline(value));
  return insertToml(toSame(target, removeToml(target)), value);
}

/** Inserts a key behind the others of its table, or a table at the end of the text. */
export function insertToml(target: Target, value: unknown): string {
  const { text, holder, holderPath, key } = target;
  if (holder.kind !== "map" || holder.isFlow) return rewrite(target, value);
  const path = [...holderPath.map(String), String(key)];
  if (isMap(value) && holderPath.length < 2) {
    const lines = listTables(path, value);
    return insertLines(text, text.length, text.trim() === "" ? lines : ["", ...lines]);
  }
  const line = `${toKey(String(key))} = ${toInline(value)}`;
  const table = listOwnTables(text).find(
    ({ resolvedKey }) => resolvedKey.map(String).join("\0") === holderPath.map(String).join("\0"),
  );
  if (holderPath.length === 0) return insertLines(text, 0, [line]);
  if (!table)
    return insertLines(text, text.length, [
      "",
      `[${holderPath.map((step) => toKey(String(step))).join(".")}]`,
      line,
    ]);
  const [start, end] = table.range;
  return insertLines(text, toLines(text, { start, end }).end, [line]);
}

/** Removes a key with its line, or a table with those below it. */
export function removeToml(target: Target): string {
  const { text, holder, holderPath, key } = target;
  if (holder.kind !== "map" || holder.isFlow) return rewrite(target, undefined);
  const path = [...holderPath.map(String), String(key)];
  const program = parseProgram(text).body[0].body;
  const spans = program.flatMap((node) => {
    if (node.type === "TOMLTable") {
      const own = node.resolvedKey.map(String);
      if (path.every((step, index) => own[index] === step)) return [toSpan(node.range)];
      return listPairs(node.body, own, path);
    }
    return listPairs([node], [], path);
  });
  return spans.toReversed().reduce((rest, span) => {
    const { start, end } = toLines(rest, span);
    // The line that separated it from the next table.
    const isTable = rest.slice(start).trimStart().startsWith("[");
    const gap = isTable ? (/^[ \t]*\r?\n/.exec(rest.slice(end))?.[0].length ?? 0) : 0;
    return rest.slice(0, start) + rest.slice(end + gap);
  }, text);
}

type Table = Extract<
  ReturnType<typeof parseProgram>["body"][0]["body"][number],
  { type: "TOMLTable" }
>;

/** The pairs at or below a path, of a table with the path `own`. */
function listPairs(pairs: Table["body"], own: readonly string[], path: readonly string[]) {
  return pairs.flatMap(({ key, range }) => {
    const names = key.keys.map((part) => (part.type === "TOMLBare" ? part.name : part.value));
    const full = [...own, ...names];
    return path.every((step, index) => full[index] === step) ? [toSpan(range)] : [];
  });
}

function listOwnTables(text: string): Table[] {
  return parseProgram(text).body[0].body.filter((node) => node.type === "TOMLTable");
}

/** A table at a path, or tables of its members where there is none above them. */
function listTables(path: readonly string[], value: Record<string, unknown>): string[] {
  const members = Object.entries(value);
  const isRoot =
    path.length === 1 && members.length > 0 && members.every(([, member]) => isMap(member));
  if (!isRoot) return writeTomlTable(path, value);
  return members.flatMap(([name, member], index) => [
    ...(index === 0 ? [] : [""]),
    ...writeTomlTable([...path, name], isMap(member) ? member : {}),
  ]);
}

/** Writes a list or an inline table anew. */
function rewrite({ text, holder, key }: Target, value: unknown): string {
  return splice(text, holder, toInline(setValue(toPlain(holder), [key], value)));
}

function toSame(target: Target, text: string): Target {
  return { ...target, text };
}

function toSpan([start, end]: readonly [number, number]): { start: number; end: number } {
  return { start, end };
}
