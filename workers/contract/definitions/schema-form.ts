import { decodePercent } from "../text/decode-percent.ts";
import { getOwn, isEqual, isObject, writeJson, type JsonObject } from "./json-value.ts";

/** References that are followed one after the other. */
const MAX_HOPS = 20;

/** Members that say something about values and never refuse one. A `format` is taken for a rule, because some servers check it. */
const ANNOTATIONS = new Set([
  "title",
  "description",
  "default",
  "examples",
  "example",
  "$comment",
  "$schema",
  "$id",
  "$anchor",
  "$defs",
  "definitions",
  "deprecated",
  "readOnly",
  "writeOnly",
  "contentMediaType",
  "contentEncoding",
  "markdownDescription",
]);
/** Rules that every value fits. */
const NO_RULES: ReadonlyMap<string, readonly string[]> = new Map([
  ["items", ["true", "{}"]],
  ["propertyNames", ["true", "{}", '{"type":"string"}']],
  ["unevaluatedProperties", ["true", "{}"]],
  ["patternProperties", ["{}"]],
  ["properties", ["{}"]],
  ["required", ["[]"]],
  ["minLength", ["0"]],
  ["minItems", ["0"]],
  ["minProperties", ["0"]],
  ["uniqueItems", ["false"]],
]);
/** Rules whose meaning depends on others in the same schema. */
const DEPENDENT = new Set([
  "if",
  "then",
  "else",
  "items",
  "prefixItems",
  "contains",
  "minContains",
  "maxContains",
  "unevaluatedItems",
]);
/** The largest integer that JavaScript sends exactly. Libraries write it as the limit of every integer. */
const LIMITS = new Set([String(Number.MAX_SAFE_INTEGER), String(-Number.MAX_SAFE_INTEGER)]);

/** Whether a member of a schema is an annotation. */
export function isAnnotation(name: string): boolean {
  return ANNOTATIONS.has(name) || name.startsWith("x-");
}

/** The schemas of one document in one form. Each is read once, also where schemas refer to each other in circles. */
export class SchemaReader {
  readonly #root: unknown;
  readonly #forms = new WeakMap<object, JsonObject | false | null>();
  readonly #texts = new WeakMap<object, string>();

  constructor(root: unknown) {
    this.#root = root;
  }

  /** The schema as canonical JSON. */
  toText(schema: unknown): string {
    if (typeof schema !== "object" || schema === null) return writeJson(schema);
    const text = this.#texts.get(schema) ?? writeJson(schema);
    this.#texts.set(schema, text);
    return text;
  }

  /**
   * The schema to which a schema refers, with the members beside `$ref`. A reference that leads nowhere, outside the
   * document or in a circle stays: two of them are compared as texts.
   */
  follow(schema: unknown): unknown {
    let current = schema;
    for (let hops = 0; hops < MAX_HOPS; hops += 1) {
      const reference = getOwn(current, "$ref");
      if (typeof reference !== "string" || !isObject(current)) return current;
      const target = findTarget(this.#root, reference);
      if (target === undefined) return current;
      const { $ref: _, ...beside } = current;
      if (Object.keys(beside).length === 0) current = target;
      else if (isObject(target)) current = { ...target, ...beside };
      else return current;
    }
    return schema;
  }

  /**
   * The rules of a schema in one form: without annotations and without rules that every value fits; `const` and unions of
   * values as `enum`, unions of types as a list `type`. `false` stays.
   */
  toForm(schema: unknown): JsonObject | false {
    return this.#findForm(schema) ?? {};
  }

  /** Null: the schema is being read, so it contains itself. */
  #findForm(schema: unknown): JsonObject | false | null {
    if (schema === false) return false;
    if (!isObject(schema)) return {};
    const known = this.#forms.get(schema);
    if (known !== undefined) return known;
    this.#forms.set(schema, null);
    const form = this.#readForm(this.follow(schema));
    this.#forms.set(schema, form);
    return form;
  }

