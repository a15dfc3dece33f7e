import { isJsonObject, type JsonObject } from "./exact-json.ts";
import type { ReportChange } from "./report-change.ts";
import { SchemaIndex } from "./schema-references.ts";
import { subschemasOf, toReference, valueAt, type Path } from "./schema-walk.ts";

/** Keywords whose subschemas apply to the same value as the schema itself. */
const IN_PLACE = new Set([
  "allOf",
  "anyOf",
  "oneOf",
  "not",
  "if",
  "then",
  "else",
  "dependentSchemas",
  "dependencies",
]);
/** Longest chain of schemas for one value: validators recurse, and their stack is small. */
const MAX_CHAIN = 200;

/**
 * Removes references that lead to no schema, and those that lead back to themselves for the same value, on which a
 * validator would not end (JSON Schema 2020-12, section 9.4.1). Changes the schema.
 */
export function cutUnusableReferences(root: JsonObject, report: ReportChange): void {
  const index = new SchemaIndex(root);
  const done = new Set<string>();
  const open = new Set<string>();

  const targetOf = (reference: unknown, path: Path): Path | null => {
    const target = typeof reference === "string" ? index.resolve(reference, path) : null;
    return target && index.isSchema(target) ? target : null;
  };
  const visit = (schema: JsonObject, path: Path): void => {
    const key = toReference(path);
    if (done.has(key)) return;
    open.add(key);
    if (Object.hasOwn(schema, "$ref")) {
      const target = targetOf(schema["$ref"], path);
      const found = target && valueAt(root, target);
      const isOpen = target !== null && open.has(toReference(target));
      if (target && isJsonObject(found) && !isOpen && open.size < MAX_CHAIN) visit(found, target);
      else {
        delete schema["$ref"];
        report([...path, "$ref"], "leads to no schema, or back to itself: it is removed");
      }
    }
    for (const { keyword, path: at, value } of subschemasOf(schema, path))
      if (IN_PLACE.has(keyword) && isJsonObject(value)) visit(value, at);
    open.delete(key);
    done.add(key);
  };
  const visitAll = (schema: JsonObject, path: Path): void => {
    visit(schema, path);
    for (const { path: at, value } of subschemasOf(schema, path))
      if (isJsonObject(value)) visitAll(value, at);
  };
  visitAll(root, []);
}
