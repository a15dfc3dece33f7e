import { SECRET_NAME } from "../../../workers/contract/marketplace/secret-name.ts";

/** Values that show what belongs there, in whole or in their essential part. */
const PLACEHOLDER = new RegExp(
  [
    String.raw`^[<{[(].*[>}\])]$`,
    String.raw`<[^<>]{2,80}>`,
    String.raw`\{\{?[\w .-]{2,80}\}\}?`,
    String.raw`^%\w+%$`,
    String.raw`\b(?:your|my|the|a|an|some|any|new)[-_ ]`,
    String.raw`^your|YOUR`,
    String.raw`[x*•#]{3,}`,
    String.raw`\.{3}|…`,
    String.raw`change[-_ ]?(?:me|this|it)|replace|insert|fill[-_ ]?in|to-?do\b|fixme|example|sample|dummy|placeholder|redacted|removed|hidden|secret[-_ ]?here`,
    String.raw`[-_ ]here\b|\bhere$`,
    String.raw`^(?:put|enter|add|paste|set|use|get|from|see|optional|required|obtain|generate)[-_ ]`,
    String.raw`^(?:test|fake|demo|mock|none|null|undefined|n/?a|false|true)(?:[-_ ]|$)`,
    String.raw`(?:api|access|secret|private|auth)[-_ ]?(?:key|token|secret)s?$`,
    String.raw`(?:^|[-_ ])(?:token|password|passwd|pwd|secret|key|apikey)$`,
    String.raw`0123456|1234567|abcdef|abc123|qwerty|deadbeef|\.example\b`,
  ].join("|"),
  "i",
);
/** Those that are meant to be replaced whatever the name of the value is. */
const STRICT_PLACEHOLDER =
  /^<[^<>]{2,80}>$|^\[(?:YOUR|your)[^\]]{1,80}\]$|^your[-_ ][\w -]{2,60}$|^x{4,}$|^(?:TODO|FIXME|CHANGE[-_ ]?ME|REPLACE[-_ ]?ME)\b|\/path\/to\/|\/absolute\/path|^YOUR_\w+$/i;
/** The same character or a few in a row. */
const REPEATED = /^(.{1,4})\1{3,}.{0,3}$/;
/** Credentials are in front of the token. */
const SCHEME = /^(?:bearer|basic|token|apikey|bot)[ :]+/i;

/** A value without the scheme of a header, such as `Bearer`. */
export function stripScheme(value: string): string {
  return value.trim().replace(SCHEME, "");
}

/** Whether the value only shows what belongs there. `name`: of the variable or header. */
export function isPlaceholder(value: string, name = ""): boolean {
  const text = stripScheme(value);
  if (text === "") return true;
  const isOwnName = toLetters(text) === toLetters(name);
  return isOwnName || PLACEHOLDER.test(text) || REPEATED.test(text);
}

/** Whether the value has to be replaced, whatever its name is. */
export function isStrictPlaceholder(value: string): boolean {
  return STRICT_PLACEHOLDER.test(stripScheme(value));
}

