/** What is searched for: words without case and accents. */
export interface Searchable {
  /** Its name, which counts most. */
  label: string;
  /** Other words by which it is found. */
  keywords: string;
}

/** Points of a word by the place where it is found. */
const START = 100;
const WORD_START = 80;
const INSIDE = 50;
/** The letters are in the label in their order, with others between them. */
const SCATTERED = 20;
/** A word of the keywords counts less than one of the label. */
const KEYWORD_FACTOR = 0.5;

const folded = new Map<string, string>();

/** The text without case and accents: "Zürich" is found by "zurich". Kept, because every letter asks for all of them. */
function fold(text: string): string {
  const known = folded.get(text);
  if (known !== undefined) return known;
  const result = text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  folded.set(text, result);
  return result;
}

/**
 * The entries that have every word of the query, best first, at most `limit`. The words' letters can have others between
 * them: "ghis" finds `github_list_issues`.
 */
export function rankEntries<T extends Searchable>(
  entries: readonly T[],
  query: string,
  limit: number,
): T[] {
  const words = fold(query).split(/\s+/).filter(Boolean);
  return entries
    .map((entry) => ({ entry, score: scoreEntry(entry, words) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ entry }) => entry);
}

/** 0: a word is missing. Of two equal matches, the shorter name is the better one. */
function scoreEntry({ label, keywords }: Searchable, words: string[]): number {
  const name = fold(label);
  const others = fold(keywords);
  let sum = 0;
  for (const word of words) {
    const scattered = isScattered(name, word) ? SCATTERED : 0;
    const score = scoreWord(name, word) || scoreWord(others, word) * KEYWORD_FACTOR || scattered;
    if (score === 0) return 0;
    sum += score;
  }
  return sum / words.length - Math.min(name.length, 90) / 10;
}

function scoreWord(text: string, word: string): number {
  const at = text.indexOf(word);
  if (at === 0) return START;
  if (at < 0) return 0;
  return /[a-z0-9]/.test(text.charAt(at - 1)) ? INSIDE : WORD_START;
}

function isScattered(text: string, word: string): boolean {
  let from = 0;
  for (const letter of word) {
    const at = text.indexOf(letter, from);
    if (at < 0) return false;
    from = at + 1;
  }
  return true;
}
