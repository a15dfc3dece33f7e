import { isEqual, writeJson, type JsonObject } from "./json-value.ts";
import { quote, quoteAll } from "./naming.ts";
import {
  toPlace,
  type Place,
  type SchemaComparison,
  type SchemaDifference,
} from "./schema-comparison.ts";
import { isOfType } from "./schema-form.ts";

const TYPES = ["string", "number", "integer", "boolean", "object", "array", "null"] as const;
/** Rules that set a smallest and a largest value, with what they limit. */
const BOUNDS: readonly [name: string, isLeast: boolean, what: string][] = [
  ["minimum", true, "smallest value"],
  ["exclusiveMinimum", true, "lower limit"],
  ["maximum", false, "largest value"],
  ["exclusiveMaximum", false, "upper limit"],
  ["minLength", true, "smallest length"],
  ["maxLength", false, "largest length"],
  ["minItems", true, "smallest number of items"],
  ["maxItems", false, "largest number of items"],
  ["minProperties", true, "smallest number of members"],
  ["maxProperties", false, "largest number of members"],
];

type Add = (
  difference: Omit<SchemaDifference, "path" | "before" | "after"> & { name: string },
) => void;

/** Compares types, values, limits and patterns. */
export function compareValueRules(
  comparison: SchemaComparison,
  before: JsonObject,
  after: JsonObject,
  place: Place,
): void {
  const add: Add = ({ name, ...difference }) =>
    comparison.add({
      ...difference,
      path: toPlace(place, [name], "").path,
      before: before[name],
      after: after[name],
    });
  if (before["enum"] === undefined && after["enum"] === undefined)
    compareTypes(before, after, place, add);
  else compareValues(before, after, place, add);
  for (const [name, isLeast, what] of BOUNDS)
    if (!isEqual(before[name], after[name]))
      addBound({ name, isLeast, what }, before[name], after[name], place, add);
  for (const name of ["pattern", "format"])
    if (!isEqual(before[name], after[name]))
      addPattern(name, before[name], after[name], place, add);
}

/** A number is an integer too. */
function listTypes({ type }: JsonObject): Set<string> {
  if (!Array.isArray(type)) return new Set(TYPES);
  return new Set(type.flatMap((one) => (one === "number" ? ["number", "integer"] : [String(one)])));
}

function compareTypes(before: JsonObject, after: JsonObject, place: Place, add: Add): void {
  const [old, current] = [listTypes(before), listTypes(after)];
  const added = [...current].filter((type) => !old.has(type));
  const removed = [...old].filter((type) => !current.has(type));
  const name = "type";
  if (added.length > 0 && removed.length > 0)
    add({
      name,
      rule: "argument-type",
      severity: "high",
      effect: "narrows",
      message: `${place.label} has another type: ${nameTypes(after)} instead of ${nameTypes(before)}.`,
    });
  else if (added.length > 0)
    add({
      name,
      rule: "argument-widened",
      severity: added.every((type) => type === "null") ? "low" : "medium",
      effect: "widens",
      message: `${place.label} takes more types: ${nameTypes(after)} instead of ${nameTypes(before)}.`,
    });
  else if (removed.length > 0)
    add({
      name,
      rule: "argument-narrowed",
      severity: removed.every((type) => type === "null") ? "low" : "medium",
      effect: "narrows",
      message: `${place.label} takes fewer types: ${nameTypes(after)} instead of ${nameTypes(before)}.`,
    });
}

function nameTypes({ type }: JsonObject): string {
  return Array.isArray(type) ? type.map((one) => quote(String(one))).join(" or ") : "any type";
}

function compareValues(before: JsonObject, after: JsonObject, place: Place, add: Add): void {
  const [old, current] = [before["enum"], after["enum"]].map((list) =>
    Array.isArray(list) ? new Map(list.map((one: unknown) => [writeJson(one), one])) : null,
  );
  const name = "enum";
  if (old && !current) {
    const types = listTypes(after);
    const isFree = [...old.values()].every((one) => [...types].some((type) => isOfType(one, type)));
    add({
      name,
      rule: isFree ? "argument-widened" : "argument-type",
      severity: isFree ? "medium" : "high",
      effect: isFree ? "widens" : "narrows",
      message: isFree
        ? `${place.label} takes other values than the listed ones now.`
        : `${place.label} has another type: ${nameTypes(after)} instead of listed values.`,
    });
  } else if (current && !old) {
    add({
      name,
      rule: "argument-narrowed",
      severity: "medium",
      effect: "narrows",
      message: `${place.label} takes these values only: ${quoteAll([...current.values()])}.`,
    });
  } else if (current && old) {
    const added = [...current].filter(([text]) => !old.has(text)).map(([, one]) => one);
    const removed = [...old].filter(([text]) => !current.has(text)).map(([, one]) => one);
    if (added.length > 0)
      add({
        name,
        rule: "argument-widened",
        severity: "medium",
        effect: "widens",
        message: `${place.label} takes new values: ${quoteAll(added)}.`,
      });
    if (removed.length > 0)
      add({
        name,
        rule: "argument-narrowed",
        severity: "medium",
        effect: "narrows",
        message: `${place.label} does not take these values any more: ${quoteAll(removed)}.`,
      });
  }
}

function addBound(
  { name, isLeast, what }: { name: string; isLeast: boolean; what: string },
  before: unknown,
  after: unknown,
  place: Place,
  add: Add,
): void {
  const isNumeric = [before, after].every((one) => one === undefined || typeof one === "number");
  const open = isLeast ? -Infinity : Infinity;
  const [old, current] = [before, after].map((one) => (typeof one === "number" ? one : open));
  const isNarrower = isLeast ? Number(current) > Number(old) : Number(current) < Number(old);
  const text =
    after === undefined ? `no ${what} any more` : `another ${what}: ${quote(writeJson(after))}`;
  add({
    name,
    rule: !isNumeric ? "argument-rule" : isNarrower ? "argument-narrowed" : "argument-widened",
    // A call that is refused does no harm; a value that was too large before can.
    severity: isNumeric && isNarrower ? "low" : "medium",
    effect: !isNumeric ? "unclear" : isNarrower ? "narrows" : "widens",
    message: `${place.label} has ${text}.`,
  });
}

function addPattern(name: string, before: unknown, after: unknown, place: Place, add: Add): void {
  const isNew = before === undefined;
  const isGone = after === undefined;
  add({
    name,
    rule: isNew ? "argument-narrowed" : isGone ? "argument-widened" : "argument-rule",
    severity: name === "format" || isNew ? "low" : "medium",
    effect: isNew ? "narrows" : isGone ? "widens" : "unclear",
    message: isGone
      ? `${place.label} has no ${name} any more that its text must have.`
      : `${place.label} must have ${isNew ? "a" : "another"} ${name} now: ${quote(writeJson(after))}.`,
  });
}
