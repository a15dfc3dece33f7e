import { isEqual, type JsonObject } from "./json-value.ts";
import {
  toPlace,
  type Place,
  type SchemaComparison,
  type SchemaPair,
} from "./schema-comparison.ts";
import { compareMembers } from "./schema-members.ts";
import { compareUnions, UNIONS } from "./schema-unions.ts";
import { compareValueRules } from "./schema-values.ts";

/** Members of a schema that have their own comparison. */
const KNOWN = new Set([
  ...UNIONS,
  "type",
  "enum",
  "properties",
  "required",
  "additionalProperties",
  "items",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "minProperties",
  "maxProperties",
  "pattern",
  "format",
]);

/** Compares the rules of two schemas. */
export function compareRules(comparison: SchemaComparison, { rules, place }: SchemaPair): void {
  const { before, after } = rules;
  if (before === false || after === false) {
    if (before !== after) addImpossible(comparison, before === false, place);
    return;
  }
  if (compareUnions(comparison, before, after, place)) return;
  compareValueRules(comparison, before, after, place);
  const canBoth = (type: string) => canBe(before, type) && canBe(after, type);
  if (canBoth("object")) compareMembers(comparison, before, after, place);
  const [items, itemsNow] = [before["items"] ?? {}, after["items"] ?? {}];
  const isTuple = Array.isArray(items) || Array.isArray(itemsNow);
  if (!isTuple && canBoth("array"))
    comparison.compare(
      items,
      itemsNow,
      toPlace(place, ["items"], `An item of ${lower(place.label)}`),
    );
  compareOthers(comparison, before, after, { place, isTuple });
}

function addImpossible(comparison: SchemaComparison, isOpened: boolean, place: Place): void {
  comparison.add({
    rule: isOpened ? "argument-widened" : "argument-narrowed",
    severity: "medium",
    effect: isOpened ? "widens" : "narrows",
    path: place.path,
    message: isOpened
      ? `${place.label} can have a value now.`
      : `${place.label} can have no value any more.`,
    before: undefined,
    after: undefined,
  });
}

/** Whether a value of a type can fit. */
function canBe({ type }: JsonObject, name: string): boolean {
  return !Array.isArray(type) || type.includes(name);
}

/** Rules that are not read here, such as `if` and `not`: what a change of them means is for a person to see. */
function compareOthers(
  comparison: SchemaComparison,
  before: JsonObject,
  after: JsonObject,
  { place, isTuple }: { place: Place; isTuple: boolean },
): void {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const isRead = KNOWN.has(name) && !(name === "items" && isTuple);
    if (isRead || isEqual(before[name], after[name])) continue;
    comparison.add({
      rule: "argument-rule",
      severity: "medium",
      effect: "unclear",
      path: toPlace(place, [name], "").path,
      message: `${place.label} has another rule “${name.slice(0, 40)}”.`,
      before: before[name],
      after: after[name],
    });
  }
}

function lower(label: string): string {
  return label.charAt(0).toLowerCase() + label.slice(1);
}
