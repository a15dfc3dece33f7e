import {
  createScanner,
  parse,
  parseTree,
  printParseErrorCode,
  type Node,
  type ParseError,
} from "jsonc-parser";
import { toJson } from "../../../workers/contract/marketplace/install/quoting.ts";
import { isMap, type NewItem, type Place } from "../places.ts";
import { Problem } from "../problem.ts";

/** Reads JSON with comments and trailing commas, which several clients write. An empty text is an empty map. */
export function parseJson(text: string): unknown {
  if (text.trim() === "") return {};
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error) {
    const line = text.slice(0, error.offset).split("\n").length;
    throw new Problem(`line ${line} is not valid JSON (${printParseErrorCode(error.error)})`);
  }
  return value;
}

/** Changes one member or item; comments and the form of all else stay. */
export function editJson(text: string, { root, field, key }: Place, item: NewItem): string {
  const base = text.trim() === "" ? "{}\n" : text;
  const top = parseTree(base, [], { allowTrailingComma: true });
  if (!top) return base;
  const toMember = (value: unknown) => (field === null ? { name: key, value } : { value });
  const holder = findMember(top, root)?.children?.[1];
  if (!holder || holder.type === "null") {
    if (item === null) return base;
    const value = field === null ? { [key]: item.value } : [item.value];
    if (holder) return replaceNode(base, holder, value);
    return insertChild(base, top, { name: root, value });
  }
  const child = field === null ? findMember(holder, key) : findItem(base, holder, field, key);
  if (item === null) return child ? removeChild(base, holder, child) : base;
  if (!child) return insertChild(base, holder, toMember(item.value));
  const value = field === null ? child.children?.[1] : child;
  return value ? replaceNode(base, value, item.value) : base;
}

function findMember(map: Node, name: string): Node | undefined {
  return map.children?.find(({ children }) => children?.[0]?.value === name);
}

function findItem(text: string, list: Node, field: string, key: string): Node | undefined {
  return list.children?.find((node) => {
    const item = parseJson(text.slice(node.offset, toEnd(node)));
    return isMap(item) && item[field] === key;
  });
}

function toEnd({ offset, length }: Node): number {
  return offset + length;
}

function replaceNode(text: string, node: Node, value: unknown): string {
  const isOneLine = !text.slice(node.offset, toEnd(node)).includes("\n");
  const content = isOneLine
    ? toOneLine(value)
    : toLines(text, value, findIndent(text, node.offset));
  return text.slice(0, node.offset) + content + text.slice(toEnd(node));
}

/** Inserts a member or an item behind the others. A comment behind the last one stays on its line. */
function insertChild(
  text: string,
  holder: Node,
  { name, value }: { name?: string; value: unknown },
): string {
  const lineBreak = findLineBreak(text);
  const prefix = name === undefined ? "" : `${JSON.stringify(name)}: `;
  const last = holder.children?.at(-1);
  if (!last) {
    const outer = findIndent(text, holder.offset);
    const inner = outer + findUnit(text);
    const open = holder.offset + 1;
    const close = toEnd(holder) - 1;
    const isBlank = text.slice(open, close).trim() === "";
    const content = lineBreak + inner + prefix + toLines(text, value, inner);
    return (
      text.slice(0, open) +
      content +
      (isBlank ? lineBreak + outer + text.slice(close) : text.slice(open))
    );
  }
  const end = toEnd(last);
  const comma = findComma(text, end);
  if (!isFirstOfLine(text, last.offset))
    return `${text.slice(0, end)}, ${prefix}${toOneLine(value)}${text.slice(end)}`;
  const indent = findIndent(text, last.offset);
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
function removeChild(text: string, holder: Node, child: Node): string {
  const comma = findComma(text, toEnd(child));
  let from = child.offset;
  let to = comma ?? toEnd(child);
  const rest = /^[ \t]*\r?\n/.exec(text.slice(to));
  if (rest && isFirstOfLine(text, from)) {
    from = text.lastIndexOf("\n", from - 1) + 1;
    to += rest[0].length;
  }
  const before = holder.children?.[holder.children.indexOf(child) - 1];
  const oldComma = comma === null && before ? findComma(text, toEnd(before)) : null;
  const head =
    oldComma === null
      ? text.slice(0, from)
      : text.slice(0, oldComma - 1) + text.slice(oldComma, from);
  return head + text.slice(to);
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
