import { countErrors } from "../contract/text/typing-errors.ts";
import type { Db } from "../db/database.ts";
import type { Catalogue } from "./catalogue.ts";
import { Vocabulary, type Word } from "./vocabulary.ts";

/** Shorter words are not corrected: too many others are similar to them. */
const MIN_LENGTH = 4;
/** From this length on, two errors are corrected. */
const LONG = 6;
/** Similar words are looked for among so many with the same beginning. */
const MAX_CANDIDATES = 500;
/** How many times more servers a correction has than the word as it was typed. */
const MORE_FREQUENT = 5;

/**
 * Corrects the typing errors of a search that found next to nothing: replaces words by similar ones that more servers have.
 * Null: there is nothing better.
 */
export async function suggestQuery(
  db: Db,
  catalogue: Catalogue,
  q: string,
  words: string[],
): Promise<string | null> {
  const candidates = words.filter((word) => word.length >= MIN_LENGTH && !/\d/.test(word));
  if (candidates.length === 0) return null;
  const vocabulary = await Vocabulary.open(db, catalogue);
  let corrected = q;
  for (const word of candidates) {
    const better = findSimilarWord(vocabulary, word);
    if (better !== null) corrected = replaceWord(corrected, word, better);
  }
  return corrected === q ? null : corrected;
}

/** The most similar word that many more servers have; null: none. */
function findSimilarWord(vocabulary: Vocabulary, word: string): string | null {
  const servers = vocabulary.countServers(word);
  const most = word.length >= LONG ? 2 : 1;
  const [first = "", second = ""] = word;
  // The first two letters are right, or swapped, or the first is one too many; else at least the first one is right.
  for (const beginnings of [[first + second, second + first, word.slice(1, 3)], [first]]) {
    const candidates = beginnings
      .flatMap((beginning) => listCandidates(vocabulary, beginning, word.length, most))
      .filter((candidate) => candidate.servers > servers * MORE_FREQUENT)
      .map((candidate) => ({ ...candidate, errors: countErrors(word, candidate.term, most) }))
      .filter(({ errors }) => errors > 0 && errors <= most)
      .toSorted((a, b) => a.errors - b.errors || b.servers - a.servers);
    if (candidates[0]) return candidates[0].term;
  }
  return null;
}

/** The most frequent words with this beginning and about this length. */
function listCandidates(
  vocabulary: Vocabulary,
  beginning: string,
  length: number,
  most: number,
): Word[] {
  return vocabulary
    .listWords(beginning.slice(0, 1))
    .filter(({ term }) => term.startsWith(beginning) && Math.abs(term.length - length) <= most)
    .slice(0, MAX_CANDIDATES);
}

function replaceWord(text: string, word: string, better: string): string {
  return text.replaceAll(/[\p{L}\p{N}\p{Mn}]+/gu, (given) =>
    given
      .normalize("NFD")
      .replaceAll(/\p{Mn}/gu, "")
      .toLowerCase() === word
      ? better
      : given,
  );
}
