import { findSchemaDefinition, getDefaultFormState, type RJSFSchema } from "@rjsf/utils";
import { findFieldErrors, schemaValidator } from "./schema-validator.ts";

type Json = Record<string, unknown>;

/** A form with more parts is too slow to type in. */
const MAX_PARTS = 2_000;
/** Keywords with one schema, with a list of schemas, and with schemas by name. */
const ONE = ["additionalProperties", "items", "if", "then", "else"];
const LISTS = ["oneOf", "anyOf", "allOf"];
const NAMED = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];
/** A part with one of these says what it is; any other part is edited as JSON. */
const SHAPES = ["type", "enum", "const", "$ref", "oneOf", "anyOf", "allOf", "properties", "if"];

/** The first of several values is no default; `withConstant` says which constants are. An optional array has no items. */
const INITIAL_DEFAULTS = {
  constAsDefaults: "never",
  arrayMinItems: { populate: "requiredOnly" },
} as const;

/** A tool's input schema for the form library; or why the form cannot show it. */
export type FormSchema = { ok: true; schema: RJSFSchema } | { ok: false; reason: string };

/** Prepares a tool's input schema for the form. Null: the tool has none. */
export function toFormSchema(inputSchema: Json | null): FormSchema {
  // The page already shows title and description.
  const {
    $schema: _dialect,
    title: _title,
    description: _description,
    ...rest
  } = inputSchema ?? {};
  const parts = { left: MAX_PARTS };
  const schema = toFormPart({ type: "object", ...rest }, parts);
  if (parts.left < 0)
    return { ok: false, reason: "The form cannot show this tool: its input schema is too large." };
  // A cast, because the library accepts any JSON Schema and ignores unknown keywords.
  return { ok: true, schema: schema as RJSFSchema };
}

/** The arguments that a new form has: the defaults of the schema. An optional one without a default is left out. */
export function makeInitialArguments(form: FormSchema): Json {
  if (!form.ok) return {};
  try {
    const { schema } = form;
    const state: unknown = getDefaultFormState(
      schemaValidator,
      schema,
      undefined,
      schema,
      false,
      INITIAL_DEFAULTS,
    );
    return isJson(state) ? withoutOptional(schema, state) : {};
  } catch {
    // A `$ref` of the server's schema leads nowhere: the form says so when it is shown.
    return {};
  }
}

/** Leaves out optional objects and lists that the library fills only because they have required parts. */
function withoutOptional(schema: RJSFSchema, state: Json): Json {
  const isKept = ([name, value]: [string, unknown]) => {
    const entry: unknown = schema.properties?.[name];
    if (!isJson(entry) || schema.required?.includes(name) || "default" in entry) return true;
    if (!isJson(value) && !Array.isArray(value)) return true;
    const { $ref: reference } = entry;
    const part: unknown =
      typeof reference === "string" ? findSchemaDefinition(reference, schema) : entry;
    const hasDefaults = JSON.stringify(part).includes('"default":');
    const { $defs, definitions } = schema;
    const errors = findFieldErrors({ $defs, definitions, ...entry }, value);
    return hasDefaults && errors?.length === 0;
  };
  return Object.fromEntries(Object.entries(state).filter(isKept));
}

/**
 * The form library shows nothing for `true` and `{}`, and only the first of several types. Such parts
 * become what it shows; parts that the schema does not describe are edited as JSON.
 */
function toFormPart(schema: unknown, parts: { left: number }, isRequired = false): unknown {
  if (schema === true) return { description: "" };
  if (!isJson(schema) || parts.left-- < 0) return schema;
  const part = isRequired ? { ...schema } : toOptional({ ...schema });
  for (const key of ONE) if (isJson(part[key])) part[key] = toFormPart(part[key], parts);
  for (const key of LISTS) {
    const list = part[key];
    if (Array.isArray(list)) part[key] = list.map((entry) => toFormPart(entry, parts));
  }
  for (const key of NAMED) {
    const named = part[key];
    if (!isJson(named)) continue;
    const entries = Object.entries(named).filter(([, entry]) => !isNever(entry));
    part[key] = Object.fromEntries(
      entries.map(([name, entry]) => {
        const required: unknown = key === "properties" ? part["required"] : undefined;
        const isPartRequired = Array.isArray(required) && required.includes(name);
        return [name, toFormPart(withConstant(isPartRequired, entry), parts, isPartRequired)];
      }),
    );
  }
  return toDescribed(toChoice(toNamedValues(toArray(part))));
}

