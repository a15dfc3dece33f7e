import { z } from "zod";
import { passesFilter } from "./evaluate.ts";
import { parseValueFilter, type Filter } from "./filter.ts";
import {
  findExtension,
  isObject,
  readOne,
  readResource,
  readValue,
  toValues,
  type Values,
} from "./read-resource.ts";
import { findAttribute, resolvePath, type Attribute, type ResourceSchema } from "./schemas.ts";
import { invalid } from "./scim-error.ts";
import { Tokens } from "./tokens.ts";

/** Operations of one request. */
const MAX_OPERATIONS = 1_000;

/** The body of a PATCH (RFC 7644, section 3.5.2). Microsoft Entra writes the names of operations with a capital. */
const PatchBody = z.looseObject({
  Operations: z
    .array(
      z.looseObject({
        op: z
          .string()
          .toLowerCase()
          .pipe(z.enum(["add", "replace", "remove"])),
        path: z.string().optional(),
        value: z.unknown().optional(),
      }),
    )
    .min(1)
    .max(MAX_OPERATIONS),
});
type Operation = z.infer<typeof PatchBody>["Operations"][number];

/** What an operation changes: an attribute, those of its values that pass `filter`, or their `sub`. */
interface Place {
  extension: string | null;
  attribute: Attribute;
  filter: Filter | null;
  sub: Attribute | null;
}

/**
 * Applies the operations of a PATCH to a resource and returns the changed one.
 * @throws ScimError
 */
export function applyPatch(schema: ResourceSchema, resource: Values, body: unknown): Values {
  // The name of the list is compared without regard to case, as all names are.
  const named = isObject(body)
    ? Object.fromEntries(
        Object.entries(body).map(([key, value]) => [
          key.toLowerCase() === "operations" ? "Operations" : key,
          value,
        ]),
      )
    : body;
  const parsed = PatchBody.safeParse(named);
  if (!parsed.success)
    throw invalid(
      "invalidSyntax",
      "A PATCH needs “Operations”, each with “op”: add, replace or remove.",
    );
  return parsed.data.Operations.reduce<Values>(
    (current, operation) => applyOperation(schema, current, operation),
    structuredClone(resource),
  );
}

function applyOperation(schema: ResourceSchema, resource: Values, operation: Operation): Values {
  const { op, path, value } = operation;
  if (path === undefined || path.trim() === "")
    return applyWithoutPath(schema, resource, operation);
  const extension = findExtension(schema, path.trim());
  if (extension) return applyToExtension(schema, resource, operation, extension[0]);
  const place = parsePath(schema, path);
  if (place === "not_kept") return resource;
  const { attribute, sub } = place;
  const isImmutable = sub?.mutability === "immutable" && place.filter !== null;
  if (attribute.mutability === "readOnly" || sub?.mutability === "readOnly" || isImmutable)
    throw invalid("mutability", `${path}: it cannot be changed.`);
  if (op === "remove" && attribute.required)
    throw invalid("mutability", `${path}: a required attribute cannot be removed.`);
  return change(resource, place, op, value);
}

/** An object of attributes; a key can also be a path, such as `name.givenName`. What is read-only or unknown is left out. */
function applyWithoutPath(
  schema: ResourceSchema,
  resource: Values,
  { op, value }: Operation,
): Values {
  if (op === "remove") throw invalid("noTarget", "remove: it needs a path.");
  if (!isObject(value))
    throw invalid("invalidValue", `${op}: without a path, the value must be an object.`);
  let current = resource;
  for (const [path, item] of Object.entries(value)) {
    if (findExtension(schema, path)) {
      current = applyOperation(schema, current, { op, path, value: item });
      continue;
    }
    const isPlace = path.includes("[");
    const found = isPlace ? null : resolvePath(schema, path);
    if (found === "not_kept" || (found === null && !isPlace)) continue;
    if (found?.attribute.mutability === "readOnly") continue;
    current = applyOperation(schema, current, { op, path, value: item });
  }
  return current;
}

/** The whole extension as a target. */
function applyToExtension(
  schema: ResourceSchema,
  resource: Values,
  { op, value }: Operation,
  urn: string,
): Values {
  const { [urn]: before, ...others } = resource;
  if (op === "remove") return others;
  const read = toValues(readResource(schema, { [urn]: value })[urn]);
  return { ...resource, [urn]: { ...toValues(before), ...read } };
}

/** Parses `attribute`, `attribute.sub`, `attribute[filter]` or `attribute[filter].sub`. */
function parsePath(schema: ResourceSchema, path: string): Place | "not_kept" {
  const tokens = new Tokens(path, "invalidPath");
  const name = tokens.needWord("an attribute");
  const found = resolvePath(schema, name);
  if (found === "not_kept") return found;
  if (found === null) throw tokens.refuse(`There is no attribute “${name.slice(0, 100)}”.`);
  if (!tokens.takeIf("[")) {
    if (tokens.peek()) throw tokens.refuse("It goes on after the attribute.");
    return { ...found, filter: null };
  }
  const { extension, attribute } = found;
  if (!attribute.multiValued || found.sub)
    throw tokens.refuse(`The attribute “${name.slice(0, 100)}” has one value: no “[” can follow.`);
  const filter = parseValueFilter(tokens, attribute);
  tokens.need("]");
  const after = tokens.take();
  if (!after) return { extension, attribute, filter, sub: null };
  const subName = after.kind === "word" && after.text.startsWith(".") ? after.text.slice(1) : "";
  const sub = findAttribute(attribute.subAttributes, subName);
  if (!sub || tokens.peek()) throw tokens.refuse("After “]” comes “.” and a part of the value.");
  return { extension, attribute, filter, sub };
}

