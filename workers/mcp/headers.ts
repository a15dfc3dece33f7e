import type { ParamHeader } from "../contract/rpc/admission.ts";
import { isJsonObject } from "./definitions/exact-json.ts";
import { isObject } from "./json.ts";

/** An encoded value of an `Mcp-Name` or `Mcp-Param-*` header (2026-07-28, streamable HTTP, "Value encoding"). */
const ENCODED = /^=\?base64\?(.*)\?=$/s;
/** A value that needs no encoding: visible ASCII, with spaces inside. */
const PLAIN = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;

/** The header value for `Mcp-Name` or `Mcp-Param-*`: the text itself if it is plain, else in Base64. */
export function encodeHeaderValue(value: string | number | boolean): string {
  const text = String(value);
  if (PLAIN.test(text) && !ENCODED.test(text)) return text;
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte));
  return `=?base64?${btoa(bytes.join(""))}?=`;
}

/** The decoded value of a header; null when its encoding is invalid. */
export function decodeHeaderValue(header: string): string | null {
  const encoded = ENCODED.exec(header)?.[1];
  if (encoded === undefined) return header;
  try {
    const binary = atob(encoded);
    // atob accepts missing padding, spaces and stray bits; the specification does not.
    if (btoa(binary) !== encoded) return null;
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // The header's value is not base64 of UTF-8.
    return null;
  }
}

/**
 * The `x-mcp-header` annotations of an input schema. `invalid`: one of them is on a property that is not a string,
 * integer or boolean, is outside a chain of `properties`, repeats a name, or has a name that is not an HTTP token.
 */
export function findParamHeaders(inputSchema: unknown): ParamHeader[] | "invalid" {
  const found: ParamHeader[] = [];
  const names = new Set<string>();
  const reachable = collectAnnotations(inputSchema, [], found, names);
  return reachable && countAnnotations(inputSchema) === found.length ? found : "invalid";
}

/**
 * An input schema without its `x-mcp-header` annotations, which mean nothing to a legacy server. An object is no
 * annotation, but a schema: of a property with that name.
 */
export function withoutParamHeaders(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutParamHeaders);
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).filter(
    ([key, member]) => key !== "x-mcp-header" || isJsonObject(member),
  );
  return Object.fromEntries(members.map(([key, member]) => [key, withoutParamHeaders(member)]));
}

/** The `Mcp-Param-*` headers for a call's arguments; absent and null arguments have none. */
export function computeParamHeaders(
  paramHeaders: ParamHeader[],
  args: unknown,
): [name: string, value: string][] {
  return paramHeaders.flatMap(({ path, name }): [string, string][] => {
    let value = args;
    for (const key of path)
      value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    return isScalar(value) ? [[`Mcp-Param-${name}`, encodeHeaderValue(value)]] : [];
  });
}

/**
 * Whether a request's `Mcp-Param-*` headers equal its arguments, numbers compared as numbers (2026-07-28, streamable
 * HTTP, "Custom headers"). Otherwise an intermediary that routes by headers would disagree with the body.
 */
export function matchParamHeaders(
  paramHeaders: ParamHeader[],
  args: unknown,
  headers: Headers,
): boolean {
  const expected = new Map(
    computeParamHeaders(paramHeaders, args).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return paramHeaders.every(({ name }) => {
    const actual = headers.get(`mcp-param-${name}`);
    const required = expected.get(`mcp-param-${name.toLowerCase()}`);
    if (actual === null || required === undefined) return actual === null && required === undefined;
    const [left, right] = [decodeHeaderValue(actual), decodeHeaderValue(required)];
    return (
      left !== null && (left === right || (left.trim() !== "" && Number(left) === Number(right)))
    );
  });
}

/** A number beyond the safe integers lost digits when it was parsed: its header would contradict the body. */
function isScalar(value: unknown): value is string | number | boolean {
  if (typeof value === "number") return !Number.isInteger(value) || Number.isSafeInteger(value);
  return typeof value === "string" || typeof value === "boolean";
}

function collectAnnotations(
  schema: unknown,
  path: string[],
  found: ParamHeader[],
  names: Set<string>,
): boolean {
  if (!isObject(schema) || !isObject(schema["properties"])) return true;
  for (const [key, property] of Object.entries(schema["properties"])) {
    if (!isObject(property)) continue;
    if (Object.hasOwn(property, "x-mcp-header")) {
      const name = property["x-mcp-header"];
      const type = property["type"];
      if (typeof name !== "string" || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return false;
      if (type !== "string" && type !== "integer" && type !== "boolean") return false;
      if (names.has(name.toLowerCase())) return false;
      names.add(name.toLowerCase());
      found.push({ path: [...path, key], name });
    }
    if (!collectAnnotations(property, [...path, key], found, names)) return false;
  }
  return true;
}

/** Number of annotations anywhere in a schema; values of `default`, `const` and the like count as schema. */
function countAnnotations(value: unknown): number {
  if (Array.isArray(value))
    return value.reduce((sum: number, item) => sum + countAnnotations(item), 0);
  if (!isObject(value)) return 0;
  let count = 0;
  for (const [key, member] of Object.entries(value)) {
    if (key === "x-mcp-header" && typeof member === "string") count++;
    count += countAnnotations(member);
  }
  return count;
}
