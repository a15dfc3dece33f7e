import { isPlaceholder, isRandom } from "./judge-value.ts";
import { findKeys } from "./key-formats.ts";

const USER_INFO = /:\/\/[^/\s@:]{0,200}:[^/\s@]{1,2000}@|:\/\/[^/\s@:]{16,2000}@/g;
/** What begins as a key of a service does, also where it has another length or does not look random. */
const KEY_LIKE =
  /(?<![A-Za-z0-9_-])(?:sk-ant-|sk-proj-|sk-or-|gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|AKIA|AIza|hf_|npm_|[sr]k_live_)[\w-]{16,4096}/g;
const KEY_BEGINNING = /^[A-Za-z]+[-_]?(?:ant-|proj-|or-|pat_|live_)?(?:api\d\d-)?/;
const WORD = /[\w+/=-]{20,4096}/g;
/** The name in `NAME=value`. */
const ASSIGNMENT = /^[A-Za-z_][\w-]{0,60}=/;
/** Digests and commits are public. */
const PUBLIC_BEFORE = /(?:sha\d{3}[:-]|[@#])$/;
/** Takes the place of a secret. */
const HIDDEN = "…";

/** A text without what is, or looks like, a secret. */
export function hideSecrets(text: string): string {
  return toMarks(text).reduceRight(
    (result, { start, end }) => result.slice(0, start) + HIDDEN + result.slice(end),
    text,
  );
}

/** A part of a text that is not shown. */
export interface Mark {
  start: number;
  end: number;
  /** What is shown instead, such as `GitHub token`. */
  label: string;
  /** `known`: a key of a known format. `likely`: its name is that of a secret. `weak`: it only looks random. */
  certainty: "known" | "likely" | "weak";
}

const CERTAINTIES: readonly Mark["certainty"][] = ["known", "likely", "weak"];

/** The parts of any text that are, or look like, secrets, in their order and without overlaps. */
export function toMarks(text: string): Mark[] {
  const marks: Mark[] = findKeys(text).map(({ label, text: key, index }) => ({
    start: index,
    end: index + key.length,
    label,
    certainty: "known",
  }));
  for (const { 0: found, index } of text.matchAll(KEY_LIKE))
    if (!isPlaceholder(found.replace(KEY_BEGINNING, "")))
      marks.push({ start: index, end: index + found.length, label: "secret", certainty: "weak" });
  for (const { 0: found, index } of text.matchAll(USER_INFO))
    marks.push({
      start: index + 3,
      end: index + found.length - 1,
      label: "password",
      certainty: "weak",
    });
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const parts = word.split("/").filter((part) => part.length >= 20 && isRandom(part));
    if (PUBLIC_BEFORE.test(text.slice(Math.max(0, index - 8), index))) continue;
    for (const part of parts) {
      const end = index + word.indexOf(part) + part.length;
      const value = part.replace(ASSIGNMENT, "");
      const { length } = isRandom(value) ? value : part;
      marks.push({ start: end - length, end, label: "secret", certainty: "weak" });
    }
  }
  return mergeMarks(marks);
}

/** Marks in their order; of those that overlap, one over all of them. */
export function mergeMarks(marks: readonly Mark[]): Mark[] {
  const merged: Mark[] = [];
  for (const mark of marks.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    if (!last || mark.start >= last.end) {
      merged.push({ ...mark });
      continue;
    }
    last.end = Math.max(last.end, mark.end);
    if (CERTAINTIES.indexOf(mark.certainty) < CERTAINTIES.indexOf(last.certainty))
      [last.certainty, last.label] = [mark.certainty, mark.label];
  }
  return merged;
}
