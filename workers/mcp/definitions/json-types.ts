const TYPES = new Set(["array", "boolean", "integer", "null", "number", "object", "string"]);

/** The JSON types that a `type` means; empty: it means none, or one that JSON does not have. */
export function toTypes(value: unknown): unknown[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  const types = new Set(values.map((type) => (type === null ? "null" : type)));
  // Without an unknown type the list would allow less than the server means.
  return [...types].every(isType) ? [...types] : [];
}

/** Whether a value names a JSON type. */
export function isType(value: unknown): boolean {
  return typeof value === "string" && TYPES.has(value);
}
