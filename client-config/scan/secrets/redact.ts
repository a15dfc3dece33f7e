import type { Path, Range } from "../../model.ts";
import { hideSecrets, mergeMarks, toMarks, type Mark } from "./hide-secrets.ts";
import { markNamed, toSpans } from "./named-secrets.ts";
import type { FoundSecret } from "./references.ts";

/** Most different secrets that are searched for in the whole text. */
const MAX_SEARCHED = 200;

/**
 * The parts of a text that are not shown. `secrets`: those that were found by their places. What looks like a secret
 * elsewhere is one too: in comments, other members, and a text that is broken.
 */
export function listMarks(
  text: string,
  secrets: readonly FoundSecret[],
  findRange: (path: Path) => Range | null,
): Mark[] {
  return mergeMarks([...toMarks(text), ...markNamed(text), ...markFound(text, secrets, findRange)]);
}

/** The text as it can be shown: each mark is replaced by what it is, such as `‹GitHub token›`. */
export function redact(text: string, marks: readonly Mark[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const { start, end, label } of marks) {
    // Each line keeps its number.
    const breaks = text.slice(start, end).replaceAll(/[^\n]/g, "");
    parts.push(text.slice(from, start), `‹${hideSecrets(label)}›`, breaks);
    from = end;
  }
  return parts.join("") + text.slice(from);
}

function markFound(
  text: string,
  secrets: readonly FoundSecret[],
  findRange: (path: Path) => Range | null,
): Mark[] {
  const marks: Mark[] = [];
  const searched = new Map<string, Pick<Mark, "label" | "certainty">>();
  for (const { secret, label, certainty, value } of secrets) {
    if (certainty === "placeholder") continue;
    if (certainty !== "weak" && searched.size < MAX_SEARCHED)
      searched.set(secret, { label, certainty });
    const range = findRange(value.path);
    if (!range) continue;
    const { offset, length } = range;
    const raw = text.slice(offset, offset + length);
    const spans = toSpans(raw, secret);
    // Written with escapes: all of the value is hidden.
    if (spans.length === 0) spans.push({ start: 0, end: length });
    for (const { start, end } of spans)
      marks.push({ start: offset + start, end: offset + end, label, certainty });
  }
  for (const [secret, { label, certainty }] of searched)
    for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + secret.length))
      marks.push({ start: at, end: at + secret.length, label, certainty });
  return marks;
}
