import {
  isCollection,
  isMap as isYamlMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type Pair,
  type YAMLMap,
} from "yaml";
import { isMap, type NewItem, type Place } from "../places.ts";
import { Problem } from "../problem.ts";
import { insertLines, toLines, type Span } from "./lines.ts";

/** Reads YAML. An empty text is an empty map. */
export function parseYaml(text: string): unknown {
  return parseChecked(text).toJS({ maxAliasCount: 100 }) ?? {};
}

function parseChecked(text: string): Document {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (!error) return document;
  const line = error.linePos?.[0].line ?? 1;
  const [reason = ""] = error.message.split(" at line ");
  throw new Problem(`line ${line} is not valid YAML (${reason})`);
}

/** Changes the lines of one member or item; all other lines stay. */
export function editYaml(text: string, place: Place, item: NewItem): string {
  const { contents } = parseChecked(text);
  const root = isYamlMap(contents) ? findPair(contents, place.root) : null;
  if (!root) return item === null ? text : insertLines(text, text.length, item.text.split("\n"));
  const holder = root.value;
  if (!isCollection(holder) || holder.items.length === 0)
    return item === null ? text : fillEmpty(text, root, item.text);
  const spans = holder.items.map((member) => toSpan(text, member));
  const known = holder.items.findIndex((member) => isAt(member, place));
  const indent = /^[ \t]*/.exec(text.slice(spans[0]?.[0]))?.[0] ?? "";
  if (item === null) {
    const [start = 0, end = 0] = spans[known] ?? [];
    if (holder.items.length > 1) return text.slice(0, start) + text.slice(end);
    const rest = text.slice(0, start) + text.slice(end);
    const colon = text.indexOf(":", toEnd(root.key));
    return `${rest.slice(0, colon + 1)} ${isSeq(holder) ? "[]" : "{}"}${rest.slice(colon + 1)}`;
  }
  const [start, end] = spans[known] ??
    spans.map(([, last]) => [last, last] as Span).at(-1) ?? [0, 0];
  const rest = text.slice(0, start) + text.slice(end);
  return insertLines(rest, start, toItemLines(item.text, indent));
}

/** Lines of an item below its root, with the indentation of the file's other items. */
function toItemLines(text: string, indent: string): string[] {
  return text
    .split("\n")
    .slice(1)
    .map((line) => indent + line.slice(2));
}

/** Writes the first item of a root without any: `root:`, `root: {}`, or `root: []`. */
function fillEmpty(text: string, root: Pair, itemText: string): string {
  const colon = text.indexOf(":", toEnd(root.key));
  const valueEnd = isNode(root.value) ? (root.value.range?.[1] ?? colon + 1) : colon + 1;
  const end = Math.max(colon + 1, valueEnd);
  // A comment behind the empty value stays on the line of the root.
  const rest = text.slice(0, colon + 1) + text.slice(end);
  return insertLines(rest, toLines(rest, [colon, colon + 1])[1], toItemLines(itemText, "  "));
}

function findPair(map: YAMLMap, key: string): Pair | null {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key) ?? null;
}

function isAt(member: unknown, { field, key }: Place): boolean {
  if (isPair(member)) return isScalar(member.key) && member.key.value === key;
  const value: unknown = isYamlMap(member) ? member.toJSON() : null;
  return field !== null && isMap(value) && value[field] === key;
}

/** The lines of a member or item, without the comments and empty lines behind it. */
function toSpan(text: string, member: unknown): Span {
  const first = isPair(member) ? member.key : member;
  const last = isPair(member) ? (member.value ?? member.key) : member;
  const start = isNode(first) ? (first.range?.[0] ?? 0) : 0;
  const content = text.slice(0, toEnd(last)).trimEnd();
  return toLines(text, [start, Math.max(start + 1, content.length)]);
}

function toEnd(node: unknown): number {
  return isNode(node) ? (node.range?.[1] ?? 0) : 0;
}
