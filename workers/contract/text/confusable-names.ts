import { escapeLine, stripHidden } from "./hidden-characters.ts";

/**
 * Letters of other scripts with the Latin letter that they look like, and characters of ASCII that look alike. A part of
 * Unicode's confusables (Technical Standard 39); compatibility forms, fullwidth ones for instance, are folded before.
 */
const LOOK_ALIKES: [letters: string, latin: string][] = [
  ["аΑАαɑᴀꓮᎪ", "a"],
  ["ВΒвЬβꞵꞴʙꓐᏴ", "b"],
  ["сСϲϹᴄꓚᏟ", "c"],
  ["ԁᴅꓓᎠ", "d"],
  ["еЕΕҽᴇꓰᎬ", "e"],
  ["ꜰꓝ", "f"],
  ["ɡɢꓖᏀ", "g"],
  ["НΗнһҺʜꓧᎻ", "h"],
  ["1I|іІΙιӀӏǀıiɪʟꓡꓲᏞ", "l"],
  ["јЈϳᴊꓙᎫ", "j"],
  ["КΚкκᴋꓗᏦ", "k"],
  ["МΜмϻᴍꓟᎷ", "m"],
  ["ΝոИɴꓠ", "n"],
  ["0оОοΟσօՕᴏꓳ", "o"],
  ["рРρΡᴘꓑᏢ", "p"],
  ["ԛ", "q"],
  ["гᴦʀꓣᎡ", "r"],
  ["ѕЅꜱꓢᏚ", "s"],
  ["ТΤтτᴛꓔᎢ", "t"],
  ["υսʋᴜꓴ", "u"],
  ["νѵѴᴠꓦᏙ", "v"],
  ["ԝѡωѿᴡꓪᎳ", "w"],
  ["хХΧχꓫ", "x"],
  ["уУΥγүҮʏꓬᎩ", "y"],
  ["ΖᴢꓜᏃ", "z"],
];
const TO_LATIN = new Map(
  LOOK_ALIKES.flatMap(([letters, latin]) =>
    Array.from(letters, (letter) => [letter, latin] as const),
  ),
);
/** Pairs of letters that read as one. */
const PAIRS: [pair: string, letter: string][] = [
  ["rn", "m"],
  ["vv", "w"],
  ["cl", "d"],
];
/** Spaces and signs that a reader hardly notices, or that names use in place of each other. */
const SEPARATORS = /[\s\p{Pd}\p{Pc}\p{Pi}\p{Pf}.,:;'"`´·•/\\]+/gu;
const DIACRITICS = /[\u0300-\u036f]/g;

/** Scripts with many letters that look like Latin ones. */
const SCRIPTS: [script: string, pattern: RegExp][] = [
  ["Latin", /\p{sc=Latn}/u],
  ["Cyrillic", /\p{sc=Cyrl}/u],
  ["Greek", /\p{sc=Grek}/u],
  ["Armenian", /\p{sc=Armn}/u],
  ["Cherokee", /\p{sc=Cher}/u],
  ["Lisu", /\p{sc=Lisu}/u],
];

/** A text that is the same for names that look alike. */
export function toSkeleton(name: string): string {
  const folded = stripHidden(name)
    .normalize("NFKD")
    .replaceAll(DIACRITICS, "")
    .replaceAll(SEPARATORS, (found, at: number, whole: string) =>
      isBetweenDigits(whole, at, at + found.length) ? "_" : "",
    );
  const latin = Array.from(folded, (char) => TO_LATIN.get(char) ?? char)
    .join("")
    .toLowerCase();
  // A capital can look like another letter than its small form does.
  const small = Array.from(latin, (char) => TO_LATIN.get(char) ?? char).join("");
  return PAIRS.reduce((text, [pair, letter]) => text.replaceAll(pair, letter), small);
}

/** Whether a separator is read: "1.1" is not "11". */
function isBetweenDigits(text: string, start: number, end: number): boolean {
  return /\d/.test(text.charAt(start - 1)) && /\d/.test(text.charAt(end));
}

/** The scripts of a name that mixes Latin with scripts that look like it; empty: it does not. */
export function listMixedScripts(name: string): string[] {
  const found = SCRIPTS.filter(([, pattern]) => pattern.test(name)).map(([script]) => script);
  return found.length > 1 ? found : [];
}

/** Words with at least two Latin letters. */
const WORD = /[\p{L}\p{M}]{3,80}/gu;

/** Words of a text that mix Latin letters with letters of other scripts that look like them, each once. */
export function listMixedWords(text: string): string[] {
  if (/^[\t\n\r -~]*$/.test(text)) return [];
  return [...new Set(text.match(WORD))].filter(isMixed);
}

/** The text with the Latin letters that the letters of such words look like. */
export function foldLookAlikes(text: string): string {
  return text.replaceAll(WORD, (word) =>
    isMixed(word) ? Array.from(word, (char) => toLatinLetter(char) ?? char).join("") : word,
  );
}

/** A single letter of another script is more often a sign, such as in “μs” or “Δt”. */
function isMixed(word: string): boolean {
  return (
    /\p{sc=Latn}[^]*\p{sc=Latn}/u.test(word) &&
    Array.from(word).some((char) => toLatinLetter(char) !== undefined)
  );
}

function toLatinLetter(char: string): string | undefined {
  return /[\p{sc=Cyrl}\p{sc=Grek}\p{sc=Armn}\p{sc=Cher}\p{sc=Lisu}]/u.test(char)
    ? TO_LATIN.get(char)
    : undefined;
}

/** The characters of a name beyond ASCII as `U+0435`, each once. */
export function listNonAscii(name: string): string[] {
  const found = Array.from(name).filter((char) => (char.codePointAt(0) ?? 0) > 0x7e);
  return [...new Set(found)].map(
    (char) => `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`,
  );
}

/** A name in visible ASCII: everything else is escaped, and so are the signs with which a sentence would quote it. */
export function toAsciiName(name: string): string {
  return escapeLine(name).replaceAll(
    /[^\x21\x23-\x7e]/gu,
    (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
