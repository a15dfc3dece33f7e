import type { DifferenceRule } from "../../../workers/contract/definitions/definition.ts";
import type { Severity } from "../../../workers/contract/severity.ts";
import type { BaseName, Json } from "./bases.ts";

/** A change of a definition, and what must be said of it: this rule, this severity or a worse one. */
export interface Mutation {
  name: string;
  base: BaseName;
  /** A change of the base that is approved before; absent: none. */
  before?: (value: Json) => unknown;
  change: (value: Json) => unknown;
  /** Of several, one is enough. */
  rule: DifferenceRule | DifferenceRule[];
  severity: Severity;
  /** Whether calls that fitted still fit; absent: it is not asked. */
  isCompatible?: boolean;
}

type Change = Mutation["change"];

const make =
  (base: BaseName, rule: DifferenceRule, severity: Severity, isCompatible?: boolean) =>
  (name: string, change: Change): Mutation => ({
    name,
    base,
    change,
    rule,
    severity,
    ...(isCompatible === undefined ? {} : { isCompatible }),
  });

/** The schema of one argument of `search_notes`. */
const at = (v: Json, name: string): Json => v.inputSchema.properties[name];
const put =
  (name: string, schema: unknown): Change =>
  (v) => {
    v.inputSchema.properties[name] = schema;
  };
const add =
  (name: string, members: object): Change =>
  (v) => {
    Object.assign(at(v, name), members);
  };
const drop =
  (name: string, ...members: string[]): Change =>
  (v) => {
    for (const member of members) delete at(v, name)[member];
  };
const hint =
  (name: string, value?: boolean): Change =>
  (v) => {
    if (value === undefined) delete v.annotations[name];
    else v.annotations[name] = value;
  };

const search = (rule: DifferenceRule, severity: Severity, isCompatible?: boolean) =>
  make("search", rule, severity, isCompatible);
const requires = search("argument-required", "high", false);
const collects = search("argument-added", "high", true);
const widens = search("argument-widened", "medium", true);
const narrows = search("argument-narrowed", "medium", false);
const limits = search("argument-narrowed", "low", false);
const opens = search("argument-widened", "low", true);
const retypes = search("argument-type", "high", false);
const rules = search("argument-rule", "medium", false);
const removes = search("argument-removed", "medium", false);
const output = search("output-schema", "low", true);

const HINTS: Mutation[] = [
  search("hint-flipped", "critical", true)("reads no more", hint("readOnlyHint", false)),
  search("hint-flipped", "critical")("does not say any more that it reads", hint("readOnlyHint")),
  search("hint-flipped", "critical")("loses all annotations", (v) => {
    delete v.annotations;
  }),
  search("hint-flipped", "high")("reaches outside", hint("openWorldHint", true)),
  search("hint-flipped", "high")(
    "does not say any more that it stays inside",
    hint("openWorldHint"),
  ),
  make("move", "hint-flipped", "critical")("deletes", hint("destructiveHint", true)),
  make("move", "hint-flipped", "critical")("may delete", hint("destructiveHint")),
  make("move", "hint-flipped", "high")("claims to read only", hint("readOnlyHint", true)),
  make("move", "hint-flipped", "medium")("can be repeated", hint("idempotentHint", true)),
  make("move", "hint-flipped", "medium")("claims to stay inside", hint("openWorldHint", false)),
  make("move", "annotations", "info")("leaves out a hint’s default", hint("idempotentHint")),
];

