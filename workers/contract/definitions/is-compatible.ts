import { toCanonicalSchema } from "./canonical.ts";
import { compareSchemas } from "./compare-schemas.ts";

/**
 * Whether every call that fits the approved input schema fits the observed one. A call counts with the arguments that the
 * approved schema describes: one that is new and optional changes nothing for it, one that is gone does. An unknown or
 * unclear rule that has changed counts as one that refuses.
 */
export function isCompatible(approvedSchema: unknown, observedSchema: unknown): boolean {
  const [before, after] = [approvedSchema, observedSchema].map(toCanonicalSchema);
  return compareSchemas(before, after, "", "").isCompatible();
}
