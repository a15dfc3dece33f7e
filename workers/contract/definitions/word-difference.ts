import type { TextSegment } from "./definition.ts";

/** Largest table of a comparison: one of 1,400 words with another one. */
const MAX_CELLS = 2_000_000;
/** Longest texts that are compared word by word, characters. */
const MAX_LENGTH = 60_000;

/** Two texts as one, with the words that are only in one of them marked. Texts that are too long are compared by line or not at all. */
export function compareWords(before: string, after: string): TextSegment[] {
  if (before.length > MAX_LENGTH || after.length > MAX_LENGTH)
    return join([
      { text: before, kind: "removed" },
      { text: after, kind: "added" },
    ]);
  const words = comparePieces(splitWords(before), splitWords(after));
  const lines = words ?? comparePieces(splitLines(before), splitLines(after));
  return join(
    lines ?? [
      { text: before, kind: "removed" },
      { text: after, kind: "added" },
    ],
  );
}

/** Words, signs and white space, each for itself: a word that gets a comma stays the same word. */
function splitWords(text: string): string[] {
  return text.match(/[\p{L}\p{M}\p{N}_]+|\s+|[^\p{L}\p{M}\p{N}_\s]/gu) ?? [];
}

function splitLines(text: string): string[] {
  return text.split(/(?<=\n)/);
}

/** The longest common subsequence; null: the lists are too long. */
function comparePieces(before: string[], after: string[]): TextSegment[] | null {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start])
    start += 1;
  let end = 0;
  const shorter = Math.min(before.length, after.length) - start;
  while (end < shorter && before[before.length - 1 - end] === after[after.length - 1 - end])
    end += 1;
  const middle = compareMiddle(
    before.slice(start, before.length - end),
    after.slice(start, after.length - end),
  );
  if (!middle) return null;
  const toSame = (text: string): TextSegment => ({ text, kind: "same" });
  return [
    ...before.slice(0, start).map(toSame),
    ...middle,
    ...before.slice(before.length - end).map(toSame),
  ];
}

function compareMiddle(before: string[], after: string[]): TextSegment[] | null {
  const width = after.length + 1;
  if ((before.length + 1) * width > MAX_CELLS) return null;
  // `lengths[i * width + j]`: of the common subsequence of what follows in both.
  const lengths = new Uint16Array((before.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i -= 1)
    for (let j = after.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] =
        before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const segments: TextSegment[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      segments.push({ text: before[i] ?? "", kind: "same" });
      i += 1;
      j += 1;
    } else if (j >= after.length || (i < before.length && at(i + 1, j) >= at(i, j + 1))) {
      segments.push({ text: before[i] ?? "", kind: "removed" });
      i += 1;
    } else {
      segments.push({ text: after[j] ?? "", kind: "added" });
      j += 1;
    }
  }
  return segments;
}

/** Neighbours of one kind become one piece. A space between two changed words is changed with them: that reads better. */
function join(segments: readonly TextSegment[]): TextSegment[] {
  const joined: TextSegment[] = [];
  let pending = { removed: "", added: "" };
  const flush = () => {
    if (pending.removed !== "") joined.push({ text: pending.removed, kind: "removed" });
    if (pending.added !== "") joined.push({ text: pending.added, kind: "added" });
    pending = { removed: "", added: "" };
  };
  segments.forEach(({ text, kind }, index) => {
    if (kind !== "same") {
      pending[kind] += text;
      return;
    }
    const isBetween =
      /^\s+$/.test(text) &&
      pending.removed !== "" &&
      pending.added !== "" &&
      (segments[index + 1]?.kind ?? "same") !== "same";
    if (isBetween) {
      pending.removed += text;
      pending.added += text;
      return;
    }
    flush();
    const last = joined.at(-1);
    if (last?.kind === "same") last.text += text;
    else joined.push({ text, kind: "same" });
  });
  flush();
  return joined;
}
