import type { Severity } from "../workers/contract/severity.ts";
import type { Path, Range } from "./model.ts";

/** A change of the text at one path. `value` undefined: the member or item is deleted. */
export interface Edit {
  path: Path;
  value: unknown;
}

/** A change of what is no value: a comma, a comment, a mark. In UTF-16 units of the text that was read. */
export interface TextEdit {
  offset: number;
  length: number;
  text: string;
}

/** A change that cures a finding. All its edits are applied together; `applyFix` does it. */
export interface Fix {
  /** The text on the button, such as “Pin version 1.2.3”. */
  title: string;
  edits: readonly Edit[];
  /** Applied before `edits`. */
  textEdits?: readonly TextEdit[];
}

/** Something about a configuration that a person should know. No text of it contains a secret. */
export interface Finding {
  /** Id of the rule, such as `SEC-01`. */
  rule: string;
  severity: Severity;
  /** Name of the server; null: it concerns the whole file. */
  server: string | null;
  path: Path;
  /** Null: the path is not in the text, such as a missing member. */
  range: Range | null;
  /** What was found, in one sentence. */
  message: string;
  /** What can happen because of it. */
  why: string;
  /** Null: no change of the file cures it. */
  fix: Fix | null;
}
