import { SECRET_NAME } from "../../../workers/contract/marketplace/secret-name.ts";
import type { Path, Range } from "../../model.ts";
import type { FoundSecret } from "./find-secrets.ts";
import { mergeMarks, toMarks, type Mark } from "./hide-secrets.ts";
import { judgeSecret } from "./judge-value.ts";

/** Most different secrets that are searched for in the whole text. */
const MAX_SEARCHED = 200;
/** `"NAME": "value"`, `NAME = 'value'`, `"--name", "value"`, also where the text as a whole cannot be read. */
const ASSIGNED =
  /(?<![\w.-])["']?([\w.-]{2,80})["']?[ \t]*[:=,][ \t]*(?:"((?:[^"\\\n]|\\.){1,4096})"|'([^'\n]{1,4096})'|([^\s"',{}[\]#]{8,4096}))/g;

/**
 * The text as it can be shown: each secret is replaced by what it is, such as `‹GitHub token›`. `secrets`: those that were
 * found by their places. What looks like a secret elsewhere is hidden too: comments, other members, text that is broken.
 */
export function redact(
  text: string,
  secrets: readonly FoundSecret[],
  findRange: (path: Path) => Range | null,
): string {
  const marks = [...toMarks(text), ...markNamed(text), ...markFound(text, secrets, findRange)];
  const merged = mergeMarks(marks);
  const parts: string[] = [];
  let from = 0;
  for (const { start, end, label } of merged) {
    // Each line keeps its number.
    const breaks = text.slice(start, end).replaceAll(/[^\n]/g, "");
    parts.push(text.slice(from, start), `‹${label}›`, breaks);
    from = end;
  }
  return parts.join("") + text.slice(from);
}

function markNamed(text: string): Mark[] {
  return [...text.matchAll(ASSIGNED)].flatMap((found) => {
    const [whole, name = "", double, single, bare] = found;
    const value = double ?? single ?? bare ?? "";
    if (!SECRET_NAME.test(name)) return [];
    const judged = judgeSecret(name, value);
    if (judged !== "secret" && judged !== "weak") return [];
    const end = found.index + whole.length - (bare === undefined ? 1 : 0);
    return [{ start: end - value.length, end, label: name }];
  });
}

function markFound(
  text: string,
  secrets: readonly FoundSecret[],
  findRange: (path: Path) => Range | null,
): Mark[] {
  const marks: Mark[] = [];
  const searched = new Map<string, string>();
  for (const { secret, label, certainty, value } of secrets) {
    if (certainty === "placeholder") continue;
    if (certainty !== "weak" && searched.size < MAX_SEARCHED) searched.set(secret, label);
    const range = findRange(value.path);
    if (!range) continue;
    const { offset, length } = range;
    const raw = text.slice(offset, offset + length);
    const at = raw.lastIndexOf(secret);
    // Written with escapes: all of the value is hidden.
    if (at === -1) marks.push({ start: offset, end: offset + length, label });
    else marks.push({ start: offset + at, end: offset + at + secret.length, label });
  }
  for (const [secret, label] of searched)
    for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + secret.length))
      marks.push({ start: at, end: at + secret.length, label });
  return marks;
}
