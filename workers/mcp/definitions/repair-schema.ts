import { cutUnusableReferences } from "./cut-references.ts";
import { isJsonObject, toNumber, type JsonObject } from "./exact-json.ts";
import { isType, toTypes } from "./json-types.ts";
import { KEYWORD_KINDS, type KeywordKind } from "./keywords.ts";
import { DIALECT, hasOlderKeywords, toCurrentKeywords } from "./older-keywords.ts";
import { describeLostReference } from "./outside-reference.ts";
import type { ReportChange } from "./report-change.ts";
import { SchemaIndex } from "./schema-references.ts";
import { toReference, valueAt, type Path } from "./schema-walk.ts";
import { toUnicodePattern } from "./unicode-pattern.ts";

/** Members that give a schema a name. */
const NAMES = new Set(["$id", "id", "$anchor", "$dynamicAnchor"]);
const ANCHOR = /^[A-Za-z_][-A-Za-z0-9._]*$/;

/**
 * A schema that the validators of clients compile, with the same meaning as far as it has one: boolean subschemas become
 * objects, references point into the schema itself, and what no validator accepts is removed, so that the schema allows
 * more than before, never less. A valid schema keeps its text, except for `$id`: clients compile the schemas of all
 * tools together, and two with one id exclude each other. (JSON Schema 2020-12, sections 4.3.2 and 8.)
 */
export function repairSchema(root: JsonObject, report: ReportChange): JsonObject {
  const repair = new SchemaRepair(root, report);
  const repaired = repair.run();
  cutUnusableReferences(repaired, report);
  return repaired;
}

class SchemaRepair {
  readonly #root: JsonObject;
  readonly #report: ReportChange;
  readonly #index: SchemaIndex;
  readonly #keepsOlder: boolean;
  readonly #anchors = new Set<string>();
  /** Names in `$defs` of schemas that lie under unknown keywords, by reference to where they lie. */
  readonly #moved = new Map<string, string>();
  readonly #definitions: [name: string, schema: JsonObject][] = [];

  constructor(root: JsonObject, report: ReportChange) {
    this.#root = root;
    this.#report = report;
    this.#index = new SchemaIndex(root);
    this.#keepsOlder = hasOlderKeywords(root);
  }

