import { isEqual } from "./json-value.ts";
import { compareAnnotations } from "./schema-annotations.ts";
import { SchemaComparison } from "./schema-comparison.ts";
import { SchemaReader } from "./schema-form.ts";
import { compareRules } from "./schema-rules.ts";

/** Compares two schemas. `label`: what they describe, as the subject of a sentence. */
export function compareSchemas(
  before: unknown,
  after: unknown,
  path: string,
  label: string,
): SchemaComparison {
  const comparison = new SchemaComparison(new SchemaReader(before), new SchemaReader(after), {
    isRootEqual: isEqual(before, after),
    compareNode: (one, pair) => {
      compareAnnotations(one, pair);
      compareRules(one, pair);
    },
  });
  comparison.compare(before, after, { path, label });
  return comparison;
}
