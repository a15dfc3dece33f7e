import type { Filter, FilterValue, Operator } from "./filter.ts";
import type { Attribute } from "./schemas.ts";

/** Whether a resource, or a value of a multi-valued attribute, passes a filter. */
export function passesFilter(filter: Filter, resource: unknown): boolean {
  switch (filter.kind) {
    case "and":
      return passesFilter(filter.left, resource) && passesFilter(filter.right, resource);
    case "or":
      return passesFilter(filter.left, resource) || passesFilter(filter.right, resource);
    case "not":
      return !passesFilter(filter.inner, resource);
    case "present":
      return filter.target !== null && readValues(resource, filter.target.keys).some(isPresent);
    case "some":
      return (
        filter.target !== null &&
        readValues(resource, filter.target.keys).some((value) => passesFilter(filter.filter, value))
      );
    case "compare": {
      const values = filter.target ? readValues(resource, filter.target.keys) : [];
      const { operator, value } = filter;
      if (value === null) return values.some(isPresent) === (operator === "ne");
      if (!filter.target) return operator === "ne";
      const { attribute } = filter.target;
      // None of several values is the one: that is what `not (… eq …)` says, too.
      if (operator === "ne") return !values.some((own) => compare(attribute, "eq", own, value));
      return values.some((own) => compare(attribute, operator, own, value));
    }
  }
}

/** The values at the end of the steps. An attribute with several values gives each of them. */
function readValues(value: unknown, keys: readonly string[]): unknown[] {
  const [key, ...rest] = keys;
  if (Array.isArray(value)) return value.flatMap((item) => readValues(item, keys));
  if (key === undefined) return value === undefined || value === null ? [] : [value];
  if (typeof value !== "object" || value === null) return [];
  return readValues(Reflect.get(value, key), rest);
}

function isPresent(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).some(isPresent);
  return value !== undefined && value !== null && value !== "";
}

function compare(
  { type, caseExact }: Attribute,
  operator: Exclude<Operator, "ne">,
  own: unknown,
  value: Exclude<FilterValue, null>,
): boolean {
  if (type === "boolean") return own === (String(value).toLowerCase() === "true");
  const isPart = operator === "co" || operator === "sw" || operator === "ew";
  if (type === "dateTime" && !isPart)
    return isOrdered(operator, Date.parse(String(own)), Date.parse(String(value)));
  const [a, b] = [own, value].map((text) =>
    caseExact || type === "dateTime" ? String(text) : String(text).toLowerCase(),
  );
  if (a === undefined || b === undefined) return false;
  switch (operator) {
    case "co":
      return a.includes(b);
    case "sw":
      return a.startsWith(b);
    case "ew":
      return a.endsWith(b);
    default:
      return isOrdered(operator, a, b);
  }
}

function isOrdered<T extends string | number>(
  operator: Exclude<Operator, "ne" | "co" | "sw" | "ew">,
  a: T,
  b: T,
): boolean {
  switch (operator) {
    case "eq":
      return a === b;
    case "gt":
      return a > b;
    case "ge":
      return a >= b;
    case "lt":
      return a < b;
    case "le":
      return a <= b;
  }
}
