import type { LockedKind } from "../../workers/contract/records/contract.ts";
import { escapeLine } from "../../workers/contract/text/hidden-characters.ts";

/** Most definitions that an event names, and characters of each: the rest is counted. */
const MAX_NAMES = 20;
const MAX_NAME_LENGTH = 120;

/** The first definitions in words for the audit log: `tool search`, `instructions`. */
export function nameDefinitions(definitions: { kind: LockedKind; key: string }[]): string[] {
  return definitions
    .slice(0, MAX_NAMES)
    .map(({ kind, key }) =>
      kind === "instructions" ? kind : `${kind} ${escapeLine(key.slice(0, MAX_NAME_LENGTH))}`,
    );
}