function toLetters(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

/** Shannon entropy of the characters, bits per character. */
function toEntropy(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let sum = 0;
  for (const count of counts.values())
    sum -= (count / text.length) * Math.log2(count / text.length);
  return sum;
}

/** Fewest characters of a generated secret. */
const MIN_LENGTH = 12;
/** Bits per character that words and repetitions do not reach at that length. */
const MIN_ENTROPY = 2.8;

/** Whether a text looks generated: long enough, mixed, and no words. */
export function isRandom(text: string): boolean {
  if (text.length < MIN_LENGTH || text.length > 4096 || /\s/.test(text)) return false;
  if (toEntropy(text.slice(0, 200)) < MIN_ENTROPY) return false;
  if (isPlaceholder(text)) return false;
  const classes = [/[a-z]/, /[A-Z]/, /\d/].filter((kind) => kind.test(text)).length;
  const digits = text.replaceAll(/\D/g, "").length;
  // Letters alone are words, unless they change between small and capital like no name does.
  if (digits === 0)
    return classes === 2 && text.length >= 20 && countCaseChanges(text) > text.length / 4;
  const words = text
    .split(/[-_.:/@+]/)
    .filter((part) => /^(?:[a-z]+|[A-Z]+|[A-Z][a-z]+|\d{1,4})$/.test(part));
  const inWords = words.reduce((sum, word) => sum + word.length, 0);
  return inWords < text.length / 2;
}

function countCaseChanges(text: string): number {
  return text.match(/[a-z](?=[A-Z])|[A-Z](?=[a-z])/g)?.length ?? 0;
}

/** Values of variables with the name of a secret that are none: switches, numbers, dates, addresses, paths, names of files. */
const NO_SECRET =
  /^(?:true|false|yes|no|on|off|none|null|auto|default|enabled|disabled|\d{1,10}|[\d.]+[a-z]{0,4}|[a-z]+)$|^(?:[\w+.-]+:)?\/\/[^@]*$|^(?:~|\.{0,2}\/|[a-z]:[\\/]|\$|%)|[\\/][^\\/]*[\\/]|\.(?:json|pem|key|crt|p12|ya?ml|toml|txt|db|env|js|py)$/i;
/** The value is elsewhere, in the syntax of any client; no default of a reference, which is in the file. */
const ONLY_REFERENCE =
  /^(?:\$\{(?:env:|input:|file:)?[\w./~-]{1,200}\}|\{(?:env|file):[\w./~-]{1,200}\}|\$\{\{[\w .-]{1,200}\}\}|\$[A-Z_]\w{0,200})$/;
/** A switch with the name of a secret, such as `OMIT_AUTH`, is no short password. */
const SWITCH = /^(?:true|false|yes|no|on|off)$/i;
/** The password of an address such as that of a database. */
const PASSWORD_IN_ADDRESS = /^[a-z][\w+.-]{1,30}:\/\/[^\s/:@]*:([^\s/@]{1,200})@/i;
/** Passwords that everybody uses on their own computer. */
const LOCAL_PASSWORD =
  /^(?:postgres|root|admin|password|passw0rd|pass|pwd|secret|guest|user|test|neo4j|minio|minioadmin|mysql|redis|elastic|changeme|default|docker|local|dev|demo|sa|.{1,5})\d{0,4}!?$/i;

/** Names of passwords, which people make up. */
const PASSWORD_NAME = /passw|passphrase|(?:^|[_-])(?:pass|pwd)$/i;

/** Names of nothing but a secret: the secret's word is the last one. `TOKEN_LIMIT` and `AUTH_MODE` are others. */
const SECRET_ENDING =
  /(?:^|[_.-]|[a-z](?=[A-Z]))(?:(?:api|access|secret|private|service|auth)[_.-]?key|key|token|secret|credentials?|authorization|bearer|pat|login|cookie)$/i;

/** Those of them that are the name of no setting, as `sort_key` is. */
const ONLY_SECRET =
  /(?:^|[_.-])(?:(?:api|access|secret|private)[_.-]?key|token|secret|authorization|bearer)$/i;
/** A word or a number, which is a bad secret, and can be one. */
const WORD = /^\w{4,40}$/;
const SETTING =
  /^(?:true|false|none|null|auto|default|enabled?|disabled?|required|optional|basic|bearer|oauth2?|header|query|cookie|env|file|[01])$/i;

/** Whether a person has made it up: no word alone, and none of the passwords that everybody uses. */
function isChosen(text: string): boolean {
  if (text.length < 6 || LOCAL_PASSWORD.test(text)) return false;
  return /[^a-z]/.test(text) && !/^[A-Z][a-z]*$/.test(text);
}

/** Whether a variable or option has the name of a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) || /(?:^|[_-])(?:pass|pwd|login)$/i.test(name);
}

/** What a literal value with the name of a secret is. */
export type SecretKind =
  /** It looks generated, or is the password of an address on another computer. */
  | "secret"
  /** A password that does not look generated. */
  | "weak"
  /** It shows what belongs there. */
  | "placeholder"
  | "none";

/** Judges the literal value of a variable or header with the name of a secret. */
export function judgeSecret(name: string, value: string): SecretKind {
  const text = stripScheme(value);
  if (text === "" || SWITCH.test(text) || ONLY_REFERENCE.test(text)) return "none";
  const [whole, password] = PASSWORD_IN_ADDRESS.exec(text) ?? [];
  if (password !== undefined && whole !== undefined) {
    if (isPlaceholder(password, name))
      return LOCAL_PASSWORD.test(password) ? "weak" : "placeholder";
    return LOCAL_PASSWORD.test(password) ? "weak" : "secret";
  }
  if (/^[\w+.-]+:\/\//.test(text)) return "none";
  if (isPlaceholder(text, name)) return LOCAL_PASSWORD.test(text) ? "weak" : "placeholder";
  if (isRandom(text)) return "secret";
  if (NO_SECRET.test(text) && !PASSWORD_NAME.test(name))
    return ONLY_SECRET.test(name) && WORD.test(text) && !SETTING.test(text) ? "weak" : "none";
  // Sentences in any language describe what belongs there.
  if (/\s/.test(text) || /[^\x20-\x7e]/.test(text)) return "placeholder";
  if (PASSWORD_NAME.test(name)) return isChosen(text) ? "secret" : "weak";
  if (!SECRET_ENDING.test(name)) return "none";
  return /\d/.test(text) && isChosen(text) ? "secret" : ONLY_SECRET.test(name) ? "weak" : "none";
}
