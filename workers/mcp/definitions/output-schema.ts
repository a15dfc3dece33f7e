import { isJsonObject, parseExact, type JsonObject } from "./exact-json.ts";
import { SchemaIndex } from "./schema-references.ts";
import { subschemasOf, toReference, valueAt, type Path } from "./schema-walk.ts";

/** Where the wrapped schema of an output is. */
const WRAPPED_AT: Path = ["properties", "result"];

/**
 * Whether a tool's output is wrapped as `{"result": …}` for legacy clients, in its schema and in each result: before
 * 2026-07-28 an output schema must describe an object (2025-11-25, server/tools, "Output Schema"). Both official SDKs
 * wrap in the same way.
 */
export function isOutputWrapped(outputSchema: unknown): boolean {
  return isJsonObject(outputSchema) && outputSchema["type"] !== "object";
}

/** An output schema for legacy clients, as JSON text: wrapped where the output is. */
export function toLegacyOutputSchema(json: string): string {
  const schema = parseExact(json);
  return isJsonObject(schema) && isOutputWrapped(schema) ? JSON.stringify(wrap(schema)) : json;
}

/** The tool's own schema lies one level deeper, and its references follow it. */
function wrap(schema: JsonObject): JsonObject {
  const { $schema, ...natural } = schema;
  const index = new SchemaIndex(natural);
  return {
    ...($schema === undefined ? {} : { $schema }),
    type: "object",
    properties: { result: moveReferences(natural, [], index) },
    required: ["result"],
  };
}

/** Whether every value that a schema allows is an object, as far as its keywords tell. */
export function describesObject(root: JsonObject): boolean {
  const index = new SchemaIndex(root);
  /** By reference; false while it is open, so that a circle describes nothing. */
  const known = new Map<string, boolean>();
  const describesTarget = (target: Path): boolean => {
    const key = toReference(target);
    if (!known.has(key)) {
      known.set(key, false);
      known.set(key, describes(valueAt(root, target), target));
    }
    return known.get(key) ?? false;
  };
  const describes = (schema: unknown, path: Path): boolean => {
    if (!isJsonObject(schema)) return false;
    if (schema["type"] !== undefined)
      return [schema["type"]].flat().every((type) => type === "object");
    const reference = schema["$ref"];
    const target = typeof reference === "string" ? index.resolve(reference, path) : null;
    if (target && describesTarget(target)) return true;
    const arms = (keyword: string) =>
      Array.from(subschemasOf(schema, path))
        .filter((found) => found.keyword === keyword)
        .map((found) => describes(found.value, found.path));
    const isOneOf = (results: boolean[]) => results.length > 0 && results.every(Boolean);
    return arms("allOf").some(Boolean) || isOneOf(arms("anyOf")) || isOneOf(arms("oneOf"));
  };
  return describes(root, []);
}

function moveReferences(schema: JsonObject, path: Path, index: SchemaIndex): JsonObject {
  const moved = new Map<string, JsonObject>();
  for (const { path: at, value } of subschemasOf(schema, path))
    if (isJsonObject(value)) moved.set(toReference(at), moveReferences(value, at, index));
  const move = (value: unknown, at: Path): unknown => {
    const known = moved.get(toReference(at));
    if (known) return known;
    if (Array.isArray(value)) return value.map((item, i) => move(item, [...at, String(i)]));
    return value;
  };
  const members = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    const at = [...path, keyword];
    const isMap = isJsonObject(value) && !moved.has(toReference(at));
    const mapped = isMap
      ? Object.fromEntries(
          Object.entries(value).map(([name, member]) => [name, move(member, [...at, name])]),
        )
      : move(value, at);
    return [keyword, mapped];
  });
  const result = Object.fromEntries(members);
  // An anchor moves along with its schema; a pointer from the root does not.
  const reference = schema["$ref"];
  const isPointer = typeof reference === "string" && /^#(\/|$)/.test(reference);
  const target = isPointer ? index.resolve(reference, path) : null;
  return target ? { ...result, $ref: toReference([...WRAPPED_AT, ...target]) } : result;
}
