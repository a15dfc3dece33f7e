import { MAX_DEPTH } from "../limits.ts";

/** The languages of the clients' files. */
export type Language = "json" | "toml" | "yaml";

/** A part of a text, from `start` to before `end`, in UTF-16 units. */
export interface Span {
  start: number;
  end: number;
}

/** A value of a text with its place, the same for JSON, TOML and YAML. `isFlow`: it is written in braces or brackets. */
export type DocumentNode =
  | (Span & { kind: "map"; members: Member[]; isFlow: boolean })
  | (Span & { kind: "list"; items: DocumentNode[]; isFlow: boolean })
  | (Span & { kind: "scalar"; value: unknown });

/** A member of a map. `start`: of its key. */
export interface Member {
  key: string;
  start: number;
  node: DocumentNode;
}

/** What is said of a text that is nested too deeply. */
export function describeDepth(): string {
  return `it is nested more than ${MAX_DEPTH} levels deep`;
}

/** What is wrong with a text, at an offset. */
export class SyntaxProblem extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** A text is too much to be read: it is larger, longer or deeper than a configuration is. */
export class ExcessProblem extends SyntaxProblem {}

/** A parsed text. `repeated`: keys that a map has twice; the last one counts. */
export interface Parsed {
  root: DocumentNode;
  repeated: Member[];
  /** What the text has although strict JSON does not. */
  comments: Span[];
  trailingCommas: Span[];
}

/** The node as a value. Members named `__proto__` are members as all others. */
export function toPlain(node: DocumentNode): unknown {
  switch (node.kind) {
    case "map":
      return Object.fromEntries(node.members.map(({ key, node: value }) => [key, toPlain(value)]));
    case "list":
      return node.items.map(toPlain);
    case "scalar":
      return node.value;
  }
}

/** The node at a path with the beginning of its key; null: there is none. */
export function findNode(
  root: DocumentNode,
  path: readonly (string | number)[],
): { start: number; node: DocumentNode } | null {
  let found = { start: root.start, node: root };
  for (const step of path) {
    const { node } = found;
    if (node.kind === "map") {
      const member = findMember(node.members, String(step));
      if (!member) return null;
      found = member;
    } else if (node.kind === "list") {
      const item = typeof step === "number" ? node.items[step] : undefined;
      if (!item) return null;
      found = { start: item.start, node: item };
    } else return null;
  }
  return found;
}

/** Maps with fewer members are searched one by one. */
const MIN_INDEXED = 32;
const indexes = new WeakMap<readonly Member[], ReadonlyMap<string, Member>>();

/** The last member with a key. Long maps are asked once for each of their members: an index keeps that linear. */
function findMember(members: readonly Member[], key: string): Member | undefined {
  if (members.length < MIN_INDEXED) return members.findLast((member) => member.key === key);
  let index = indexes.get(members);
  if (!index) {
    index = new Map(members.map((member) => [member.key, member]));
    indexes.set(members, index);
  }
  return index.get(key);
}

/** The keys that a map has more than once, without their last ones. */
export function listRepeated(members: readonly Member[]): Member[] {
  const last = new Map(members.map((member) => [member.key, member]));
  return members.filter((member) => last.get(member.key) !== member);
}

/** Whether a value has members by name. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
