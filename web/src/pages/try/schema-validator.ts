import { Validator, type OutputUnit, type Schema } from "@cfworker/json-schema";
import type { RJSFSchema, ValidatorType } from "@rjsf/utils";

/** A problem of one argument. `path`: from the root, empty for the arguments as a whole. */
export interface FieldError {
  path: string[];
  message: string;
}

/** Keywords whose errors only report that a nested schema failed. */
const WRAPPER_KEYWORDS = new Set([
  "properties",
  "patternProperties",
  "additionalProperties",
  "items",
  "prefixItems",
  "$ref",
  "allOf",
  "if",
]);
/** A message can quote an enum with hundreds of values. */
const MAX_MESSAGE_LENGTH = 200;

/**
 * What a schema says against a value, by field. Null: the schema cannot be checked here, because it is invalid or refers to
 * something outside. Nothing is compiled to code, which the content security policy forbids.
 */
export function findFieldErrors(schema: object, value: unknown): FieldError[] | null {
  try {
    // The library marks the schema that it is given, and knows no numbers that keep their digits.
    const errors = check(structuredClone(schema), JSON.parse(JSON.stringify(value)), {});
    return withoutBranches(errors)
      .filter(({ keyword }) => !WRAPPER_KEYWORDS.has(keyword))
      .map(toFieldError);
  } catch {
    return null;
  }
}

/** The form library's validator: it only finds out which alternative of a schema a value matches. */
export const schemaValidator: ValidatorType<Record<string, unknown>> = {
  validateFormData: () => ({ errors: [], errorSchema: {} }),
  isValid(schema, formData, rootSchema) {
    if (formData === undefined) return false;
    try {
      return check(schema, JSON.parse(JSON.stringify(formData)), rootSchema).length === 0;
    } catch {
      return false;
    }
  },
  rawValidation: () => ({ errors: [] }),
};

function check(schema: RJSFSchema, data: unknown, root: RJSFSchema): OutputUnit[] {
  // A cast, because each library has its own JSON Schema type. `$ref`s of a part point to definitions of the root.
  const resolvable = {
    ...schema,
    $defs: { ...root.$defs, ...schema.$defs },
    definitions: { ...root.definitions, ...schema.definitions },
  } as Schema;
  return new Validator(resolvable, "2020-12", false).validate(data).errors;
}

/**
 * Leaves out the errors of alternatives (`oneOf`, `anyOf`) but those of the closest one, which has the fewest. If several
 * alternatives match where only one may, only that is said.
 */
function withoutBranches(errors: OutputUnit[]): OutputUnit[] {
  const choice = errors.find(({ keyword }) => keyword === "oneOf" || keyword === "anyOf");
  if (!choice) return errors;
  const prefix = `${choice.keywordLocation}/`;
  const isInside = ({ keywordLocation }: OutputUnit) => keywordLocation.startsWith(prefix);
  const rest = errors.filter((error) => error !== choice && !isInside(error));
  const toIndex = ({ keywordLocation }: OutputUnit) =>
    keywordLocation.slice(prefix.length).split("/", 1)[0] ?? "";
  const branches = Map.groupBy(errors.filter(isInside), toIndex);
  const [closest] = [...branches.values()].toSorted((a, b) => a.length - b.length);
  const hasMatches = choice.keyword === "oneOf" && !choice.error.includes("(0 matches)");
  return withoutBranches([...rest, ...(hasMatches || !closest ? [toPlain(choice)] : closest)]);
}

/** An error of a choice that is not taken apart again. */
function toPlain(choice: OutputUnit): OutputUnit {
  return { ...choice, keyword: "choice" };
}

function toFieldError({ instanceLocation, keyword, error }: OutputUnit): FieldError {
  const path = instanceLocation
    .replace(/^#\/?/, "")
    .split("/")
    .filter((part) => part !== "")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const missing = keyword === "required" ? /"(.+?)"/.exec(error)?.[1] : undefined;
  if (missing !== undefined)
    return { path: [...path, missing], message: "This field is required." };
  const message = error.replace(/^Instance type/, "The type").replace(/^Instance/, "The value");
  return { path, message: shorten(message) };
}

function shorten(text: string): string {
  return text.length <= MAX_MESSAGE_LENGTH ? text : `${text.slice(0, MAX_MESSAGE_LENGTH)}…`;
}
