import { BASE64URL } from "../crypto/base64url.ts";

const encoder = new TextEncoder();

/** Shorter values are no secrets, and their text also occurs by chance. */
const MIN_SECRET_LENGTH = 8;
/** Shorter parts of a header's value are words: names of parameters, realms. */
const MIN_PART_LENGTH = 16;
/** Names of a URL's parameters whose values are secrets. */
const SECRET_PARAMETER = /key|token|secret|passw|auth|sig|cred|code|session/i;
/** A run of letters and digits as keys have it. Words and UUIDs are shorter. */
const RANDOM = /(?=[a-z]*\d)(?=\d*[a-z])[a-z\d]{16}/i;

/**
 * The secrets in what a server was sent. Of a credential: the whole value, what follows its scheme, its long parts, and of
 * Basic the password and the pair with the user name; the user name alone is no secret. Of the URL: the password, the
 * values of parameters that are named like secrets, and parameters and parts of the path that look random.
 */
export function toSecrets(url: string, credentials: string[]): string[] {
  const secrets = [...credentials.flatMap(toParts), ...toUrlSecrets(url)];
  return [...new Set(secrets)].filter(({ length }) => length >= MIN_SECRET_LENGTH);
}

function toParts(value: string): string[] {
  const [, scheme = "", rest = ""] = /^([\w-]+) +(.+)$/.exec(value.trim()) ?? [];
  const parts = value.split(/[\s,;:="']+/).filter(({ length }) => length >= MIN_PART_LENGTH);
  const pair = scheme.toLowerCase() === "basic" ? decodeBase64(rest) : null;
  const password = pair?.slice(pair.indexOf(":") + 1);
  return [value, value.trim(), rest, ...parts, pair ?? "", password ?? ""];
}

function toUrlSecrets(text: string): string[] {
  const { username, password, searchParams, pathname } = new URL(text);
  const named = [...searchParams].filter(
    ([name, value]) => SECRET_PARAMETER.test(name) || RANDOM.test(value),
  );
  const parts = pathname.split("/").filter((part) => RANDOM.test(part));
  const user = [username, password].map(decodePercent);
  return [...user, ...named.map(([, value]) => value), ...parts.map(decodePercent)];
}

/** The text of base64 as latin1; null: it is none. */
function decodeBase64(text: string): string | null {
  try {
    return atob(text);
  } catch {
    // `atob` fails for other text only.
    return null;
  }
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Malformed percent-encoding stays unchanged.
    return text;
  }
}

/**
 * The forms in which a secret is searched for: unchanged, in a URL's query with `+` for spaces, in base64 of both alphabets
 * at each of the three alignments, and in hex. Escapes of single characters are the redactor's part.
 */
export function toForms(secret: string): string[] {
  const bytes = encoder.encode(secret);
  const hex = bytes.toHex();
  const base64 = [0, 1, 2].flatMap((offset) => toBase64At(bytes, offset));
  return [secret, secret.replaceAll(" ", "+"), ...base64, hex, hex.toUpperCase()];
}

/** The base64 of bytes that follow `offset` others, as far as neither these nor later ones change it. */
function toBase64At(bytes: Uint8Array, offset: number): string[] {
  const padded = new Uint8Array(offset + bytes.length);
  padded.set(bytes, offset);
  const first = Math.ceil((offset * 8) / 6);
  const end = Math.floor((padded.length * 8) / 6);
  return [padded.toBase64(), padded.toBase64(BASE64URL)].map((text) => text.slice(first, end));
}
