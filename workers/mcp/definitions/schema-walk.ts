import { isJsonObject, type JsonObject } from "./exact-json.ts";
import { KEYWORD_KINDS } from "./keywords.ts";

/** A place in a JSON value: member names and array indexes. */
export type Path = readonly string[];

/** A schema below another one; `value` can be of any type. */
export interface Subschema {
  keyword: string;
  path: Path;
  value: unknown;
}

/** The direct subschemas of a schema, in the order of the text. */
export function* subschemasOf(schema: JsonObject, path: Path): Generator<Subschema> {
  for (const [keyword, value] of Object.entries(schema)) {
    const at = [...path, keyword];
    switch (KEYWORD_KINDS.get(keyword)) {
      case "schema":
      case "schema or boolean":
        yield { keyword, path: at, value };
        break;
      case "schemas":
        yield* listed(keyword, value, at);
        break;
      case "items":
        if (Array.isArray(value)) yield* listed(keyword, value, at);
        else yield { keyword, path: at, value };
        break;
      case "map of schemas":
      case "dependencies":
        if (!isJsonObject(value)) break;
        for (const [name, member] of Object.entries(value))
          if (!Array.isArray(member)) yield { keyword, path: [...at, name], value: member };
        break;
      default:
    }
  }
}

function* listed(keyword: string, value: unknown, path: Path): Generator<Subschema> {
  if (!Array.isArray(value)) return;
  for (const [i, member] of value.entries())
    yield { keyword, path: [...path, String(i)], value: member };
}

/** The value at a place; undefined: there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const key of path) {
    if (Array.isArray(value)) value = /^(0|[1-9]\d*)$/.test(key) ? value[Number(key)] : undefined;
    else value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

/** The reference to a place in the same schema (RFC 6901, section 6). */
export function toReference(path: Path): string {
  const tokens = path.map((key) =>
    encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1")).replaceAll("%24", "$"),
  );
  return ["#", ...tokens].join("/");
}

/** The place that a JSON pointer in a URI fragment names (RFC 6901); null: it is malformed. */
export function parsePointer(fragment: string): Path | null {
  if (fragment === "") return [];
  if (!fragment.startsWith("/")) return null;
  try {
    return fragment
      .slice(1)
      .split("/")
      .map((token) => decodeURIComponent(token).replaceAll("~1", "/").replaceAll("~0", "~"));
  } catch {
    // The fragment has a malformed percent-encoding.
    return null;
  }
}
