import { parseTree, printParseErrorCode, visit, type Node, type ParseError } from "jsonc-parser";
import {
  listRepeated,
  SyntaxProblem,
  type DocumentNode,
  type Member,
  type Parsed,
  type Span,
} from "./node.ts";

/** Reads JSON with comments and trailing commas. Throws a `SyntaxProblem`. */
export function parseJson(text: string): Parsed {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error || !tree)
    throw new SyntaxProblem(
      error ? describeError(printParseErrorCode(error.error)) : "there is no value",
      error?.offset ?? 0,
    );
  const repeated: Member[] = [];
  return { root: toNode(tree, repeated), repeated, ...findExtras(text) };
}

function toNode(tree: Node, repeated: Member[]): DocumentNode {
  const span = { start: tree.offset, end: tree.offset + tree.length };
  const children = tree.children ?? [];
  if (tree.type === "array")
    return {
      ...span,
      kind: "list",
      items: children.map((child) => toNode(child, repeated)),
      isFlow: true,
    };
  if (tree.type !== "object") return { ...span, kind: "scalar", value: tree.value as unknown };
  const members = children.flatMap(({ offset, children: [key, value] = [] }) =>
    key && value ? [{ key: String(key.value), start: offset, node: toNode(value, repeated) }] : [],
  );
  repeated.push(...listRepeated(members));
  return { ...span, kind: "map", members, isFlow: true };
}

/** What strict JSON does not have. */
function findExtras(text: string): Pick<Parsed, "comments" | "trailingCommas"> {
  const comments: Span[] = [];
  const trailingCommas: Span[] = [];
  let lastComma: number | null = null;
  const close = () => {
    if (lastComma !== null) trailingCommas.push({ start: lastComma, end: lastComma + 1 });
    lastComma = null;
  };
  const other = () => {
    lastComma = null;
  };
  visit(
    text,
    {
      onComment: (start, length) => {
        comments.push({ start, end: start + length });
      },
      onSeparator: (character, offset) => {
        lastComma = character === "," ? offset : null;
      },
      onObjectBegin: other,
      onArrayBegin: other,
      onObjectProperty: other,
      onLiteralValue: other,
      onObjectEnd: close,
      onArrayEnd: close,
    },
    { allowTrailingComma: true },
  );
  return { comments, trailingCommas };
}

/** `CommaExpected` as words. */
function describeError(code: string): string {
  const words = code.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  const found = /^(.*) expected$/.exec(words);
  return found ? `a ${found[1]} is missing` : words;
}
