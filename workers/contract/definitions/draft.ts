import type { Severity } from "../severity.ts";
import type { DifferenceRule } from "./definition.ts";

/** A difference as it is found. An absent value is undefined. */
export interface Draft {
  rule: DifferenceRule;
  severity: Severity;
  /** JSON Pointer into the definition. */
  path: string;
  message: string;
  before: unknown;
  after: unknown;
}