  run(): JsonObject {
    const schema = this.#repair(this.#root, []);
    if (this.#definitions.length === 0) return schema;
    const known = isJsonObject(schema["$defs"]) ? Object.entries(schema["$defs"]) : [];
    return { ...schema, $defs: Object.fromEntries([...known, ...this.#definitions]) };
  }

  #repair(schema: JsonObject, path: Path): JsonObject {
    const current = toCurrentKeywords(schema, this.#keepsOlder);
    for (const keyword of Object.keys(schema))
      if (!Object.hasOwn(current, keyword))
        this.#report([...path, keyword], "is written with the keyword of today");
    const members = Object.entries(current).flatMap(([keyword, value]): [string, unknown][] => {
      const at = [...path, keyword];
      const kind = KEYWORD_KINDS.get(keyword);
      if (kind === "reference") return this.#repairReference(keyword, value, current, path);
      const repaired =
        kind === undefined
          ? this.#repairOther(keyword, value, at)
          : this.#repairKeyword(kind, keyword, value, at, current);
      return repaired === undefined ? [] : [[keyword, repaired]];
    });
    return Object.fromEntries(members);
  }

  #repairOther(keyword: string, value: unknown, path: Path): unknown {
    switch (keyword) {
      case "$id":
      case "id":
        return this.#remove(path, "could be the id of another tool's schema");
      case "$anchor":
      case "$dynamicAnchor": {
        const isUsable =
          typeof value === "string" && ANCHOR.test(value) && !this.#anchors.has(value);
        if (!isUsable) return this.#remove(path, "is no anchor of its own");
        this.#anchors.add(value);
        return value;
      }
      default:
        // A list under an unknown keyword, as in `examples`, is no place where they search.
        return Array.isArray(value) ? value : this.#withoutNames(value, path);
    }
  }

  /** Validators search the objects under unknown keywords for schemas with an id or an anchor. */
  #withoutNames(value: unknown, path: Path): unknown {
    if (Array.isArray(value))
      return value.map((item, i) => this.#withoutNames(item, [...path, String(i)]));
    if (!isJsonObject(value)) return value;
    const members = Object.entries(value).flatMap(([name, member]): [string, unknown][] => {
      const at = [...path, name];
      return NAMES.has(name)
        ? this.#removeMember(at, "names no schema here")
        : [[name, this.#withoutNames(member, at)]];
    });
    return Object.fromEntries(members);
  }

  #repairKeyword(
    kind: Exclude<KeywordKind, "reference">,
    keyword: string,
    value: unknown,
    path: Path,
    schema: JsonObject,
  ): unknown {
    if (kind === "data") return value;
    if (value === null) return this.#remove(path, "is null");
    switch (kind) {
      case "schema or boolean":
        return typeof value === "boolean" ? value : this.#repairOne(value, path);
      case "schema":
        return this.#repairOne(value, path);
      case "items":
        return Array.isArray(value) ? this.#repairList(value, path) : this.#repairOne(value, path);
      case "schemas":
        return this.#repairList(value, path);
      case "map of schemas":
      case "dependencies":
      case "map of names":
        return this.#repairMap(kind, keyword, value, path);
      case "names":
        return this.#repairNames(value, path);
      case "type":
        return this.#repairType(value, path);
      case "enum":
        return Array.isArray(value) && value.length > 0
          ? value
          : this.#remove(path, "is no list of values");
      case "number":
        return this.#repairNumber(keyword, value, path);
      case "text":
        return this.#repairText(keyword, value, path);
      case "pattern":
        return this.#repairPattern(value, path);
      case "boolean":
        return this.#repairBoolean(keyword, value, path, schema);
      case "removed":
        return this.#remove(path, "is not supported by clients");
    }
  }

  /** The schema under a keyword; undefined: it is none. */
  #repairOne(value: unknown, path: Path): JsonObject | undefined {
    if (isJsonObject(value)) return this.#repair(value, path);
    if (typeof value === "boolean") return this.#toSchema(value, path);
    return this.#remove(path, "is no schema");
  }

  /** A schema of a list or map, which keeps its place. */
  #toSchema(value: unknown, path: Path): JsonObject {
    if (isJsonObject(value)) return this.#repair(value, path);
    if (value === false) {
      this.#report(path, 'is false, which is written as {"not":{}}');
      return { not: {} };
    }
    this.#report(
      path,
      value === true ? "is true, which is written as {}" : "is no schema: any value is allowed",
    );
    return {};
  }

  #repairList(list: unknown, path: Path): JsonObject[] | undefined {
    if (!Array.isArray(list) || list.length === 0)
      return this.#remove(path, "is no list of schemas");
    return list.map((value, i) => this.#toSchema(value, [...path, String(i)]));
  }

  #repairMap(kind: KeywordKind, keyword: string, value: unknown, path: Path): unknown {
    if (!isJsonObject(value)) return this.#remove(path, "is no object");
    const members = Object.entries(value).flatMap(([name, member]): [string, unknown][] => {
      const at = [...path, name];
      const key = keyword === "patternProperties" ? this.#repairPattern(name, at) : name;
      if (key === undefined) return [];
      const isNames = kind === "map of names" || (kind === "dependencies" && Array.isArray(member));
      if (!isNames) return [[key, this.#toSchema(member, at)]];
      // The validator of Cloudflare takes it for the id of a schema.
      if (name === "id" || name === "$id")
        return this.#removeMember(at, "is a name that clients misread");
      const names = this.#repairNames(member, at);
      return names === undefined ? [] : [[key, names]];
    });
    return Object.fromEntries(members);
  }

  #repairNames(value: unknown, path: Path): unknown[] | undefined {
    if (!Array.isArray(value)) return this.#remove(path, "is no list of names");
    const names = [...new Set(value.filter((name) => typeof name === "string"))];
    if (names.length < value.length)
      this.#report(path, "holds more than names, each once: only they are kept");
    return names;
  }

  #repairType(value: unknown, path: Path): unknown {
    if (isType(value)) return value;
    const types = toTypes(value);
    if (types.length === 0) return this.#remove(path, "holds what is no JSON type");
    if (JSON.stringify(types) !== JSON.stringify(value))
      this.#report(path, "is written with the names of JSON types, each once");
    return types;
  }

