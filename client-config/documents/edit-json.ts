import { createScanner } from "jsonc-parser";
import { toJson } from "../../workers/contract/marketplace/install/quoting.ts";
import { findNode, type DocumentNode } from "./node.ts";
import type { Target } from "./target.ts";

/** Replaces a value; one that is on one line stays on one line. */
export function replaceJson({ text, holder, key }: Target, value: unknown): string {
  const node = findNode(holder, [key])?.node ?? holder;
  const isOneLine = node.kind === "scalar" || !text.slice(node.start, node.end).includes("\n");
  const content =
    isOneLine && (node.kind !== "scalar" || typeof value !== "object")
      ? toOneLine(value)
      : toLines(text, value, findIndent(text, node.start));
  return text.slice(0, node.start) + content + text.slice(node.end);
}

/** Inserts a member or an item behind the others. A comment behind the last one stays on its line. */
export function insertJson({ text, holder, key }: Target, value: unknown): string {
  if (text.trim() === "")
    return `${toJson(holder.kind === "list" ? [value] : Object.fromEntries([[key, value]]))}\n`;
  const lineBreak = findLineBreak(text);
  const prefix = holder.kind === "list" ? "" : `${JSON.stringify(String(key))}: `;
  const last = listChildren(holder).at(-1);
  if (!last) {
    const outer = findIndent(text, holder.start);
    const inner = outer + findUnit(text);
    const open = holder.start + 1;
    const close = holder.end - 1;
    const isBlank = text.slice(open, close).trim() === "";
    const content = lineBreak + inner + prefix + toLines(text, value, inner);
    return (
      text.slice(0, open) +
      content +
      (isBlank ? lineBreak + outer + text.slice(close) : text.slice(open))
    );
  }
  const { start, end } = last;
  const comma = findComma(text, end);
  if (!isFirstOfLine(text, start))
    return `${text.slice(0, end)}, ${prefix}${toOneLine(value)}${text.slice(end)}`;
  const indent = findIndent(text, start);
  const from = comma ?? end;
  const comment = /^[ \t]*(?:\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/[ \t]*)?(?=[\r\n])/.exec(
    text.slice(from),
  );
  const at = from + (comment?.[0].length ?? 0);
  const content = lineBreak + indent + prefix + toLines(text, value, indent);
  return comma === null
    ? `${text.slice(0, end)},${text.slice(end, at)}${content}${text.slice(at)}`
    : `${text.slice(0, at)}${content},${text.slice(at)}`;
}

/** Removes a member or an item with its comma, and with its lines if nothing else is on them. */
export function removeJson({ text, holder, key }: Target): string {
  const children = listChildren(holder);
  const index = findIndex(holder, key);
  const child = children[index];
  if (!child) return text;
  const comma = findComma(text, child.end);
  let from = child.start;
  let to = comma ?? child.end;
  const rest = /^[ \t]*\r?\n/.exec(text.slice(to));
  if (rest && isFirstOfLine(text, from)) {
    from = text.lastIndexOf("\n", from - 1) + 1;
    to += rest[0].length;
  }
  const before = children[index - 1];
  const oldComma = comma === null && before ? findComma(text, before.end) : null;
  const head =
    oldComma === null
      ? text.slice(0, from)
      : text.slice(0, oldComma - 1) + text.slice(oldComma, from);
  return head + text.slice(to);
}

function listChildren(holder: DocumentNode): { start: number; end: number }[] {
  if (holder.kind === "scalar") return [];
  return holder.kind === "list"
    ? holder.items
    : holder.members.map(({ start, node }) => ({ start, end: node.end }));
}

/** The index of a member or item; of members with one name, that of the last. */
function findIndex(holder: DocumentNode, key: string | number): number {
  if (holder.kind === "map")
    return holder.members.findLastIndex((item) => item.key === String(key));
  return Number(key);
}

/** The offset behind the comma that follows, with only comments before it; null: there is none. */
function findComma(text: string, from: number): number | null {
  const scanner = createScanner(text, true);
  scanner.setPosition(from);
  scanner.scan();
  const at = scanner.getTokenOffset();
  return text[at] === "," ? at + 1 : null;
}

function isFirstOfLine(text: string, offset: number): boolean {
  return text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset).trim() === "";
}

/** The indentation of a line. */
function findIndent(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", offset - 1) + 1))?.[0] ?? "";
}

/** By what the file indents. */
function findUnit(text: string): string {
  return /^([ \t]+)["{[]/m.exec(text)?.[1] ?? "  ";
}

function findLineBreak(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

/** A value on several lines, as the file writes them. A string of JSON has no line break. */
function toLines(text: string, value: unknown, indent: string): string {
  const unit = findUnit(text);
  return toJson(value)
    .split("\n")
    .map((line) => line.replace(/^(?: {2})+/, (spaces) => unit.repeat(spaces.length / 2)))
    .join(findLineBreak(text) + indent);
}

function toOneLine(value: unknown): string {
  return toJson(value)
    .split("\n")
    .map((line) => line.trimStart())
    .join(" ");
}
