/** Shorter values are no secrets, unless they are named like one: their text also occurs by chance. */
const MIN_LENGTH = 8;
/** A longer run of letters is a key. */
const MAX_WORD_LENGTH = 22;
/** A run of letters and digits as keys have it. Words and UUIDs are shorter. */
const RANDOM = /(?=[a-z]*\d)(?=\d*[a-z])[a-z\d]{16}/i;
/** What joins the words of a list, a host name, a path or a mail address. */
const JOINTS = /[-_.@+,/:~ ]+/;
/** In lower, upper or camel case. The letters of a random text change their case more often. */
const WORD = /^[A-Z]*[a-z]*(?:[A-Z][a-z]{2,})*$/;
/** The number of a region or a version. */
const SHORT_NUMBER = /^\d{1,2}$/;
/** A year, and a word that ends with a number. */
const NUMBERED = /^(?:\d{1,4}|[A-Za-z]?[a-z]*\d{1,3})$/;
const DATE = /^\d{4}-\d\d(?:-\d\d)?(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?$/;
const MAIL_ADDRESS = /^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/;
const SECRET_NAME = /key|token|secret|pass|pwd|auth|sig|cred|code|session|cookie/i;
/** The last word of a name whose value tells places, people, things and settings apart. */
const HARMLESS_NAME = new RegExp(
  `(?:^|[_.-])(?:${[
    "region|zone|location|version|format|lang|language|locale|page|limit|offset|sort|order|since|until|date|time",
    "timeout|name|type|mode|scopes?|profile|workspace|project|organization|org|team|tenant|account|user|username|email",
    "host|hostname|server|source|domain|realm|site|url|uri|endpoint|path|port|database|db|dbname|catalog|schema|table",
    "branch|model|env|environment|driver|tools?|toolsets?|features?|id|ref",
  ].join("|")})$`,
  "i",
);

/** Whether the name of a parameter or member says that its value is secret, or the value looks like it. */
export function isSecretValue(name: string, value: string): boolean {
  if (SECRET_NAME.test(name)) return true;
  const words = name.replaceAll(/([a-z])([A-Z])/g, "$1_$2");
  return !HARMLESS_NAME.test(words) && looksSecret(value);
}

/** Whether the text is neither words, nor a date, nor a mail address. */
export function looksSecret(text: string): boolean {
  if (text.length < MIN_LENGTH || DATE.test(text) || MAIL_ADDRESS.test(text)) return false;
  return !/[a-z]/i.test(text) || !isMadeOf(text, [SHORT_NUMBER]);
}

/** Whether a part of a URL's path looks like a key: it has at least `minLength` characters and is no list of words. */
export function isSecretSegment(segment: string, minLength: number): boolean {
  if (isRandom(segment)) return true;
  return segment.length >= minLength && !isMadeOf(segment, [NUMBERED]);
}

/** Whether the text has a run of letters and digits as keys have it. */
export function isRandom(text: string): boolean {
  return RANDOM.test(text);
}

/** Whether the text is joined of words, and of texts of these patterns. */
function isMadeOf(text: string, patterns: RegExp[]): boolean {
  const isWord = (piece: string) => piece.length <= MAX_WORD_LENGTH && WORD.test(piece);
  return text
    .split(JOINTS)
    .every((piece) => isWord(piece) || patterns.some((pattern) => pattern.test(piece)));
}
