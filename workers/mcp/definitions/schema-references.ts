import { isJsonObject, type JsonObject } from "./exact-json.ts";
import { parsePointer, subschemasOf, toReference, type Path } from "./schema-walk.ts";

/** The schemas of one document that references can name. */
export class SchemaIndex {
  /** Places of schemas, as references. */
  readonly #places = new Set<string>();
  /** Places by `$id`, as it is written. */
  readonly #ids = new Map<string, Path>();
  /** Places by anchor, below the reference to the schema with the `$id` that the anchor belongs to. */
  readonly #anchors = new Map<string, Path>();

  constructor(root: JsonObject) {
    this.#add(root, [], []);
  }

  /** Whether a schema of the document has an `$id`, so that references can be relative to it. */
  get hasIds(): boolean {
    return this.#ids.size > 0;
  }

  /** Whether a place holds a schema that is reached through schema keywords. */
  isSchema(path: Path): boolean {
    return this.#places.has(toReference(path));
  }

  /** The place of the nearest schema with an `$id` around `path`, itself included. */
  baseOf(path: Path): Path {
    let base: Path = [];
    for (const place of this.#ids.values())
      if (place.length > base.length && place.every((key, i) => key === path[i])) base = place;
    return base;
  }

  /** The place that a reference at `from` names; null: none in this document. */
  resolve(reference: string, from: Path): Path | null {
    const hash = reference.indexOf("#");
    const document = hash === -1 ? reference : reference.slice(0, hash);
    const fragment = hash === -1 ? "" : reference.slice(hash + 1);
    const base = document === "" ? this.baseOf(from) : this.#ids.get(document);
    if (!base) return null;
    const pointer = parsePointer(fragment);
    if (pointer) return [...base, ...pointer];
    return this.#anchors.get(toReference(base) + fragment) ?? null;
  }

  #add(schema: JsonObject, path: Path, outerBase: Path): void {
    this.#places.add(toReference(path));
    const id = schema["$id"];
    const isBase = typeof id === "string" && !id.startsWith("#");
    if (isBase && !this.#ids.has(id.replace(/#$/, ""))) this.#ids.set(id.replace(/#$/, ""), path);
    const base = isBase ? path : outerBase;
    const anchors = [schema["$anchor"], schema["$dynamicAnchor"]];
    if (typeof id === "string" && id.startsWith("#")) anchors.push(id.slice(1));
    for (const anchor of anchors) {
      const key = toReference(base) + String(anchor);
      if (typeof anchor === "string" && !this.#anchors.has(key)) this.#anchors.set(key, path);
    }
    for (const { path: at, value } of subschemasOf(schema, path))
      if (isJsonObject(value)) this.#add(value, at, base);
  }
}
