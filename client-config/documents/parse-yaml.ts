import {
  isAlias,
  isMap as isYamlMap,
  isNode,
  isScalar,
  isSeq,
  parseDocument,
  type Alias,
  type Document,
  type Pair,
  type ParsedNode,
} from "yaml";
import { MAX_DEPTH, MAX_NODES, MAX_REPEATED_LENGTH } from "../limits.ts";
import {
  describeDepth,
  ExcessProblem,
  listRepeated,
  SyntaxProblem,
  type DocumentNode,
  type Member,
  type Parsed,
} from "./node.ts";

/** Reads YAML with anchors and merge keys. Throws a `SyntaxProblem`. An empty text is an empty map. */
export function parseYaml(text: string): Parsed {
  const reader = new Reader();
  const { contents } = parseChecked(text);
  const root: DocumentNode = isNode(contents)
    ? reader.read(contents, 0)
    : { kind: "map", start: 0, end: text.length, members: [], isFlow: false };
  const isEmpty = root.kind === "scalar" && (root.value === null || root.value === undefined);
  return {
    root: isEmpty ? { kind: "map", start: 0, end: text.length, members: [], isFlow: false } : root,
    repeated: reader.repeated,
    comments: [],
    trailingCommas: [],
  };
}

/** The document of the parser. Throws a `SyntaxProblem`. */
function parseChecked(text: string): Document.Parsed {
  const document = parseDocument(text, {
    uniqueKeys: false,
    // “silent” would also leave a second document out.
    logLevel: "error",
    // Each of them would have its line of the text.
    prettyErrors: false,
  });
  const [error] = document.errors;
  if (!error) return document;
  const reason =
    error.code === "MULTIPLE_DOCS"
      ? "it has several documents (---), of which clients read one"
      : error.message;
  throw new SyntaxProblem(reason, error.pos[0]);
}

/** Follows aliases itself: the parser's own value of a text of some lines can have billions of members. */
class Reader {
  readonly repeated: Member[] = [];
  readonly #anchors = new Map<string, ParsedNode>();
  #count = 0;
  #repeated = 0;

  read(node: ParsedNode | Alias.Parsed, depth: number): DocumentNode {
    const [start, end] = node.range;
    this.#count++;
    if (this.#count > MAX_NODES)
      throw new ExcessProblem(`it has more than ${MAX_NODES} values with its aliases`, start);
    if (depth > MAX_DEPTH) throw new ExcessProblem(describeDepth(), start);
    if (isAlias(node)) {
      const source = this.#anchors.get(node.source);
      if (!source) throw new SyntaxProblem(`nothing has the anchor “${node.source}”`, start);
      const [from, to] = source.range;
      this.#repeated += to - from;
      if (this.#repeated > MAX_REPEATED_LENGTH)
        throw new ExcessProblem(
          `its aliases repeat more than ${MAX_REPEATED_LENGTH} characters`,
          start,
        );
      return { ...this.read(source, depth + 1), start, end };
    }
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    const isFlow = isScalar(node) ? false : node.flow === true;
    if (isSeq(node)) {
      const items = node.items.map((item) => this.read(item, depth + 1));
      return { kind: "list", start, end, items, isFlow };
    }
    if (isYamlMap(node)) {
      const members = this.#readMembers(node.items, end, depth);
      return { kind: "map", start, end, members, isFlow };
    }
    return { kind: "scalar", start, end, value: node.value };
  }

  #readMembers(pairs: Pair[], end: number, depth: number): Member[] {
    const own: Member[] = [];
    const merged: Member[] = [];
    for (const { key, value } of pairs) {
      const [start = end, keyEnd = end] = isNode(key) ? (key.range ?? []) : [];
      if (isNode(key) && isScalar(key) && key.anchor !== undefined)
        this.#anchors.set(key.anchor, key as ParsedNode);
      const node: DocumentNode = isNode(value)
        ? this.read(value as ParsedNode, depth + 1)
        : { kind: "scalar", start: keyEnd, end: keyEnd, value: null };
      if (isScalar(key) && key.value === "<<" && key.type === "PLAIN")
        merged.push(...listMerged(node));
      else own.push({ key: this.#toKey(key), start, node });
    }
    this.repeated.push(...listRepeated(own));
    const names = new Set(own.map(({ key }) => key));
    const firsts = merged.filter(({ key }) => {
      const isNew = !names.has(key);
      names.add(key);
      return isNew;
    });
    return [...firsts, ...own];
  }

  #toKey(key: unknown): string {
    if (isAlias(key)) return this.#toKey(this.#anchors.get(key.source));
    if (isScalar(key)) return String(key.value);
    // Configurations have no maps and lists as keys.
    return "";
  }
}

/** The members that a merge key adds: of a map, or of several, of which the first ones count. */
function listMerged(node: DocumentNode): Member[] {
  if (node.kind === "map") return node.members;
  return node.kind === "list" ? node.items.flatMap(listMerged) : [];
}
