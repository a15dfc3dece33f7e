import { isJsonObject, isNumber, type JsonObject } from "./exact-json.ts";

/** Dialects that validators of clients know. */
export const DIALECT =
  /^https?:\/\/json-schema\.org\/(draft-0[67]|draft\/(2019-09|2020-12))\/schema#?$/;
/** Dialects with a list of schemas as `items`, and with `dependencies`. */
const HAS_OLDER_KEYWORDS = /draft-0[67]|2019-09/;

/** Whether the root of a schema names a dialect in which the older keywords are valid. */
export function hasOlderKeywords(root: JsonObject): boolean {
  const dialect = String(root["$schema"]);
  return DIALECT.test(dialect) && HAS_OLDER_KEYWORDS.test(dialect);
}

/**
 * A schema, without what is below it, in the keywords of JSON Schema 2020-12, which is the dialect of MCP where none is
 * named. Servers still write older ones, which today's validators refuse: a list as `items`, `dependencies`, and the
 * boolean `exclusiveMinimum` and `exclusiveMaximum` of draft-04.
 */
export function toCurrentKeywords(schema: JsonObject, keepsOlder: boolean): JsonObject {
  const { dependencies, items, ...others } = withNumericBounds(schema);
  const current = { ...others };
  if (Array.isArray(items) && !keepsOlder) current["prefixItems"] ??= items;
  else if (items !== undefined) current["items"] = items;
  if (!isJsonObject(dependencies) || keepsOlder)
    return dependencies === undefined ? current : { ...current, dependencies };
  const entries = Object.entries(dependencies);
  const names = entries.filter(([, value]) => Array.isArray(value));
  const schemas = entries.filter(([, value]) => !Array.isArray(value));
  if (names.length > 0) current["dependentRequired"] ??= Object.fromEntries(names);
  if (schemas.length > 0) current["dependentSchemas"] ??= Object.fromEntries(schemas);
  return current;
}

function withNumericBounds(schema: JsonObject): JsonObject {
  const changed = { ...schema };
  for (const [bound, exclusive] of [
    ["minimum", "exclusiveMinimum"],
    ["maximum", "exclusiveMaximum"],
  ] as const) {
    if (changed[exclusive] !== true || !isNumber(changed[bound])) continue;
    changed[exclusive] = changed[bound];
    delete changed[bound];
  }
  return changed;
}
