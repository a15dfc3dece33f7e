import { isObject, type Values } from "./read-resource.ts";
import { resolvePath, type ResourceSchema } from "./schemas.ts";

/** Which attributes a response has (RFC 7644, section 3.9). Null: all. */
export interface Projection {
  attributes: string[] | null;
  excluded: string[];
}

/** Reads the two lists, separated by commas. An unknown name selects nothing. */
export function toProjection(attributes: unknown, excluded: unknown): Projection {
  const wanted = readNames(attributes);
  return { attributes: wanted.length === 0 ? null : wanted, excluded: readNames(excluded) };
}

function readNames(value: unknown): string[] {
  const items: unknown[] = Array.isArray(value)
    ? value
    : typeof value === "string"
      ? value.split(",")
      : [];
  return items.flatMap((item) => {
    const name = String(item).trim();
    return name === "" ? [] : [name];
  });
}

/** Returns a resource with the wanted attributes. `id` and `schemas` are always returned. */
export function project(
  schema: ResourceSchema,
  { attributes, excluded }: Projection,
  resource: Values,
): Values {
  const always: Values = {};
  for (const key of ["schemas", "id"]) if (key in resource) always[key] = resource[key];
  const base = attributes === null ? resource : {};
  let result: Values = { ...base };
  for (const name of attributes ?? []) result = include(schema, resource, result, name);
  for (const name of attributes === null ? excluded : []) result = exclude(schema, result, name);
  return { ...result, ...always };
}

function include(schema: ResourceSchema, from: Values, into: Values, name: string): Values {
  const path = toKeys(schema, name);
  return path === null ? into : copy(from, into, path);
}

function exclude(schema: ResourceSchema, from: Values, name: string): Values {
  const path = toKeys(schema, name);
  return path === null ? from : omit(from, path);
}

function toKeys(schema: ResourceSchema, name: string): string[] | null {
  const urn = [...schema.extensions.keys()].find((key) => key.toLowerCase() === name.toLowerCase());
  if (urn !== undefined) return [urn];
  const found = resolvePath(schema, name);
  if (found === null || found === "not_kept") return null;
  const { extension, attribute, sub } = found;
  return [
    ...(extension === null ? [] : [extension]),
    attribute.name,
    ...(sub === null ? [] : [sub.name]),
  ];
}

function copy(from: Values, into: Values, [key = "", ...rest]: string[]): Values {
  const value = from[key];
  if (value === undefined) return into;
  if (rest.length === 0) return { ...into, [key]: value };
  const old = into[key];
  const copied = Array.isArray(value)
    ? value.map((item: unknown, index) => {
        const before: unknown = Array.isArray(old) ? old[index] : undefined;
        return isObject(item) ? copy(item, isObject(before) ? before : {}, rest) : item;
      })
    : isObject(value)
      ? copy(value, isObject(old) ? old : {}, rest)
      : value;
  return { ...into, [key]: copied };
}

function omit(from: Values, [key = "", ...rest]: string[]): Values {
  const { [key]: value, ...others } = from;
  if (value === undefined) return from;
  if (rest.length === 0) return others;
  const left = Array.isArray(value)
    ? value.map((item: unknown) => (isObject(item) ? omit(item, rest) : item))
    : isObject(value)
      ? omit(value, rest)
      : value;
  return { ...from, [key]: left };
}
