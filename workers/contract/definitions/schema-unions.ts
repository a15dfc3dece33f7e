import { getOwn, isEqual, isObject, writeJson, type JsonObject } from "./json-value.ts";
import { toPlace, type Place, type SchemaComparison } from "./schema-comparison.ts";

/** Members of a schema that list schemas of which a value fits some. `allOf` is compared as a whole. */
export const UNIONS = ["anyOf", "oneOf"] as const;

/** Most alternatives of unions within each other that are read as one union. */
const MAX_FLAT = 60;

/** What an equal constant counts, in shared names: it usually tells alternatives apart. */
const CONSTANT_SCORE = 20;

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
  const all = {
    before: flatten(comparison, "before", before.schemas),
    after: flatten(comparison, "after", after.schemas),
  };
  const old = listOwn(all.before, all.after);
  const current = listOwn(all.after, all.before);
  const pairs = old.length === current.length ? pairUp(comparison, old, current) : [];
  const isPaired =
    old.length === current.length &&
    pairs.every(([schema, other]) => isAlike(comparison, schema, other));
  if (isPaired) {
    for (const [schema, other] of pairs)
      comparison.compare(
        schema,
        other,
        toPlace(place, [after.name, after.schemas.indexOf(other)], place.label),
      );
    return;
  }
  const lost = old.filter((schema) => !all.after.some((one) => comparison.isAccepted(schema, one)));
  const found = current.filter(
    (schema) => !all.before.some((one) => comparison.isAccepted(schema, one)),
  );
  addLostAndFound(comparison, { lost, found, after }, place);
}

/** Alternatives of alternatives are alternatives, as long as there are few: schemas can refer to each other in circles. */
function flatten(
  comparison: SchemaComparison,
  side: "before" | "after",
  schemas: readonly unknown[],
): readonly unknown[] {
  const flat: unknown[] = [];
  const open = [...schemas];
  for (const schema of open) {
    const union = toUnion(comparison.readRules(side, schema) || {});
    if (union?.isAlone !== true || union.name !== "anyOf") flat.push(schema);
    else if (open.length + union.schemas.length > MAX_FLAT) return schemas;
    else open.push(...union.schemas);
  }
  return flat;
}

/** Each alternative with the one that is most like it: their order says nothing. */
function pairUp(
  comparison: SchemaComparison,
  before: readonly unknown[],
  after: readonly unknown[],
): (readonly [unknown, unknown])[] {
  if (before.length > MAX_FLAT) return before.map((schema, index) => [schema, after[index]]);
  const left = [...after];
  return before.map((schema) => {
    const scores = left.map((other) => countShared(comparison, schema, other));
    const [other] = left.splice(scores.indexOf(Math.max(...scores)), 1);
    return [schema, other] as const;
  });
}

/** How many members two alternatives share by name, and by content: the constant that tells them apart among them. */
function countShared(comparison: SchemaComparison, before: unknown, after: unknown): number {
  const [old, current] = [
    comparison.readRules("before", before),
    comparison.readRules("after", after),
  ].map((rules) => getOwn(rules, "properties"));
  if (!isObject(old) || !isObject(current)) return 0;
  return Object.keys(old)
    .filter((name) => Object.hasOwn(current, name))
    .reduce((sum, name) => {
      const rules = comparison.readRules("before", old[name]);
      if (!isEqual(rules, comparison.readRules("after", current[name]))) return sum + 1;
      return sum + (getOwn(rules, "enum") === undefined ? 2 : CONSTANT_SCORE);
    }, 0);
}

/** Whether two alternatives are of the same types, so that one replaces the other. */
function isAlike(comparison: SchemaComparison, before: unknown, after: unknown): boolean {
  const rules = [comparison.readRules("before", before), comparison.readRules("after", after)];
  const [old, current] = rules.map((one) =>
    writeJson(one === false ? false : (one["type"] ?? null)),
  );
  return old === current;
}

function addLostAndFound(
  comparison: SchemaComparison,
  { lost, found, after }: { lost: unknown[]; found: unknown[]; after: Union },
  place: Place,
): void {
  // A value of `oneOf` must fit a single one: a further one can refuse it.
  const isExclusive = after.name === "oneOf" && after.schemas.length > 1;
  const isNull = (schema: unknown) => writeJson(schema) === '{"type":"null"}';
  const path = toPlace(place, [after.name], "").path;
  if (lost.length > 0)
    comparison.add({
      rule: "argument-narrowed",
      severity: lost.every(isNull) ? "low" : "medium",
      effect: "narrows",
      path,
      message: `${place.label} takes fewer kinds of values.`,
      before: lost,
      after: undefined,
    });
  if (found.length > 0)
    comparison.add({
      rule: "argument-widened",
      severity: found.every(isNull) ? "low" : "medium",
      effect: isExclusive && lost.length === 0 ? "unclear" : "widens",
      path,
      message: `${place.label} takes new kinds of values.`,
      before: undefined,
      after: found,
    });
}

/** The schemas that are not in the other list unchanged. References are the same only in the same document. */
function listOwn(schemas: readonly unknown[], others: readonly unknown[]): unknown[] {
  const known = new Set(others.map(writeJson).filter((text) => !text.includes('"$ref"')));
  return schemas.filter((schema) => !known.has(writeJson(schema)));
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