/** Alternatives of one schema and null are that schema, if they are optional: a field that is left empty has no value. */
function toOptional(part: Json): Json {
  for (const key of ["anyOf", "oneOf"]) {
    const list: unknown = part[key];
    if (!Array.isArray(list) || list.length !== 2) continue;
    const only: unknown = list.find((entry) => !isJson(entry) || entry["type"] !== "null");
    if (!isJson(only) || !list.some((entry) => isJson(entry) && entry["type"] === "null")) continue;
    const { [key]: _, ...rest } = part;
    return { ...only, ...rest };
  }
  return part;
}

/** The library fills an array with a schema for each place with nulls: it is edited as JSON, like any undescribed part. */
function toArray(part: Json): Json {
  if (part["type"] !== "array") return part;
  const { prefixItems, items, type: _, ...rest } = part;
  if (Array.isArray(prefixItems) || Array.isArray(items)) return rest;
  return items === undefined || typeof items === "boolean"
    ? { ...part, items: { description: "" } }
    : part;
}

/** A required property with one possible value has it by default and is not edited. */
function withConstant(isRequired: boolean, entry: unknown): unknown {
  if (!isJson(entry) || !("const" in entry)) return entry;
  return { readOnly: isRequired, ...(isRequired ? { default: entry["const"] } : {}), ...entry };
}

/** A choice between values of which some are objects or lists: their names are their JSON. */
function toNamedValues(part: Json): Json {
  const { enum: values, type: _, ...rest } = part;
  if (!Array.isArray(values)) return part;
  if (!values.some((value) => typeof value === "object" && value !== null)) return part;
  return { ...rest, oneOf: values.map((value: unknown) => ({ const: value })) };
}

/** Alternatives have names. A choice between values is a select, which needs a type. */
function toChoice(part: Json): Json {
  for (const key of ["oneOf", "anyOf"]) {
    const list: unknown = part[key];
    if (!Array.isArray(list)) continue;
    if (list.every((entry) => isJson(entry) && "const" in entry))
      return { type: "string", ...part, [key]: list.map(withValueTitle) };
    // The library takes a missing value for null, and sets null for no alternative of this type but for a list of types.
    const [others, nulls] = [list.filter((entry) => !isNull(entry)), list.filter(isNull)];
    const last = nulls.map((entry) => ({ title: "null", ...entry, type: ["null"] }));
    return { ...part, [key]: [...others.map(withTitle), ...last] };
  }
  return part;
}

function isNull(part: unknown): part is Json {
  return isJson(part) && part["type"] === "null";
}

function withValueTitle(part: Json): Json {
  const value = part["const"];
  return typeof value === "object" && value !== null
    ? { title: JSON.stringify(value), ...part }
    : part;
}

function withTitle(part: unknown): unknown {
  if (!isJson(part)) return part;
  const { title, type, $ref: reference } = part;
  if (typeof title === "string") return part;
  if (typeof reference === "string") return { ...part, title: reference.split("/").at(-1) };
  return typeof type === "string" ? { ...part, title: type } : part;
}

function toDescribed(part: Json): Json {
  const { type, ...rest } = part;
  const hasManyTypes = Array.isArray(type) && type.filter((name) => name !== "null").length > 1;
  const described = hasManyTypes ? rest : part;
  const isShapeless = !SHAPES.some((key) => key in described);
  return isShapeless ? { description: "", ...described } : described;
}

/** Whether no value fits: `false`, also as `{"not": {}}`. */
function isNever(schema: unknown): boolean {
  if (schema === false) return true;
  const not = isJson(schema) ? schema["not"] : undefined;
  return not === true || (isJson(not) && Object.keys(not).length === 0);
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
