// One chunk of JavaScript, which is loaded on demand: the form library is as large as the page.
export { hasLongNumber } from "./exact-json.ts";
export { makeInitialArguments, toFormSchema } from "./form-schema.ts";
export { findFieldErrors } from "./schema-validator.ts";
export { formatArguments, parseArguments } from "./tool-arguments.ts";
export { ToolForm } from "./tool-form.tsx";
