import { findAttribute, resolvePath, type Attribute, type ResourceSchema } from "./schemas.ts";
import { Tokens } from "./tokens.ts";

/** The value that a filter compares with. */
export type FilterValue = string | number | boolean | null;

/** The comparisons of RFC 7644, table 3. */
export type Operator = "eq" | "ne" | "co" | "sw" | "ew" | "gt" | "ge" | "lt" | "le";

/** What a filter looks at. `keys`: the steps from the resource, or from a value, to it. Null: what no resource has. */
export type Target = { keys: string[]; attribute: Attribute } | null;

/** A filter as a tree. `some`: whether a value of a multi-valued attribute passes `filter`. */
export type Filter =
  | { kind: "and" | "or"; left: Filter; right: Filter }
  | { kind: "not"; inner: Filter }
  | { kind: "present"; target: Target }
  | { kind: "compare"; target: Target; operator: Operator; value: FilterValue }
  | { kind: "some"; target: Target; filter: Filter };

const OPERATORS = new Set<string>(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]);
/** Nested brackets: each is a call of the parser. */
const MAX_DEPTH = 40;
const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** Finds the target of an attribute path; undefined: the schema does not have it. */
type Resolve = (path: string) => Target | undefined;

/**
 * Parses a filter (RFC 7644, section 3.4.2.2). `and` comes before `or`. Also read: `emails[type eq "work"].value eq "…"`.
 * @throws ScimError `invalidFilter`
 */
export function parseFilter(text: string, schema: ResourceSchema): Filter {
  const tokens = new Tokens(text, "invalidFilter");
  const filter = new Parser(tokens, (path) => resolveTarget(schema, path)).readOr(0);
  if (tokens.peek()) throw tokens.refuse("It goes on after its end: “and” or “or” is missing.");
  return filter;
}

/** Parses the filter in the brackets of a path, up to “]”. */
export function parseValueFilter(tokens: Tokens, attribute: Attribute): Filter {
  return new Parser(tokens, (path) => resolveSub(attribute, path)).readOr(0);
}

class Parser {
  readonly #tokens: Tokens;
  readonly #resolve: Resolve;

  constructor(tokens: Tokens, resolve: Resolve) {
    this.#tokens = tokens;
    this.#resolve = resolve;
  }

  readOr(depth: number): Filter {
    let left = this.#readAnd(depth);
    while (this.#tokens.takeWord("or")) left = { kind: "or", left, right: this.#readAnd(depth) };
    return left;
  }

  #readAnd(depth: number): Filter {
    let left = this.#readOne(depth);
    while (this.#tokens.takeWord("and")) left = { kind: "and", left, right: this.#readOne(depth) };
    return left;
  }

  #readOne(depth: number): Filter {
    const tokens = this.#tokens;
    if (depth > MAX_DEPTH) throw tokens.refuse(`It has more than ${MAX_DEPTH} nested brackets.`);
    if (tokens.takeWord("not")) {
      if (!tokens.takeIf("(")) throw tokens.refuse("It lacks “(” after “not”.");
      return { kind: "not", inner: this.#readGroup(depth) };
    }
    if (tokens.takeIf("(")) return this.#readGroup(depth);
    return this.#readComparison(tokens.needWord("an attribute"), depth);
  }

  #readGroup(depth: number): Filter {
    const inner = this.readOr(depth + 1);
    this.#tokens.need(")");
    return inner;
  }

  #readComparison(path: string, depth: number): Filter {
    const tokens = this.#tokens;
    const target = this.#resolve(path);
    if (target === undefined) throw tokens.refuse(`There is no attribute “${path.slice(0, 100)}”.`);
    if (!tokens.takeIf("[")) return this.#readOperator(target);
    const { attribute } = target ?? { attribute: null };
    if (attribute && !attribute.multiValued)
      throw tokens.refuse(`The attribute “${attribute.name}” has one value: no “[” can follow.`);
    const inner = new Parser(tokens, (sub) => (attribute ? resolveSub(attribute, sub) : null));
    const filter = inner.readOr(depth + 1);
    tokens.need("]");
    const after = tokens.peek();
    if (after?.kind !== "word" || !after.text.startsWith("."))
      return { kind: "some", target, filter };
    tokens.take();
    const right = inner.#readComparison(after.text.slice(1), depth + 1);
    return { kind: "some", target, filter: { kind: "and", left: filter, right } };
  }

  #readOperator(target: Target): Filter {
    const tokens = this.#tokens;
    const operator = tokens.needWord("an operator").toLowerCase();
    if (operator === "pr") return { kind: "present", target };
    if (!OPERATORS.has(operator))
      throw tokens.refuse(`There is no operator “${operator.slice(0, 20)}”.`);
    const value = this.#readValue();
    const compared = target && toCompared(target);
    // A cast: the set has exactly these.
    const filter = {
      kind: "compare",
      target: compared,
      operator: operator as Operator,
      value,
    } as const;
    if (compared === undefined || (compared && !fits(compared.attribute, filter.operator, value)))
      throw tokens.refuse(`“${operator}” does not fit this attribute and value.`);
    return { ...filter, target: compared };
  }

  #readValue(): FilterValue {
    const token = this.#tokens.take();
    if (token?.kind === "string") return token.value;
    const text = token?.kind === "word" ? token.text : "";
    const word = text.toLowerCase();
    if (word === "true" || word === "false") return word === "true";
    if (word === "null") return null;
    if (NUMBER.test(text)) return Number(text);
    throw this.#tokens.refuse("It lacks a value: a string needs quotation marks.");
  }
}

/** A complex attribute is compared by its `value`. Undefined: it has none. */
function toCompared({ keys, attribute }: NonNullable<Target>): Target | undefined {
  if (attribute.type !== "complex") return { keys, attribute };
  const value = findAttribute(attribute.subAttributes, "value");
  return value && { keys: [...keys, value.name], attribute: value };
}

function fits({ type }: Attribute, operator: Operator, value: FilterValue): boolean {
  const isEquality = operator === "eq" || operator === "ne";
  if (value === null) return isEquality;
  if (type !== "boolean")
    return typeof value === "string" && (type !== "dateTime" || isDateOrPart(operator, value));
  // Some directories write booleans as strings.
  const isBoolean = typeof value === "boolean" || /^(true|false)$/i.test(String(value));
  return isEquality && isBoolean;
}

function isDateOrPart(operator: Operator, value: string): boolean {
  return ["co", "sw", "ew"].includes(operator) || !Number.isNaN(Date.parse(value));
}

function resolveTarget(schema: ResourceSchema, path: string): Target | undefined {
  const found = resolvePath(schema, path);
  if (found === null) return undefined;
  if (found === "not_kept") return null;
  const { extension, attribute, sub } = found;
  const keys = [...(extension === null ? [] : [extension]), attribute.name];
  return sub ? { keys: [...keys, sub.name], attribute: sub } : { keys, attribute };
}

function resolveSub(attribute: Attribute, path: string): Target | undefined {
  const sub = findAttribute(attribute.subAttributes, path);
  return sub && { keys: [sub.name], attribute: sub };
}
