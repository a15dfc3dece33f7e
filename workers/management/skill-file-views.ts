import type { SkillFileChange } from "../contract/api/contracts.ts";
import { findInText } from "../contract/definitions/compare-definitions.ts";
import type { TextSegment } from "../contract/definitions/definition.ts";
import { compareWords } from "../contract/definitions/word-difference.ts";
import type { ChangedSkillFile, SkillText } from "../contract/rpc/contract-commands.ts";
import { SEVERITIES } from "../contract/severity.ts";

/** API view of the changed files of a skill, the worst first. `otherTools`: as in `toServerContract`. */
export function compareSkillFiles(
  files: ChangedSkillFile[],
  otherTools: string[],
): SkillFileChange[] {
  const rank = ({ severity }: SkillFileChange) =>
    severity === null ? SEVERITIES.length : SEVERITIES.indexOf(severity);
  return files.map((file) => compareFile(file, otherTools)).toSorted((a, b) => rank(a) - rank(b));
}

function compareFile(
  { uri, before, after }: ChangedSkillFile,
  otherTools: string[],
): SkillFileChange {
  const text = after?.text ?? null;
  const findings = text === null ? [] : findInText(before?.text ?? null, text, { otherTools });
  return {
    uri,
    change: !before ? "added" : after ? "changed" : "removed",
    before: before && toVersion(before),
    after: after && toVersion(after),
    severity: findings[0]?.severity ?? null,
    findings,
    segments: toSegments(before?.text ?? null, text, after === null),
  };
}

function toVersion({ digest, size, problem }: SkillText) {
  return { digest, size, problem };
}

/** `isRemoved`: there is no text now, as opposed to one that is not known. */
function toSegments(
  before: string | null,
  after: string | null,
  isRemoved: boolean,
): TextSegment[] {
  if (after !== null) return compareWords(before ?? "", after).filter(({ text }) => text !== "");
  return isRemoved && before !== null ? [{ text: before, kind: "removed" }] : [];
}
