/**
 * Characters that a reader does not see, or that change how a terminal or a browser shows the rest: control characters
 * except tab and line break, line and paragraph separators, format characters (bidirectional, zero-width, Tag), fillers,
 * signs without ink (an empty Braille cell, a null notehead), variation selectors, halves of surrogate pairs, private use
 * characters and noncharacters. Not among them: signs of Arabic, Syriac and Kaithi script that are format characters and
 * visible.
 */
const SUSPECT =
  /\r(?!\n)|[^\P{Cc}\t\n\r]|[\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}]|[^\P{Cf}\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]/gu;
const LINE_SEPARATORS = /[\u2028\u2029]/;
/** Text without any such character, which is nearly all text. */
const PLAIN = /^[\t\n\x20-\x7e]*$/;

/** Scripts in which the zero-width joiner and non-joiner decide the shape of letters (Unicode 17, chapters 9 and 12 to 16). */
const JOINING =
  /[\p{scx=Arab}\p{scx=Syrc}\p{scx=Mong}\p{scx=Nkoo}\p{scx=Deva}\p{scx=Beng}\p{scx=Guru}\p{scx=Gujr}\p{scx=Orya}\p{scx=Taml}\p{scx=Telu}\p{scx=Knda}\p{scx=Mlym}\p{scx=Sinh}\p{scx=Khmr}\p{scx=Mymr}\p{scx=Tibt}]/u;
const LETTER = /(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{M}]/u;
const JOINERS = "\u200c\u200d";
const EMOJI_PART = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]/u;
const PICTURE = /\p{Extended_Pictographic}/u;
const EMOJI_SELECTORS = /[\ufe0e\ufe0f]/;
const MONGOLIAN_SELECTORS = /[\u180b-\u180d\u180f]/;
/** With the digits and signs of keycaps. */
const EMOJI = /\p{Emoji}/u;

/**
 * The text without hidden characters. A joiner stays between letters of a script that needs it and within an emoji; the
 * selector of text or emoji style stays after an emoji. Separators of lines and paragraphs become line breaks.
 * `strip(strip(text))` is `strip(text)`.
 */
export function stripHidden(text: string): string {
  return replaceHidden(text, (char) => (LINE_SEPARATORS.test(char) ? "\n" : ""));
}

/** The text with each hidden character as `\u{200b}`, so that a reader sees it. */
export function escapeHidden(text: string): string {
  return replaceHidden(text, (char) => `\\u{${toHex(char)}}`);
}

/** `escapeHidden` for text of one line: tabs and line breaks are escaped too. */
export function escapeLine(text: string): string {
  return escapeHidden(text).replaceAll(/[\t\n\r]/g, (char) => `\\u{${toHex(char)}}`);
}

/** Whether the text has a hidden character. */
export function hasHidden(text: string): boolean {
  return listHidden(text).length > 0;
}

/** The hidden characters of the text as `U+200B`, each once, in the order of their first place. */
export function listHidden(text: string): string[] {
  const found = new Set<string>();
  replaceHidden(text, (char) => {
    found.add(`U+${toHex(char).toUpperCase().padStart(4, "0")}`);
    return "";
  });
  return [...found];
}

function replaceHidden(text: string, replace: (char: string) => string): string {
  if (PLAIN.test(text)) return text;
  const parts: string[] = [];
  // The end of the result so far. To read it from the joined result would take a time that grows with its square.
  let tail = "";
  let end = 0;
  const append = (part: string) => {
    parts.push(part);
    tail = (tail + part.slice(-2)).slice(-2);
  };
  for (const { 0: char, index } of text.matchAll(SUSPECT)) {
    append(text.slice(end, index));
    end = index + char.length;
    // Decided on the result, so that no replacement makes another character hidden.
    append(isNeeded(char, lastOf(tail), firstOf(text.slice(end, end + 2))) ? char : replace(char));
  }
  return parts.join("") + text.slice(end);
}

/** Whether a character that is suspect elsewhere belongs to the writing at this place. */
function isNeeded(char: string, before: string, after: string): boolean {
  if (JOINERS.includes(char)) {
    const isWithinEmoji = char === "\u200d" && EMOJI_PART.test(before) && PICTURE.test(after);
    return isWithinEmoji || (isJoiningLetter(before) && isJoiningLetter(after));
  }
  // A selector of another kind, or after another character, changes nothing that a reader sees.
  if (EMOJI_SELECTORS.test(char)) return EMOJI.test(before);
  return MONGOLIAN_SELECTORS.test(char) && /\p{sc=Mong}/u.test(before);
}

function isJoiningLetter(char: string): boolean {
  return LETTER.test(char) && JOINING.test(char);
}

function firstOf(text: string): string {
  return Array.from(text)[0] ?? "";
}

function lastOf(text: string): string {
  return Array.from(text).at(-1) ?? "";
}

function toHex(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16);
}
