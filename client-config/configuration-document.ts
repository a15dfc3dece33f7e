import { stringify } from "yaml";
import { describeIssue } from "../workers/contract/text/describe-issue.ts";
import { ConfigurationDocument } from "../workers/contract/versions/document.ts";
import { openDocument } from "./documents/document.ts";
import type { Language } from "./documents/node.ts";
import type { Range } from "./model.ts";

/** Most problems that are listed. */
const MAX_PROBLEMS = 10;

/** A configuration document of a workspace, or what is wrong with its text, with the places. */
export type ReadDocument =
  | { ok: true; document: ConfigurationDocument }
  | { ok: false; problems: string[] };

/** Reads a configuration document. Never throws. A key that is there twice is an error: one of the values would be lost. */
export function readConfigurationDocument(text: string, language: Language): ReadDocument {
  const { document: source, findings } = openDocument(text, language);
  if (findings.length > 0) {
    const problems = findings
      .slice(0, MAX_PROBLEMS)
      .map(({ message, range }) => toPlace(range) + message);
    return { ok: false, problems };
  }
  const parsed = ConfigurationDocument.safeParse(source.value);
  if (parsed.success) return { ok: true, document: parsed.data };
  const problems = parsed.error.issues.slice(0, MAX_PROBLEMS).map((issue) => {
    const path = issue.path.filter((step) => typeof step !== "symbol");
    const range = source.locate(path);
    return toPlace(range) + describeIssue(issue);
  });
  return { ok: false, problems };
}

function toPlace(range: Range | null): string {
  return range ? `line ${range.line}: ` : "";
}

/** Writes a configuration document as YAML. The same document is always the same text. */
export function writeConfigurationDocument(document: ConfigurationDocument): string {
  return stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 });
}
