import { stringify } from "yaml";
import { toQuoted } from "../../workers/contract/marketplace/install/quoting.ts";
import { insertLines, splice, toLines } from "./lines.ts";
import { findNode, isMap, toPlain, type DocumentNode, type Span } from "./node.ts";
import { setValue, type Target } from "./target.ts";

const STYLE = {
  lineWidth: 0,
  aliasDuplicateObjects: false,
  defaultStringType: "QUOTE_DOUBLE",
  defaultKeyType: "PLAIN",
  compat: "yaml-1.1",
} as const;

/** Replaces a block by a block, and all else by a value on one line. */
export function replaceYaml({ text, holder, key }: Target, value: unknown): string {
  const found = findNode(holder, [key]);
  if (!found) return text;
  const { start, node } = found;
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const indent = text.slice(lineStart, start);
  if (
    holder.kind === "map" &&
    node.kind !== "scalar" &&
    !node.isFlow &&
    indent.trim() === "" &&
    isFilled(value)
  ) {
    const lines = toBlock(holder, key, value, indent.length);
    return insertLines(splice(text, toSpan(text, { start, end: node.end }), ""), lineStart, lines);
  }
  const content = toFlow(value);
  const end = toContentEnd(text, node);
  const isBlock = node.kind !== "scalar" && !node.isFlow;
  const isEmpty = node.kind === "scalar" && node.start === node.end;
  // A block is below its key, and an empty value has no place: both are written behind the colon.
  const colon = text.indexOf(":", start);
  if (holder.kind === "map" && (isBlock || isEmpty || /^[|>]/.test(text.slice(node.start)))) {
    const rest = { start: colon + 1, end: Math.max(colon + 1, isEmpty ? colon + 1 : end) };
    return splice(text, rest, ` ${content}`);
  }
  return splice(text, { start: node.start, end }, content);
}

/** Inserts a member or an item behind the others. */
export function insertYaml(target: Target, value: unknown): string {
  const { text, holder, key } = target;
  const last = listChildren(holder).at(-1);
  if (!last)
    return holder.kind === "map" && !holder.isFlow
      ? insertLines(text, text.length, toBlock(holder, key, value, 0))
      : rewrite(target, setValue(toPlain(holder), [key], value));
  if (holder.kind === "scalar" || holder.isFlow)
    return rewrite(target, setValue(toPlain(holder), [key], value));
  const { end } = toSpan(text, last);
  const first = listChildren(holder)[0] ?? last;
  const lineStart = text.lastIndexOf("\n", first.start - 1) + 1;
  const before = text.slice(lineStart, first.start);
  const column = holder.kind === "list" ? before.lastIndexOf("-") : before.length;
  return insertLines(text, end, toBlock(holder, key, value, Math.max(0, column)));
}

/** Removes a member or an item with its lines; comments before it stay. */
export function removeYaml(target: Target): string {
  const { text, holder, key } = target;
  const children = listChildren(holder);
  const index =
    holder.kind === "map"
      ? holder.members.findLastIndex((member) => member.key === String(key))
      : Number(key);
  const child = children[index];
  if (!child) return text;
  if (holder.kind === "scalar" || holder.isFlow || children.length === 1)
    return rewrite(target, setValue(toPlain(holder), [key], undefined));
  const lineStart = text.lastIndexOf("\n", child.start - 1) + 1;
  const next = children[index + 1];
  // The first member of an item is behind the item's dash.
  if (holder.kind === "map" && next && text.slice(lineStart, child.start).trim() !== "")
    return splice(text, { start: child.start, end: next.start }, "");
  return splice(text, toSpan(text, child), "");
}

/** Writes the whole holder on one line, which is what it is already or what it has to become when it is empty. */
function rewrite({ text, root, holder, holderPath }: Target, value: unknown): string {
  const key = holderPath.at(-1);
  if (key === undefined)
    return splice(text, { start: holder.start, end: holder.end }, `${toFlow(value)}\n`);
  const outer = findNode(root, holderPath.slice(0, -1))?.node ?? root;
  return replaceYaml(
    { text, root, holder: outer, holderPath: holderPath.slice(0, -1), key },
    value,
  );
}

function toBlock(
  holder: DocumentNode,
  key: string | number,
  value: unknown,
  column: number,
): string[] {
  const block = stringify(
    holder.kind === "list" ? [value] : Object.fromEntries([[key, value]]),
    STYLE,
  );
  return block
    .trimEnd()
    .split("\n")
    .map((line) => " ".repeat(column) + line);
}

function isFilled(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

/** A value on one line. */
function toFlow(value: unknown): string {
  if (typeof value === "string") return toQuoted(value.toWellFormed());
  if (Array.isArray(value)) return `[${value.map(toFlow).join(", ")}]`;
  if (!isMap(value)) return JSON.stringify(value ?? null);
  const cells = Object.entries(value).map(
    ([key, member]) => `${toQuoted(key.toWellFormed())}: ${toFlow(member)}`,
  );
  return `{${cells.join(", ")}}`;
}

function listChildren(holder: DocumentNode): Span[] {
  if (holder.kind === "scalar") return [];
  return holder.kind === "list"
    ? holder.items
    : holder.members.map(({ start, node }) => ({ start, end: node.end }));
}

/** The lines of a member or item, without the comments and empty lines behind it. */
function toSpan(text: string, { start, end }: Span): Span {
  const content = text.slice(0, end).trimEnd();
  return toLines(text, { start, end: Math.max(start + 1, content.length) });
}

function toContentEnd(text: string, { start, end }: Span): number {
  return start + text.slice(start, end).trimEnd().length;
}
