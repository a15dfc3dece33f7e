const MAX_LENGTH = 39;

/** Latin letters that Unicode does not decompose into a letter and a sign. */
const LETTERS: Record<string, string> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  ł: "l",
  đ: "d",
  ð: "d",
  þ: "th",
  ħ: "h",
  ı: "i",
  ŋ: "ng",
  ŧ: "t",
};

/**
 * A short name made of a name: "Zürich R&D" becomes `zurich-r-d`. `fallback` if the name has no Latin letter and no digit.
 * A number follows if the short name is taken: `memory-2`.
 */
export function suggestSlug(name: string, fallback: string, taken?: ReadonlySet<string>): string {
  const slug = toSlug(name) || fallback;
  let free = slug;
  for (let number = 2; taken?.has(free) === true; number++) {
    const suffix = `-${number}`;
    free = trimDashes(slug.slice(0, MAX_LENGTH - suffix.length)) + suffix;
  }
  return free;
}

function toSlug(name: string): string {
  const letters = name
    .toLowerCase()
    .normalize("NFKD")
    // The signs that the normalization separates from their letters, and apostrophes.
    .replaceAll(/[\p{M}'’]/gu, "")
    .replaceAll(/[^\0-\x7f]/gu, (letter) => LETTERS[letter] ?? letter);
  return trimDashes(trimDashes(letters.replaceAll(/[^a-z0-9]+/g, "-")).slice(0, MAX_LENGTH));
}

function trimDashes(text: string): string {
  return text.replaceAll(/^-+|-+$/g, "");
}
