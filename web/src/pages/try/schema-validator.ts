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

/** Errors that only say that another one is inside. */
const WRAPPERS = new Set(["properties", "items", "$ref", "allOf", "additionalProperties"]);

/**
 * Checks a form's data without compiling code, which the content security policy forbids and Ajv, the form library's
 * usual validator, does.
 */
export const schemaValidator: ValidatorType<Record<string, unknown>> = {
  validateFormData(formData, schema, customValidate) {
    const errors = check(schema, formData, schema)
      .filter(({ keyword }) => !WRAPPERS.has(keyword))
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
  // Both libraries have a type of their own for JSON Schema. Definitions of the root are what a part refers to.
  const whole = { ...schema, $defs: { ...root.$defs, ...schema.$defs } } as Schema;
  return new Validator(whole, "2020-12", false).validate(data).errors;
}

function toError({ instanceLocation, keyword, error }: OutputUnit): RJSFValidationError {
  const path = instanceLocation.replace(/^#/, "").split("/").slice(1);
  const missing = keyword === "required" ? /"(.+?)"/.exec(error)?.[1] : undefined;
  const property = [...path, ...(missing === undefined ? [] : [missing])].join(".");
  const message = missing === undefined ? error : "is required";
  return { name: keyword, property: `.${property}`, message, stack: `${property} ${message}` };
}
