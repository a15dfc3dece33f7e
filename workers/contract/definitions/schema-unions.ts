import { writeJson, type JsonObject } from "./json-value.ts";
import { toPlace, type Place, type SchemaComparison } from "./schema-comparison.ts";

/** Members of a schema that list schemas of which a value fits some. `allOf` is compared as a whole. */
export const UNIONS = ["anyOf", "oneOf"] as const;

/** Compares alternatives. False: neither schema has any, so their own rules are to be compared. */
export function compareUnions(
  comparison: SchemaComparison,
  before: JsonObject,
  after: JsonObject,
  place: Place,
): boolean {
  const [old, current] = [toUnion(before), toUnion(after)];
  if (!old && !current) return false;
  // A union beside other rules, or two unions: only alternatives that stand alone are compared one by one.
  const wasWhole = old?.isAlone ?? true;
  const isWhole = current?.isAlone ?? true;
  if (!wasWhole || !isWhole) {
    if (!old || !current || old.name !== current.name) {
      addUnclear(comparison, before, after, place);
      return true;
    }
    compareAlternatives(comparison, old, current, place);
    return false;
  }
  compareAlternatives(
    comparison,
    old ?? { name: "anyOf", schemas: [before], isAlone: true },
    current ?? { name: "anyOf", schemas: [after], isAlone: true },
    place,
  );
  return true;
}

interface Union {
  name: (typeof UNIONS)[number];
  schemas: unknown[];
  /** Whether the schema has no other rule. */
  isAlone: boolean;
}

function toUnion(schema: JsonObject): Union | null {
  const names = UNIONS.filter((name) => Array.isArray(schema[name]));
  const [name] = names;
  const schemas = name && schema[name];
  if (!Array.isArray(schemas)) return null;
  return { name: name ?? "anyOf", schemas, isAlone: Object.keys(schema).length === 1 };
}

function compareAlternatives(
  comparison: SchemaComparison,
  before: Union,
  after: Union,
  place: Place,
): void {
  const old = listOwn(before.schemas, after.schemas);
  const current = listOwn(after.schemas, before.schemas);
  if (old.length === current.length) {
    old.forEach(({ schema }, index) => {
      const other = current[index];
      if (other)
        comparison.compare(
          schema,
          other.schema,
          toPlace(place, [after.name, other.at], place.label),
        );
    });
    return;
  }
  const lost = old.filter(
    ({ schema }) => !after.schemas.some((one) => comparison.isAccepted(schema, one)),
  );
  const found = current.filter(
    ({ schema }) => !before.schemas.some((one) => comparison.isAccepted(schema, one)),
  );
  // A value of `oneOf` must fit a single one: a further one can refuse it.
  const isExclusive = after.name === "oneOf" && after.schemas.length > 1;
  const path = toPlace(place, [after.name], "").path;
  if (lost.length > 0)
    comparison.add({
      rule: "argument-narrowed",
      severity: "medium",
      effect: "narrows",
      path,
      message: `${place.label} takes fewer kinds of values.`,
      before: lost.map(({ schema }) => schema),
      after: undefined,
    });
  if (found.length > 0)
    comparison.add({
      rule: "argument-widened",
      severity: "medium",
      effect: isExclusive && lost.length === 0 ? "unclear" : "widens",
      path,
      message: `${place.label} takes new kinds of values.`,
      before: undefined,
      after: found.map(({ schema }) => schema),
    });
}

/** The schemas that are not in the other list unchanged. References are the same only in the same document. */
function listOwn(
  schemas: readonly unknown[],
  others: readonly unknown[],
): { schema: unknown; at: number }[] {
  const known = new Set(others.map(writeJson).filter((text) => !text.includes('"$ref"')));
  return schemas.flatMap((schema, at) => (known.has(writeJson(schema)) ? [] : [{ schema, at }]));
}

function addUnclear(
  comparison: SchemaComparison,
  before: JsonObject,
  after: JsonObject,
  place: Place,
): void {
  comparison.add({
    rule: "argument-rule",
    severity: "medium",
    effect: "unclear",
    path: place.path,
    message: `${place.label} has other alternatives.`,
    before,
    after,
  });
}