const SCHEMAS: Mutation[] = [
  requires("a new required argument", (v) => {
    put("reason", { type: "string" })(v);
    v.inputSchema.required.push("reason");
  }),
  requires("an optional argument becomes required", (v) => {
    v.inputSchema.required.push("tag");
  }),
  requires("a required argument without a description", (v) => {
    v.inputSchema.required.push("undeclared");
  }),
  requires("a nested required argument", (v) => {
    at(v, "filter").properties.group = { type: "string" };
    at(v, "filter").required.push("group");
  }),
  requires("a required member behind a reference", (v) => {
    v.inputSchema.$defs.place.required = ["city"];
  }),
  ...["sidenote", "conversation_history", "system-prompt", "chat context", "env_vars"].map((name) =>
    collects(`an argument ${name}`, put(name, { type: "string" })),
  ),
  search("argument-added", "low", true)("an optional argument", put("color", { type: "string" })),
  search(
    "argument-added",
    "low",
    true,
  )("an argument __proto__", (v) => {
    v.inputSchema.properties = JSON.parse(
      JSON.stringify(v.inputSchema.properties).replace("{", '{"__proto__":{"type":"string"},'),
    );
  }),
  removes("all arguments of an object are gone", (v) => {
    delete at(v, "filter").properties.author;
    delete at(v, "filter").properties.archived;
    at(v, "filter").required = [];
  }),
  removes("an argument is gone", (v) => {
    delete v.inputSchema.properties.tag;
  }),
  removes("a required argument is gone", (v) => {
    delete v.inputSchema.properties.query;
    v.inputSchema.required = [];
  }),
  removes("a nested argument is gone", (v) => {
    delete at(v, "filter").properties.archived;
  }),
  make(
    "move",
    "argument-removed",
    "medium",
    false,
  )("a trial run is gone", (v) => {
    delete v.inputSchema.properties.dryRun;
  }),
  retypes("text becomes a number", add("query", { type: "number" })),
  retypes("items become numbers", (v) => {
    at(v, "folders").items.type = "integer";
  }),
  retypes("an object becomes a text", put("filter", { type: "string" })),
  retypes("listed texts become numbers", put("sort", { type: "integer" })),
  retypes("the type behind a reference", (v) => {
    v.inputSchema.$defs.place.properties.city = { type: "integer" };
  }),
  widens("text or list", add("query", { type: ["string", "array"] })),
  widens("integer becomes number", add("limit", { type: "number" })),
  widens("any type", drop("query", "type")),
  widens(
    "a union of types",
    put("tag", { anyOf: [{ type: "string" }, { type: "integer" }], pattern: "^[a-z]+$" }),
  ),
  widens("a new value", (v) => {
    at(v, "sort").enum.push("all-users");
  }),
  widens("values are free", drop("sort", "enum")),
  widens("a pattern is gone", drop("tag", "pattern")),
  widens("a longest length is gone", drop("query", "maxLength")),
  widens("a larger longest length", add("query", { maxLength: 1_000_000 })),
  widens("a larger limit", add("limit", { maximum: 100_000 })),
  widens("a limit is gone", drop("limit", "maximum")),
  widens("a smaller least value", add("limit", { minimum: -1 })),
  widens("more items", add("folders", { maxItems: 5000 })),
  widens("any further argument", (v) => {
    v.inputSchema.additionalProperties = true;
  }),
  widens("any further text", (v) => {
    v.inputSchema.additionalProperties = { type: "string" };
  }),
  widens("any further nested member", (v) => {
    at(v, "filter").additionalProperties = true;
  }),
  widens("maps of anything", (v) => {
    at(v, "labels").additionalProperties = {};
  }),
  widens("a further alternative", (v) => {
    at(v, "target").anyOf.push({ type: "array", items: { type: "string" } });
  }),
  widens("a limit behind a reference", (v) => {
    delete v.inputSchema.$defs.place.properties.city.maxLength;
  }),
  opens("a required argument becomes optional", (v) => {
    v.inputSchema.required = [];
  }),
  opens("a format is gone", drop("since", "format")),
  opens("null is a value too", add("query", { type: ["string", "null"] })),
  opens("further members are not refused any more", (v) => {
    delete v.inputSchema.additionalProperties;
  }),
  narrows("number becomes integer", add("limit", { type: "integer", enum: [10, 20] })),
  narrows("a value is gone", (v) => {
    at(v, "sort").enum = ["date"];
  }),
  narrows("one value only", (v) => {
    v.inputSchema.properties.query = { const: "x" };
  }),
  narrows("an alternative is gone", put("target", { anyOf: [{ type: "string" }] })),
  narrows("maps of numbers", (v) => {
    at(v, "labels").additionalProperties = { type: "string", enum: ["a"] };
  }),
  narrows("an argument that can have no value", put("tag", false)),
  limits("a pattern", add("query", { pattern: "^x" })),
  limits("a shorter longest length", add("query", { maxLength: 20 })),
  limits("a longer shortest length", add("query", { minLength: 3 })),
  limits("a smaller limit", add("limit", { maximum: 5 })),
  limits("a larger least value", add("limit", { minimum: 5 })),
  limits("fewer items", add("folders", { maxItems: 1 })),
  limits("a least number of items", add("folders", { minItems: 1 })),
  limits("a format", add("query", { format: "uuid" })),
  rules("another pattern", add("tag", { pattern: "^[A-Z]+$" })),
  rules("another multiple", add("limit", { multipleOf: 5 })),
  rules("equal items", drop("folders", "uniqueItems")),
  rules("a condition", (v) => {
    Object.assign(
      v.inputSchema,
      JSON.parse('{"if":{"required":["tag"]},"then":{"required":["sort"]}}'),
    );
  }),
  rules("an exclusion", add("query", { not: { const: "x" } })),
  rules("names of members", add("labels", { propertyNames: { pattern: "^x" } })),
  rules("an unknown rule", add("query", { mustBeSigned: true })),
  search("default", "medium", true)("another default", add("limit", { default: 50 })),
  search("default", "medium", true)("a default is gone", drop("sort", "default")),
  make(
    "move",
    "default",
    "medium",
    true,
  )("no trial run by default", (v) => {
    v.inputSchema.properties.dryRun.default = false;
  }),
  search("default", "low", true)("a default is written down", add("tag", { default: "work" })),
  search(
    "description",
    "low",
    true,
  )("an argument’s description", add("query", { description: "What to find." })),
  search("title", "low", true)("an argument’s title", add("query", { title: "Words" })),
  output("no result schema any more", (v) => {
    delete v.outputSchema;
  }),
  make(
    "move",
    "output-schema",
    "low",
    true,
  )("a result schema", (v) => {
    v.outputSchema = { type: "object" };
  }),
  output("a result’s field is gone", (v) => {
    delete v.outputSchema.properties.total;
  }),
  output("a result’s field has another type", (v) => {
    v.outputSchema.properties.total.type = "string";
  }),
  output("a new field of the result", (v) => {
    v.outputSchema.properties.cursor = { type: "string" };
  }),
];

/** Mutations of schemas and hints. */
export const SCHEMA_MUTATIONS: readonly Mutation[] = [...HINTS, ...SCHEMAS];
