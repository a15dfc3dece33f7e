import {
  createScanner,
  parseTree,
  printParseErrorCode,
  type Node,
  type ParseError,
} from "jsonc-parser";
import type { Severity } from "../../workers/contract/severity.ts";
import { makeRanges } from "../documents/ranges.ts";
import type { Finding, Fix } from "../finding.ts";
import { MAX_TEXT_LENGTH } from "../limits.ts";
import type { Path, Range } from "../model.ts";
import type { JsonObject, JsonValue } from "./json-value.ts";

/** Genuine files have 8 levels. The parser calls itself for each. */
const MAX_DEPTH = 64;
/** Of one cause. Further ones are seen once these are cured. */
const MAX_SYNTAX_FINDINGS = 20;
const BOM = "\uFEFF";

/** `SyntaxKind` of jsonc-parser, whose enum exists at its build only. */
const OPENERS = new Set([1, 3]);
const CLOSERS = new Set([2, 4]);
const COMMENTS = new Set([12, 13]);
const END = 17;

/** What a JSON text has, with the places of its values; or only findings, if it cannot be read. */
export type ReadJson =
  | { isRead: true; value: JsonValue; findings: Finding[]; rangeOf: (path: Path) => Range | null }
  | { isRead: false; findings: Finding[] };

/** Reads a text as JSON (RFC 8259), without comments and trailing commas. */
export function readJson(text: string): ReadJson {
  if (text.length > MAX_TEXT_LENGTH)
    return fail(
      "size",
      `The file has ${text.length} characters, and ${MAX_TEXT_LENGTH} are the most.`,
    );
  const ranges = makeRanges(text);
  const toRange = (offset: number, length: number) => ranges(offset, offset + length);
  const body = text.startsWith(BOM) ? ` ${text.slice(1)}` : text;
  const scanned = scan(body);
  if (scanned.tooDeepAt !== null)
    return fail("depth", `The values are nested in more than ${MAX_DEPTH} levels.`, {
      range: toRange(scanned.tooDeepAt, 1),
    });
  const errors: ParseError[] = [];
  const root = parseTree(body, errors, { disallowComments: true });
  const comments = scanned.comments.map(([offset, length]) =>
    makeFinding("comment", COMMENT, { range: toRange(offset, length) }),
  );
  const broken = errors
    // The scan has found the comments.
    .filter(({ error }) => printParseErrorCode(error) !== "InvalidCommentToken")
    .map(({ error, offset, length }) =>
      makeFinding("syntax", `${SYNTAX[error] ?? "This is not JSON"}.`, {
        range: toRange(offset, length),
      }),
    );
  const findings = [...broken, ...comments].slice(0, MAX_SYNTAX_FINDINGS);
  if (text.startsWith(BOM))
    findings.push(makeFinding("bom", BOM_TEXT, { range: toRange(0, 1), severity: "medium" }));
  if (!root || broken.length > 0 || comments.length > 0)
    return { isRead: false, findings: findings.length > 0 ? findings : [EMPTY] };
  const known = new Map<Node, Range>();
  const value = toValue(root, [], findings, toRange);
  return {
    isRead: true,
    value,
    findings,
    rangeOf: (path) => {
      const node = findNode(root, path);
      if (!node) return null;
      const range = known.get(node) ?? toRange(node.offset, node.length);
      known.set(node, range);
      return range;
    },
  };
}

/** Looks for too many levels before the parser does, and for comments. */
function scan(text: string) {
  const scanner = createScanner(text, false);
  const comments: [offset: number, length: number][] = [];
  let depth = 0;
  for (let kind: number = scanner.scan(); kind !== END; kind = scanner.scan()) {
    if (OPENERS.has(kind)) depth += 1;
    else if (CLOSERS.has(kind)) depth -= 1;
    else if (COMMENTS.has(kind) && comments.length < MAX_SYNTAX_FINDINGS)
      comments.push([scanner.getTokenOffset(), scanner.getTokenLength()]);
    if (depth > MAX_DEPTH) return { tooDeepAt: scanner.getTokenOffset(), comments };
  }
  return { tooDeepAt: null, comments };
}

