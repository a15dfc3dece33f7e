import type { Era } from "../../contract/records/workspace.ts";
import { isJsonObject, isNumber, toNumber, type JsonObject } from "./exact-json.ts";
import { describesObject } from "./output-schema.ts";
import { repairSchema } from "./repair-schema.ts";
import type { ReportChange } from "./report-change.ts";
import type { Path } from "./schema-walk.ts";

/** The lists of a server. */
export type DefinitionKind = "tools" | "prompts" | "resources" | "templates" | "skills";

/** A definition that every client accepts, with what was changed; or why there is none. */
export type RepairedDefinition =
  | { ok: true; definition: JsonObject; changes: string[] }
  | { ok: false; reason: string };

/** Reads a value as clients demand it; undefined: it is unusable. */
type Shape = (value: unknown, path: Path, report: ReportChange) => unknown;

const text: Shape = (value) => (typeof value === "string" ? value : undefined);
const flag: Shape = (value) => (typeof value === "boolean" ? value : undefined);
const size: Shape = (value) => (Number.isFinite(toNumber(value)) ? value : undefined);
const priority: Shape = (value) =>
  isNumber(value) && toNumber(value) >= 0 && toNumber(value) <= 1 ? value : undefined;
const anyObject: Shape = (value) => (isJsonObject(value) ? value : undefined);
/** RFC 3339 with a time zone, as clients demand it. */
const time: Shape = (value) =>
  typeof value === "string" &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(value) &&
  !Number.isNaN(Date.parse(value))
    ? value
    : undefined;

const oneOf =
  (...values: string[]): Shape =>
  (value) =>
    values.includes(String(value)) ? value : undefined;

const listOf =
  (shape: Shape): Shape =>
  (value, path, report) =>
    Array.isArray(value)
      ? value.flatMap((item, i) => {
          const at = [...path, String(i)];
          const usable = shape(item, at, report);
          if (usable === undefined) report(at, "is not usable: it is removed");
          return usable === undefined ? [] : [usable];
        })
      : undefined;

/** An object; an unusable member is removed, and a missing required one makes the object unusable. */
const objectOf =
  (members: Record<string, Shape>, required: string[] = []): Shape =>
  (value, path, report) => {
    if (!isJsonObject(value)) return undefined;
    const usable = Object.entries(value).flatMap(([name, member]): [string, unknown][] => {
      const at = [...path, name];
      const shape = Object.hasOwn(members, name) ? members[name] : undefined;
      const kept = member === null ? undefined : shape ? shape(member, at, report) : member;
      if (kept === undefined)
        report(at, `${member === null ? "is null" : "is not usable"}: it is removed`);
      return kept === undefined ? [] : [[name, kept]];
    });
    const result = Object.fromEntries(usable);
    return required.every((name) => Object.hasOwn(result, name)) ? result : undefined;
  };

const NAMED = {
  title: text,
  description: text,
  icons: listOf(
    objectOf({ src: text, mimeType: text, sizes: listOf(text), theme: oneOf("light", "dark") }, [
      "src",
    ]),
  ),
  _meta: anyObject,
};
const RESOURCE = {
  ...NAMED,
  mimeType: text,
  size,
  annotations: objectOf({
    audience: listOf(oneOf("user", "assistant")),
    priority,
    lastModified: time,
  }),
};

/** The members that clients check, by list (2025-11-25 and 2026-07-28, schema). Other members are not changed. */
const DEFINITIONS: Record<Exclude<DefinitionKind, "skills">, Shape> = {
  tools: objectOf({
    ...NAMED,
    annotations: objectOf({
      title: text,
      readOnlyHint: flag,
      destructiveHint: flag,
      idempotentHint: flag,
      openWorldHint: flag,
    }),
    execution: objectOf({ taskSupport: oneOf("required", "optional", "forbidden") }),
  }),
  prompts: objectOf({
    ...NAMED,
    arguments: listOf(
      objectOf({ name: text, title: text, description: text, required: flag }, ["name"]),
    ),
  }),
  resources: objectOf(RESOURCE),
  templates: objectOf(RESOURCE),
};