  #readForm(schema: unknown): JsonObject | false {
    if (schema === false) return false;
    if (!isObject(schema)) return {};
    const rules = Object.fromEntries(
      Object.entries(schema).filter(
        ([name, value]) => !isAnnotation(name) && !refusesNothing(name, value),
      ),
    );
    return toPlainBounds(toPlainValues(this.#mergeUnions(rules)));
  }

  /** A union of one schema is that schema; one of types or of values only is a list of them. */
  #mergeUnions(rules: JsonObject): JsonObject {
    let merged = rules;
    for (const name of ["allOf", "anyOf", "oneOf"]) {
      const union = merged[name];
      if (!Array.isArray(union) || union.length === 0) continue;
      const { [name]: _, ...beside } = merged;
      const forms = union.map((one: unknown) => this.#findForm(one));
      if (name === "allOf") merged = mergeAll(beside, union, forms);
      else if (union.length === 1) merged = mergeOnly(merged, beside, forms[0] ?? null);
      else merged = mergeLists(merged, beside, forms);
    }
    return merged;
  }
}

/** Whether a rule refuses no value. What a schema says beside its rules does not count. */
function refusesNothing(name: string, value: unknown): boolean {
  const isSchema = name === "items" || name === "propertyNames";
  const rule =
    isSchema && isObject(value)
      ? Object.fromEntries(Object.entries(value).filter(([member]) => !isAnnotation(member)))
      : value;
  return NO_RULES.get(name)?.includes(writeJson(rule)) === true;
}

function mergeOnly(
  rules: JsonObject,
  beside: JsonObject,
  only: JsonObject | false | null,
): JsonObject {
  if (!only || Object.keys(only).some((name) => Object.hasOwn(beside, name))) return rules;
  return { ...beside, ...only };
}

/**
 * The schemas that must all fit, with the rules beside them. Those that only require, or that say what nothing else says,
 * are rules like those beside them; others stay in the list.
 */
function mergeAll(
  beside: JsonObject,
  schemas: readonly unknown[],
  forms: readonly (JsonObject | false | null)[],
): JsonObject {
  let merged = beside;
  const left: unknown[] = [];
  forms.forEach((form, index) => {
    const next = form && mergeRules(merged, form);
    if (next) merged = next;
    else left.push(schemas[index]);
  });
  return left.length > 0 ? { ...merged, allOf: left } : merged;
}

/** Null: both say something that is not simply added. */
function mergeRules(rules: JsonObject, others: JsonObject): JsonObject | null {
  if (
    (isClosed(rules) && describesMembers(others)) ||
    (isClosed(others) && describesMembers(rules))
  )
    return null;
  if (Object.keys(others).some((name) => DEPENDENT.has(name))) return null;
  const merged = { ...rules };
  for (const [name, value] of Object.entries(others)) {
    const known = merged[name];
    if (known === undefined || isEqual(known, value)) merged[name] = value;
    else if (name === "required" && Array.isArray(known) && Array.isArray(value))
      merged[name] = [known, value].flat();
    else if (name === "properties" && isObject(known) && isObject(value)) {
      if (Object.keys(value).some((one) => Object.hasOwn(known, one))) return null;
      merged[name] = { ...known, ...value };
    } else return null;
  }
  return merged;
}

/** Whether a schema says something of members that it does not describe: that depends on what is described beside it. */
function isClosed({ additionalProperties: rule, ...others }: JsonObject): boolean {
  return (
    (rule !== undefined && rule !== true) ||
    ["patternProperties", "unevaluatedProperties"].some((name) => Object.hasOwn(others, name))
  );
}

function describesMembers(schema: JsonObject): boolean {
  return Object.hasOwn(schema, "properties") || Object.hasOwn(schema, "patternProperties");
}

function mergeLists(
  rules: JsonObject,
  beside: JsonObject,
  forms: readonly (JsonObject | false | null)[],
): JsonObject {
  for (const member of ["enum", "type"]) {
    const lists = forms.map((form) =>
      form && Object.keys(form).join() === member ? form[member] : undefined,
    );
    if (lists.includes(undefined) || Object.hasOwn(beside, member)) continue;
    return { ...beside, [member]: lists.flat() };
  }
  return rules;
}

function findTarget(root: unknown, reference: string): unknown {
  if (reference === "#") return root;
  if (!reference.startsWith("#/")) return undefined;
  let value = root;
  for (const part of reference.slice(2).split("/")) {
    const name = decodePercent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    value = Array.isArray(value) ? (value[Number(name)] as unknown) : getOwn(value, name);
  }
  return value;
}

function toPlainValues(rules: JsonObject): JsonObject {
  const { const: value, type, ...others } = rules;
  const types = type === undefined ? undefined : [type].flat();
  const known = Object.hasOwn(rules, "const") ? [value] : rules["enum"];
  if (!Array.isArray(known)) return types ? { ...others, type: types } : others;
  const values: unknown[] = types
    ? known.filter((one) => types.some((name) => isOfType(one, name)))
    : known;
  return { ...others, enum: values };
}

/** Whether a value is of a type of JSON Schema. */
export function isOfType(value: unknown, type: unknown): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isObject(value);
  if (type === "number") return typeof value === "number" || typeof value === "bigint";
  if (type === "integer") return typeof value === "bigint" || Number.isInteger(value);
  return typeof value === type;
}

function toPlainBounds(rules: JsonObject): JsonObject {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, ...others } = rules;
  const isRead = [minimum, maximum, exclusiveMinimum, exclusiveMaximum].every(
    (one) => one === undefined || typeof one === "number",
  );
  if (!isRead || writeJson(rules["type"]) !== '["integer"]') return rules;
  const low = [toNumber(minimum), toNumber(exclusiveMinimum, 1)].filter((one) => one !== null);
  const high = [toNumber(maximum), toNumber(exclusiveMaximum, -1)].filter((one) => one !== null);
  const form: JsonObject = { ...others };
  if (low.length > 0 && !LIMITS.has(String(Math.max(...low)))) form["minimum"] = Math.max(...low);
  if (high.length > 0 && !LIMITS.has(String(Math.min(...high))))
    form["maximum"] = Math.min(...high);
  return form;
}

function toNumber(value: unknown, step = 0): number | null {
  return typeof value === "number" ? value + step : null;
}
