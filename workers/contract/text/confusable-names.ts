import { escapeLine, stripHidden } from "./hidden-characters.ts";

/**
 * Letters of other scripts with the Latin letter that they look like, and characters of ASCII that look alike. A part of
 * Unicode's confusables (Technical Standard 39); compatibility forms, fullwidth ones for instance, are folded before.
 */
const LOOK_ALIKES: [letters: string, latin: string][] = [
  ["аΑАαɑ", "a"],
  ["ВΒвЬ", "b"],
  ["сСϲϹ", "c"],
  ["ԁ", "d"],
  ["еЕΕҽ", "e"],
  ["ɡ", "g"],
  ["НΗнһҺ", "h"],
  ["1I|іІΙιӀӏǀı", "l"],
  ["јЈϳ", "j"],
  ["КΚкκ", "k"],
  ["МΜмϻ", "m"],
  ["ΝոИ", "n"],
  ["0оОοΟσօՕ", "o"],
  ["рРρΡ", "p"],
  ["ԛ", "q"],
  ["гᴦ", "r"],
  ["ѕЅ", "s"],
  ["ТΤтτ", "t"],
  ["υսʋ", "u"],
  ["νѵѴ", "v"],
  ["ԝѡωѿ", "w"],
  ["хХΧχ", "x"],
  ["уУΥγүҮ", "y"],
  ["Ζᴢ", "z"],
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
];

/** Scripts with many letters that look like Latin ones. */
const SCRIPTS: [script: string, pattern: RegExp][] = [
  ["Latin", /\p{sc=Latn}/u],
  ["Cyrillic", /\p{sc=Cyrl}/u],
  ["Greek", /\p{sc=Grek}/u],
  ["Armenian", /\p{sc=Armn}/u],
  ["Cherokee", /\p{sc=Cher}/u],
];

/** A text that is the same for names that look alike. */
export function toSkeleton(name: string): string {
  const folded = stripHidden(name).normalize("NFKC");
  const latin = Array.from(folded, (char) => TO_LATIN.get(char) ?? char)
    .join("")
    .toLowerCase();
  // A capital can look like another letter than its small form does.
  const small = Array.from(latin, (char) => TO_LATIN.get(char) ?? char).join("");
  return PAIRS.reduce((text, [pair, letter]) => text.replaceAll(pair, letter), small);
}

/** The scripts of a name that mixes Latin with scripts that look like it; empty: it does not. */
export function listMixedScripts(name: string): string[] {
  const found = SCRIPTS.filter(([, pattern]) => pattern.test(name)).map(([script]) => script);
  return found.length > 1 ? found : [];
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
