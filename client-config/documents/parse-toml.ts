import { ParseError, parseTOML, type AST } from "toml-eslint-parser";
import { SyntaxProblem, type DocumentNode, type Parsed } from "./node.ts";

type MapNode = Extract<DocumentNode, { kind: "map" }>;
type ListNode = Extract<DocumentNode, { kind: "list" }>;

/** Reads TOML. Throws a `SyntaxProblem`. Dates are their texts. */
export function parseToml(text: string): Parsed {
  const top = parseProgram(text).body[0];
  const root: MapNode = { kind: "map", start: 0, end: text.length, members: [], isFlow: false };
  for (const node of top.body) {
    if (node.type === "TOMLKeyValue") setValue(root, node, text);
    else {
      const map = openTable(root, node);
      for (const pair of node.body) setValue(map, pair, text);
    }
  }
  // Keys that are there twice are errors of TOML, comments are part of it.
  return { root, repeated: [], comments: [], trailingCommas: [] };
}

/** The syntax tree. Throws a `SyntaxProblem`. */
export function parseProgram(text: string): AST.TOMLProgram {
  try {
    return parseTOML(text);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new SyntaxProblem(error.message, error.index);
  }
}

function openTable(root: MapNode, { resolvedKey, range: [start, end] }: AST.TOMLTable): MapNode {
  let node: MapNode | ListNode = root;
  for (const [index, step] of resolvedKey.entries()) {
    const isList = typeof resolvedKey[index + 1] === "number";
    const known: DocumentNode | undefined =
      node.kind === "list"
        ? node.items[Number(step)]
        : node.members.find(({ key }) => key === String(step))?.node;
    if (known && known.kind !== "scalar") {
      known.end = Math.max(known.end, end);
      node = known;
      continue;
    }
    const next: MapNode | ListNode = isList
      ? { kind: "list", start, end, items: [], isFlow: false }
      : { kind: "map", start, end, members: [], isFlow: false };
    if (node.kind === "list") node.items.push(next);
    else node.members.push({ key: String(step), start, node: next });
    node = next;
  }
  // A resolved key ends in a table.
  return node as MapNode;
}

function setValue(
  map: MapNode,
  { key, value, range: [start, end] }: AST.TOMLKeyValue,
  text: string,
) {
  const names = key.keys.map((part) => (part.type === "TOMLBare" ? part.name : part.value));
  let holder = map;
  for (const name of names.slice(0, -1)) {
    const known = holder.members.find((member) => member.key === name)?.node;
    if (known?.kind === "map") {
      known.end = Math.max(known.end, end);
      holder = known;
    } else {
      const node: MapNode = { kind: "map", start, end, members: [], isFlow: false };
      holder.members.push({ key: name, start, node });
      holder = node;
    }
  }
  holder.members.push({ key: names.at(-1) ?? "", start, node: toNode(value, text) });
}

function toNode(value: AST.TOMLContentNode, text: string): DocumentNode {
  const [start, end] = value.range;
  switch (value.type) {
    case "TOMLArray":
      return {
        kind: "list",
        start,
        end,
        items: value.elements.map((item) => toNode(item, text)),
        isFlow: true,
      };
    case "TOMLInlineTable": {
      const map: MapNode = { kind: "map", start, end, members: [], isFlow: true };
      for (const pair of value.body) setValue(map, pair, text);
      return map;
    }
    case "TOMLValue":
      return {
        kind: "scalar",
        start,
        end,
        value: value.value instanceof Date ? text.slice(start, end) : value.value,
      };
  }
}