function toValue(
  node: Node,
  path: Path,
  findings: Finding[],
  toRange: (offset: number, length: number) => Range,
): JsonValue {
  if (node.type === "array")
    return (node.children ?? []).map((child, index) =>
      toValue(child, [...path, index], findings, toRange),
    );
  // A cast: the node is a literal.
  if (node.type !== "object") return node.value as JsonValue;
  const object = Object.create(null) as JsonObject;
  for (const { children: [key, member] = [] } of node.children ?? []) {
    if (!key || !member) continue;
    const name = String(key.value);
    const at = { path: [...path, name], range: toRange(key.offset, key.length) };
    if (name === "__proto__") {
      findings.push(makeFinding("prototype", PROTOTYPE, { ...at, fix: toRemoval(at.path) }));
      continue;
    }
    if (Object.hasOwn(object, name))
      findings.push(
        makeFinding("duplicate", `The member ${JSON.stringify(name)} is there twice.`, at),
      );
    object[name] = toValue(member, at.path, findings, toRange);
  }
  return object;
}

function toRemoval(path: Path): Fix {
  return { title: "Remove it", edits: [{ path, value: undefined }] };
}

function findNode(root: Node, path: Path): Node | null {
  let node: Node = root;
  for (const step of path) {
    const next: Node | undefined =
      typeof step === "number"
        ? node.children?.[step]
        : // The last one of several is the one that is read.
          node.children?.findLast(({ children }) => children?.[0]?.value === step)?.children?.[1];
    if (!next) return null;
    node = next;
  }
  return node;
}

function makeFinding(
  name: keyof typeof WHY,
  message: string,
  more: Partial<Pick<Finding, "path" | "range" | "fix">> & { severity?: Severity } = {},
): Finding {
  return {
    rule: `FMT-02/${name}`,
    severity: "high",
    server: null,
    path: [],
    range: null,
    message,
    why: WHY[name],
    fix: null,
    ...more,
  };
}

function fail(
  name: keyof typeof WHY,
  message: string,
  more: Partial<Pick<Finding, "range">> = {},
): ReadJson {
  return { isRead: false, findings: [makeFinding(name, message, more)] };
}

const COMMENT = "The file has a comment, which JSON does not allow.";
const BOM_TEXT = "The file begins with a byte order mark.";
const PROTOTYPE = "The member “__proto__” is no member of a server.json.";

const WHY = {
  size: "Registries refuse large files. A genuine server.json has some kilobytes.",
  depth: "Programs that read the file can fail at so many levels.",
  syntax: "Registries and clients read the file as strict JSON and refuse it.",
  comment: "Registries and clients read the file as strict JSON and refuse it.",
  bom: "RFC 8259 forbids the mark, and some programs refuse the file because of it.",
  prototype: "It changes objects of careless programs that read the file.",
  duplicate:
    "Programs differ in which one they read, so that a reader sees another value than a client.",
};

const EMPTY = makeFinding("syntax", "The file is empty.");

/** By the `ParseErrorCode` of jsonc-parser, whose enum exists at its build only. */
const SYNTAX: Record<number, string> = {
  1: "This is not JSON",
  2: "This is no number",
  3: "The name of a member in double quotes is expected here",
  4: "A value is expected here",
  5: "A colon is expected here",
  6: "A comma is expected here",
  7: "A closing brace is missing",
  8: "A closing bracket is missing",
  9: "Nothing may follow the end of the value",
  11: "A comment does not end",
  12: "A text does not end on its line",
  13: "A number does not end",
  14: "A Unicode escape is not valid",
  15: "An escape is not valid",
  16: "A control character must be escaped",
};