/**
 * Brings a definition of a server into a shape that all clients accept: the reference SDKs validate a list as a whole,
 * so one odd definition would hide all others. `value` is an object of `parseExact` with a usable key.
 */
export function repairDefinition(
  value: JsonObject,
  kind: Exclude<DefinitionKind, "skills">,
  era: Era,
): RepairedDefinition {
  const changes: string[] = [];
  const report = toReporter(changes);
  const { inputSchema, outputSchema, ...others } = value;
  const definition = DEFINITIONS[kind](kind === "tools" ? others : value, [], report);
  if (!isJsonObject(definition)) return { ok: false, reason: "is no object" };
  if (kind === "prompts") return { ok: true, definition, changes };
  if (kind !== "tools") return { ok: true, definition: withName(definition, report), changes };
  const input = repairInputSchema(inputSchema, reportBelow("inputSchema", report));
  if (!input) return { ok: false, reason: "has an input schema that describes no object" };
  const output = repairOutputSchema(outputSchema, era, reportBelow("outputSchema", report));
  const schemas = { inputSchema: input, ...(output ? { outputSchema: output } : {}) };
  return { ok: true, definition: inOrderOf(value, { ...definition, ...schemas }), changes };
}

/** Resources without a name are called by their URI. */
function withName(definition: JsonObject, report: ReportChange): JsonObject {
  if (typeof definition["name"] === "string") return definition;
  report(["name"], "is missing: the URI is used");
  return { ...definition, name: definition["uri"] ?? definition["uriTemplate"] };
}

/** The schema of a tool's arguments, which are always an object; null: the schema excludes that. */
function repairInputSchema(value: unknown, report: ReportChange): JsonObject | null {
  if (value === undefined || value === null || value === true) {
    report([], "is missing: any arguments are allowed");
    return { type: "object" };
  }
  if (!isJsonObject(value)) return null;
  const schema = repairSchema(value, report);
  if (schema["type"] === "object") return schema;
  const types = [schema["type"]].flat();
  if (schema["type"] !== undefined && !types.includes("object")) return null;
  report(["type"], 'is not "object": it is added');
  return { ...schema, type: "object" };
}

/**
 * The schema of a tool's structured content. In the legacy era it describes an object, whether it says so or not; in the
 * modern era any value.
 */
function repairOutputSchema(value: unknown, era: Era, report: ReportChange): JsonObject | null {
  if (value === undefined) return null;
  if (!isJsonObject(value)) {
    report([], `${value === null ? "is null" : "is no schema"}: it is removed`);
    return null;
  }
  const schema = repairSchema(value, report);
  if (era === "modern" || schema["type"] === "object") return schema;
  const isUndecided = !["type", "anyOf", "oneOf", "allOf", "enum", "const", "$ref"].some(
    (keyword) => Object.hasOwn(schema, keyword),
  );
  if (!isUndecided && !describesObject(schema)) return schema;
  report(["type"], 'is not "object": it is added');
  return { ...schema, type: "object" };
}

/** The members in the server's own order. */
function inOrderOf(value: JsonObject, members: JsonObject): JsonObject {
  const names = new Set([...Object.keys(value), ...Object.keys(members)]);
  return Object.fromEntries(
    [...names].filter((name) => Object.hasOwn(members, name)).map((name) => [name, members[name]]),
  );
}

function reportBelow(member: string, report: ReportChange): ReportChange {
  return (path, change) => report([member, ...path], change);
}

/** Writes each change with its place into a list of sentences. */
export function toReporter(changes: string[]): ReportChange {
  return (path, change) => changes.push(`${toPlace(path)} ${change}`);
}

/** A place in a warning. An unusual name is not shown: it could imitate other text (spoofing). */
function toPlace(path: Path): string {
  const place = path.join("/");
  return /^[\w$.@:/{}*+-]{1,200}$/.test(place) ? place : `${path[0] ?? ""}/…`;
}
