import { findAttribute, resolvePath, type Attribute, type ResourceSchema } from "./schemas.ts";
import { invalid } from "./scim-error.ts";

/** A resource, or a part of one, with the names that the schemas give. */
export type Values = Record<string, unknown>;

/** Longest text of an attribute. */
const MAX_TEXT = 1_000;
/** Most values of an attribute; of `members` the number of a team’s members decides. */
const MAX_VALUES = 100;

/** Whether a value is an object with members. */
export function isObject(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads the attributes of a body that a directory can set. Names are compared without regard to case; what is read-only or unknown
 * is left out, and so is a value that says “none”.
 * @throws ScimError `invalidValue`, `invalidSyntax`
 */
export function readResource(schema: ResourceSchema, body: unknown): Values {
  if (!isObject(body)) throw invalid("invalidSyntax", "The body must be a JSON object.");
  const result: Values = {};
  for (const [key, value] of Object.entries(body)) {
    const extension = findExtension(schema, key);
    if (extension) {
      const [urn, attributes] = extension;
      const read = isObject(value) ? readValues(attributes, value) : {};
      if (Object.keys(read).length > 0) result[urn] = { ...toValues(result[urn]), ...read };
      continue;
    }
    const found = resolvePath(schema, key);
    if (found === null || found === "not_kept" || found.sub) continue;
    const read = readValue(found.attribute, value);
    if (read === undefined) continue;
    if (found.extension === null) result[found.attribute.name] = read;
    else
      result[found.extension] = {
        ...toValues(result[found.extension]),
        [found.attribute.name]: read,
      };
  }
  return result;
}

/** Returns the URN and the attributes of an extension. */
export function findExtension(schema: ResourceSchema, key: string) {
  return [...schema.extensions].find(([urn]) => urn.toLowerCase() === key.toLowerCase());
}

/** A value as an object; {}: it is none. */
export function toValues(value: unknown): Values {
  return isObject(value) ? value : {};
}

function readValues(attributes: Attribute[], value: Values): Values {
  const result: Values = {};
  for (const [key, item] of Object.entries(value)) {
    const attribute = findAttribute(attributes, key);
    const read = attribute && readValue(attribute, item);
    if (attribute && read !== undefined) result[attribute.name] = read;
  }
  return result;
}

/**
 * Reads the value of an attribute; undefined: there is none, or it is read-only.
 * @throws ScimError `invalidValue`
 */
export function readValue(attribute: Attribute, value: unknown): unknown {
  if (attribute.mutability === "readOnly" || value === null || value === undefined)
    return undefined;
  if (!attribute.multiValued) return readOne(attribute, value);
  const items = Array.isArray(value) ? value : [value];
  if (items.length > MAX_VALUES && attribute.name !== "members")
    throw invalid("invalidValue", `${attribute.name}: it has more than ${MAX_VALUES} values.`);
  const read = items.flatMap((item) => readOne(attribute, item) ?? []);
  if (read.filter((item) => toValues(item)["primary"] === true).length > 1)
    throw invalid("invalidValue", `${attribute.name}: more than one value is the primary one.`);
  return read.length === 0 ? undefined : read;
}

/** Reads one value of an attribute; undefined: it says “none”. */
export function readOne(attribute: Attribute, value: unknown): unknown {
  switch (attribute.type) {
    case "boolean":
      return readBoolean(attribute, value);
    case "complex": {
      // Some directories write the value alone.
      if (typeof value === "string" && findAttribute(attribute.subAttributes, "value"))
        return value === "" ? undefined : { value };
      if (!isObject(value))
        throw invalid("invalidValue", `${attribute.name}: it must be an object.`);
      const read = readValues(attribute.subAttributes, value);
      return Object.keys(read).length === 0 ? undefined : read;
    }
    default:
      return readText(attribute, value);
  }
}

/** Microsoft Entra writes booleans as the strings “True” and “False”. */
function readBoolean({ name }: Attribute, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  const text = typeof value === "string" ? value.toLowerCase() : "";
  if (text === "true" || text === "false") return text === "true";
  throw invalid("invalidValue", `${name}: it must be true or false.`);
}

function readText({ name }: Attribute, value: unknown): string | undefined {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string") throw invalid("invalidValue", `${name}: it must be a string.`);
  if (text.length > MAX_TEXT)
    throw invalid("invalidValue", `${name}: it has more than ${MAX_TEXT} characters.`);
  return text === "" ? undefined : text;
}
