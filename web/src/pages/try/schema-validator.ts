import { Validator, type OutputUnit, type Schema } from "@cfworker/json-schema";
import {
  createErrorHandler,
  toErrorSchema,
  unwrapErrorHandler,
  validationDataMerge,
  type RJSFSchema,
  type RJSFValidationError,
  type ValidatorType,
} from "@rjsf/utils";

/** Keywords whose errors only report that a nested schema failed. */
const WRAPPER_KEYWORDS = new Set(["properties", "items", "$ref", "allOf", "additionalProperties"]);

/**
 * Validates form data without code generation, which the content security policy forbids. Ajv, the form library's
 * default validator, generates code.
 */
export const schemaValidator: ValidatorType<Record<string, unknown>> = {
  validateFormData(formData, schema, customValidate) {
    const errors = check(schema, formData, schema)
      .filter(({ keyword }) => !WRAPPER_KEYWORDS.has(keyword))
      .map(toError);
    const found = { errors, errorSchema: toErrorSchema<Record<string, unknown>>(errors) };
    if (!customValidate) return found;
    const handled = customValidate(formData, createErrorHandler(formData ?? {}));
    return validationDataMerge(found, unwrapErrorHandler(handled));
  },
  isValid: (schema, formData, rootSchema) => check(schema, formData, rootSchema).length === 0,
  rawValidation(schema, formData) {
    return { errors: check(schema, formData, schema) as never[] };
  },
};

function check(schema: RJSFSchema, data: unknown, root: RJSFSchema): OutputUnit[] {
  // A cast, because each library has its own JSON Schema type. `$ref`s of a part point to definitions of the root.
  const resolvable = { ...schema, $defs: { ...root.$defs, ...schema.$defs } } as Schema;
  return new Validator(resolvable, "2020-12", false).validate(data).errors;
}

function toError({ instanceLocation, keyword, error }: OutputUnit): RJSFValidationError {
  const path = instanceLocation.replace(/^#/, "").split("/").slice(1);
  const missing = keyword === "required" ? /"(.+?)"/.exec(error)?.[1] : undefined;
  const property = [...path, ...(missing === undefined ? [] : [missing])].join(".");
  const message = missing === undefined ? error : "This field is required.";
  return { name: keyword, property: `.${property}`, message, stack: `${property}: ${message}` };
}
