/** What the value of a schema keyword must be (JSON Schema draft-06 to 2020-12). */
export type KeywordKind =
  | "schema"
  /** A schema; a boolean is its usual form and stays. */
  | "schema or boolean"
  | "schemas"
  | "map of schemas"
  | "items"
  | "dependencies"
  | "map of names"
  | "names"
  | "type"
  | "enum"
  | "number"
  | "text"
  | "pattern"
  | "boolean"
  | "reference"
  /** Any value, which is data and no schema. */
  | "data"
  /** Never kept: it changes how a validator reads the schema, or which schema it takes for this one. */
  | "removed";

const KINDS: [KeywordKind, string[]][] = [
  ["schema", ["not", "if", "then", "else", "contains", "propertyNames", "contentSchema"]],
  [
    "schema or boolean",
    ["additionalProperties", "additionalItems", "unevaluatedProperties", "unevaluatedItems"],
  ],
  ["schemas", ["allOf", "anyOf", "oneOf", "prefixItems"]],
  [
    "map of schemas",
    ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"],
  ],
  ["items", ["items"]],
  ["dependencies", ["dependencies"]],
  ["map of names", ["dependentRequired"]],
  ["names", ["required"]],
  ["type", ["type"]],
  ["enum", ["enum"]],
  [
    "number",
    [
      "multipleOf",
      "maximum",
      "exclusiveMaximum",
      "minimum",
      "exclusiveMinimum",
      "maxLength",
      "minLength",
      "maxItems",
      "minItems",
      "maxContains",
      "minContains",
      "maxProperties",
      "minProperties",
    ],
  ],
  [
    "text",
    [
      "$schema",
      "title",
      "description",
      "$comment",
      "format",
      "contentEncoding",
      "contentMediaType",
    ],
  ],
  ["pattern", ["pattern"]],
  [
    "boolean",
    ["uniqueItems", "readOnly", "writeOnly", "deprecated", "nullable", "$recursiveAnchor"],
  ],
  ["reference", ["$ref", "$dynamicRef", "$recursiveRef"]],
  ["data", ["const", "default"]],
  [
    "removed",
    [
      "$async",
      "$vocabulary",
      // Of the validator Ajv; without a fitting `format` a schema with one of them does not compile.
      "formatMinimum",
      "formatMaximum",
      "formatExclusiveMinimum",
      "formatExclusiveMaximum",
    ],
  ],
];

/** The kind of each known keyword. */
export const KEYWORD_KINDS: ReadonlyMap<string, KeywordKind> = new Map(
  KINDS.flatMap(([kind, keywords]) => keywords.map((keyword) => [keyword, kind] as const)),
);