  #repairNumber(keyword: string, value: unknown, path: Path): unknown {
    const number = toNumber(value);
    const isUsable = /^m(ax|in)[A-Z]/.test(keyword)
      ? Number.isInteger(number) && number >= 0
      : Number.isFinite(number) && (keyword !== "multipleOf" || number > 0);
    if (isUsable) return value;
    return this.#remove(path, "is no number that a validator can use");
  }

  #repairText(keyword: string, value: unknown, path: Path): unknown {
    if (typeof value !== "string") return this.#remove(path, "is no text");
    if (keyword === "$schema" && !DIALECT.test(value))
      return this.#remove(path, "is a dialect that clients do not know");
    // A validator would find a member of every object under such a name.
    if (keyword === "format" && value in Object.prototype)
      return this.#remove(path, "is no format");
    return value;
  }

  #repairPattern(value: unknown, path: Path): string | undefined {
    const pattern = typeof value === "string" ? toUnicodePattern(value) : null;
    if (pattern === null)
      return this.#remove(
        path,
        "is no regular expression that all clients compile (ECMA-262, 2024)",
      );
    return pattern;
  }

  #repairBoolean(keyword: string, value: unknown, path: Path, schema: JsonObject): unknown {
    if (typeof value !== "boolean") return this.#remove(path, "is no boolean");
    if (keyword !== "nullable") return value;
    // OpenAPI 3.0; validators refuse it without a type, and where it contradicts the type.
    const types = toTypes(schema["type"]);
    const isUsable = types.length > 0 && (value || !types.includes("null"));
    return isUsable ? value : this.#remove(path, "does not fit the type");
  }

  #repairReference(
    keyword: string,
    value: unknown,
    schema: JsonObject,
    path: Path,
  ): [string, unknown][] {
    const at = [...path, keyword];
    const target = typeof value === "string" ? this.#index.resolve(value, path) : null;
    const found = target && valueAt(this.#root, target);
    if (!target || !(isJsonObject(found) || typeof found === "boolean")) {
      this.#remove(at, describeLostReference(value));
      return [];
    }
    // Validators follow a dynamic reference into their own function, which does not end. In one document it is a static one.
    if (keyword !== "$ref")
      return "$ref" in schema ? [] : [["$ref", this.#referenceTo(target, found)]];
    // Validators do not find an anchor everywhere, for example at the root.
    const isPlain = value === "#" || String(value).startsWith("#/");
    const keeps = isPlain && !this.#index.hasIds && this.#index.isSchema(target);
    return [["$ref", keeps ? value : this.#referenceTo(target, found)]];
  }

  /** A reference to a schema; one under an unknown keyword is moved to `$defs`, where validators find it. */
  #referenceTo(target: Path, found: JsonObject | boolean): string {
    const reference = toReference(target);
    if (this.#index.isSchema(target)) return reference;
    const known = this.#moved.get(reference);
    if (known !== undefined) return toReference(["$defs", known]);
    const taken = isJsonObject(this.#root["$defs"]) ? this.#root["$defs"] : {};
    let name = `moved-${this.#moved.size + 1}`;
    while (Object.hasOwn(taken, name)) name += "-";
    this.#moved.set(reference, name);
    this.#definitions.push([name, this.#toSchema(found, target)]);
    return toReference(["$defs", name]);
  }

  #removeMember(path: Path, reason: string): [] {
    this.#remove(path, reason);
    return [];
  }

  #remove(path: Path, reason: string): undefined {
    this.#report(path, `${reason}: it is removed`);
    return undefined;
  }
}
