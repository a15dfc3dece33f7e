import type { Definition, DefinitionKind } from "./definition.ts";
import { getOwn, isObject, readJson, writeJson, type JsonObject } from "./json-value.ts";

/** Members of a JSON Schema that are schemas, lists of schemas and maps of schemas (draft-06 to 2020-12). */
const SCHEMAS = new Set([
  "not",
  "if",
  "then",
  "else",
  "contains",
  "propertyNames",
  "contentSchema",
  "additionalProperties",
  "additionalItems",
  "unevaluatedProperties",
  "unevaluatedItems",
  "items",
]);
const LISTS = new Set(["items", "prefixItems"]);
const ALTERNATIVES = new Set(["allOf", "anyOf", "oneOf"]);
const MAPS = new Set([
  "properties",
  "patternProperties",
  "$defs",
  "definitions",
  "dependentSchemas",
]);
/** Lists whose order has no meaning. */
const SETS = new Set(["required", "enum", "type"]);

/**
 * The definition as one text, the same for all forms of it: white space, the order of members, the forms of numbers and
 * the order of lists that JSON Schema and MCP read as sets do not count. Its SHA-256 is the digest of the definition. JSON
 * that cannot be read stays unchanged.
 */
export function toCanonicalText({ kind, json }: Definition): string {
  const value = readJson(json);
  return value === undefined
    ? `${kind} unread ${json}`
    : `${kind} ${writeJson(toCanonical(kind, value))}`;
}

/** The value of a definition with its sets in one order. */
export function toCanonical(kind: DefinitionKind, value: unknown): unknown {
  if (!isObject(value)) return value;
  return mapMembers(value, (member, name) => {
    if (kind === "tool" && (name === "inputSchema" || name === "outputSchema"))
      return toCanonicalSchema(member);
    if (kind === "prompt" && name === "arguments") return sortBy(member, "name");
    if (kind === "skill" && name === "resources") return sortBy(member, "uri");
    if (name === "annotations")
      return isObject(member)
        ? mapMembers(member, (one, key) => (key === "audience" ? toSet(one) : one))
        : member;
    return member;
  });
}

/** A JSON Schema with its sets in one order. */
export function toCanonicalSchema(schema: unknown): unknown {
  if (!isObject(schema)) return schema;
  return mapMembers(schema, (member, name) => {
    if (SETS.has(name)) return toSet(member);
    if (ALTERNATIVES.has(name) && Array.isArray(member))
      return toSet(member.map(toCanonicalSchema));
    if (LISTS.has(name) && Array.isArray(member)) return member.map(toCanonicalSchema);
    if (SCHEMAS.has(name)) return toCanonicalSchema(member);
    if (MAPS.has(name) && isObject(member)) return mapMembers(member, toCanonicalSchema);
    if (name === "dependentRequired" && isObject(member)) return mapMembers(member, toSet);
    // Of older drafts: names, or a schema.
    if (name === "dependencies" && isObject(member))
      return mapMembers(member, (one) =>
        Array.isArray(one) ? toSet(one) : toCanonicalSchema(one),
      );
    return member;
  });
}

function mapMembers(
  value: JsonObject,
  map: (member: unknown, name: string) => unknown,
): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, map(one, name)]));
}

function toSet(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const byText = new Map(value.map((item: unknown) => [writeJson(item), item]));
  return [...byText].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}

/** Items that have a name each. Items of one name keep their order. */
function sortBy(value: unknown, member: string): unknown {
  if (!Array.isArray(value)) return value;
  const toKey = (item: unknown) => writeJson(getOwn(item, member));
  return value.toSorted((a, b) => (toKey(a) < toKey(b) ? -1 : toKey(a) > toKey(b) ? 1 : 0));
}
