import { getOwn, isEqual, isObject, toPointer } from "./json-value.ts";
import type { SchemaComparison, SchemaDifference, SchemaPair } from "./schema-comparison.ts";
import { isAnnotation } from "./schema-form.ts";

/** Not compared: where a schema is and what it is called in its document. */
const STRUCTURE = new Set(["$defs", "definitions", "$id", "$anchor", "$schema", "$comment"]);

/** Compares what two schemas say beside their rules. */
export function compareAnnotations(comparison: SchemaComparison, pair: SchemaPair): void {
  const { before, after, place } = pair;
  const names = new Set([before, after].flatMap((one) => (isObject(one) ? Object.keys(one) : [])));
  for (const name of names) {
    if (!isAnnotation(name) || STRUCTURE.has(name)) continue;
    const [old, current] = [getOwn(before, name), getOwn(after, name)];
    if (isEqual(old, current)) continue;
    comparison.add({
      ...describe(name, old, current, place.label),
      effect: "none",
      path: toPointer(place.path, name),
      before: old,
      after: current,
    });
  }
}

function describe(
  name: string,
  before: unknown,
  after: unknown,
  label: string,
): Pick<SchemaDifference, "rule" | "severity" | "message"> {
  const what = before === undefined ? "a new" : after === undefined ? "no" : "another";
  const more = after === undefined ? " any more" : "";
  switch (name) {
    case "default":
      return {
        rule: "default",
        severity: "medium",
        message: `${label} has ${what} default${more}: it counts for calls that leave it out.`,
      };
    case "description":
      return {
        rule: "description",
        severity: "low",
        message: `${label} has ${what} description${more}.`,
      };
    case "title":
      return { rule: "title", severity: "low", message: `${label} has ${what} title${more}.` };
    default:
      return {
        rule: "form",
        severity: name.startsWith("example") ? "low" : "info",
        message: `${label} has ${what} “${name.slice(0, 40)}”${more}.`,
      };
  }
}