function change(resource: Values, place: Place, op: Operation["op"], value: unknown): Values {
  const { extension, attribute } = place;
  const holder = extension === null ? resource : toValues(resource[extension]);
  const before = holder[attribute.name];
  const after = attribute.multiValued
    ? changeList(Array.isArray(before) ? before.map(toValues) : [], place, op, value)
    : changeSingle(before, place, op, value);
  const changed = { ...holder, [attribute.name]: after };
  if (after === undefined) delete changed[attribute.name];
  return extension === null ? changed : { ...resource, [extension]: changed };
}

function changeSingle(
  before: unknown,
  { attribute, sub }: Place,
  op: Operation["op"],
  value: unknown,
): unknown {
  if (sub) {
    const read = op === "remove" ? undefined : readValue(sub, value);
    return withPart(toValues(before), sub, read);
  }
  const read = op === "remove" ? undefined : readValue(attribute, value);
  if (read === undefined && attribute.required && op !== "remove")
    throw invalid("invalidValue", `${attribute.name}: it is required.`);
  return isObject(read) ? { ...toValues(before), ...read } : read;
}

/** Undefined: nothing is left. */
function withPart(values: Values, { name }: Attribute, read: unknown): Values | undefined {
  const { [name]: _old, ...others } = values;
  const changed = read === undefined ? others : { ...others, [name]: read };
  return Object.keys(changed).length === 0 ? undefined : changed;
}

function changeList(
  before: Values[],
  place: Place,
  op: Operation["op"],
  value: unknown,
): Values[] | undefined {
  return toList(keepOnePrimary(before, changeValues(before, place, op, value)));
}

/** A value that becomes the primary one is the only one. */
function keepOnePrimary(before: Values[], after: Values[]): Values[] {
  const old = new Set(before.filter(isPrimary).map(keyOf));
  const added = after.filter((item) => isPrimary(item) && !old.has(keyOf(item)));
  if (added.length === 0) return after;
  if (added.length > 1) throw invalid("invalidValue", "More than one value is the primary one.");
  return after.map((item) =>
    isPrimary(item) && !added.includes(item) ? { ...item, primary: false } : item,
  );
}

function isPrimary(item: Values): boolean {
  return item["primary"] === true;
}

function keyOf(item: Values): string {
  return JSON.stringify([item["value"], item["type"]]);
}

function changeValues(
  before: Values[],
  place: Place,
  op: Operation["op"],
  value: unknown,
): Values[] {
  const { attribute, filter, sub } = place;
  const isTarget = (item: Values) => filter === null || passesFilter(filter, item);
  if (op === "remove") return removeFrom(before, place, isTarget, value);
  if (sub) return changeParts(before, place, sub, op, value, isTarget);
  if (filter !== null) {
    const read = toValues(readOne(attribute, value));
    const targets = before.filter(isTarget);
    if (targets.length === 0 && op === "replace") throw noMatch(attribute);
    if (targets.length === 0) return mergeList(before, [{ ...toEqualities(filter), ...read }]);
    return before.map((item) => (isTarget(item) ? { ...item, ...read } : item));
  }
  const read = readValue(attribute, value);
  const items = Array.isArray(read) ? read.map(toValues) : [];
  return mergeList(op === "replace" ? [] : before, items);
}

/** Microsoft Entra names the values to remove in `value` instead of in a filter. */
function removeFrom(
  before: Values[],
  { attribute, filter, sub }: Place,
  isTarget: (item: Values) => boolean,
  value: unknown,
): Values[] {
  if (sub) return changeEach(before, isTarget, (item) => withPart(item, sub, undefined));
  const named = filter === null ? readValue(attribute, value) : undefined;
  if (!Array.isArray(named)) return before.filter((item) => !isTarget(item));
  const gone = new Set(named.map((item) => toValues(item)["value"]));
  return before.filter((item) => !gone.has(item["value"]));
}

function changeParts(
  before: Values[],
  { attribute, filter }: Place,
  sub: Attribute,
  op: "add" | "replace",
  value: unknown,
  isTarget: (item: Values) => boolean,
): Values[] {
  const read = readValue(sub, value);
  if (before.some(isTarget))
    return changeEach(before, isTarget, (item) => withPart(item, sub, read));
  if (op === "replace" || read === undefined) throw noMatch(attribute);
  const equalities = filter === null ? {} : toEqualities(filter);
  return mergeList(before, [{ ...equalities, [sub.name]: read }]);
}

function changeEach(
  items: Values[],
  isTarget: (item: Values) => boolean,
  toChanged: (item: Values) => Values | undefined,
): Values[] {
  return items.flatMap((item) => {
    const changed = isTarget(item) ? toChanged(item) : item;
    return changed ? [changed] : [];
  });
}

/** The values of a new item that a filter demands: `type eq "work"` gives the type. */
function toEqualities(filter: Filter): Values {
  if (filter.kind === "and") return { ...toEqualities(filter.left), ...toEqualities(filter.right) };
  if (filter.kind !== "compare" || filter.operator !== "eq" || !filter.target) return {};
  const [key] = filter.target.keys;
  const read = readValue(filter.target.attribute, filter.value);
  return key === undefined || read === undefined ? {} : { [key]: read };
}

/** Adds items. One with the value and kind of another takes its place. */
function mergeList(before: Values[], added: Values[]): Values[] {
  const items = new Map(before.map((item) => [keyOf(item), item]));
  for (const item of added) items.set(keyOf(item), { ...items.get(keyOf(item)), ...item });
  return [...items.values()];
}

function toList(items: Values[]): Values[] | undefined {
  return items.length === 0 ? undefined : items;
}

function noMatch({ name }: Attribute) {
  return invalid("noTarget", `${name}: no value passes the filter of the path.`);
}
