import { decodePercent } from "../contract/text/decode-percent.ts";
import { BASE64URL } from "../crypto/base64url.ts";
import { splitSecret } from "../mcp/secret-parts.ts";
import { isRandom, isSecretSegment, isSecretValue, looksSecret } from "../mcp/secret-shape.ts";

const encoder = new TextEncoder();

/** Shorter values are no secrets, and their text also occurs by chance. */
const MIN_SECRET_LENGTH = 8;
/** Shorter parts of a header's value are secret only if they look like it: others are names of parameters, realms. */
const MIN_PART_LENGTH = 16;
/** Shorter parts of the path name things. */
const MIN_SEGMENT_LENGTH = 16;
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * The secrets in what a server was sent. Of a credential: the whole value, what follows its scheme, its parts that are long
 * or no words, and the parts of `splitSecret`; a user name alone is no secret. Of the URL: user and password, the values of
 * parameters that are named like secrets or are no words, and parts of the path that look like keys.
 */
export function toSecrets(url: string, credentials: string[]): string[] {
  const secrets = [...credentials.flatMap(toParts), ...toUrlSecrets(url)];
  return [...new Set(secrets)].filter(({ length }) => length >= MIN_SECRET_LENGTH);
}

function toParts(value: string): string[] {
  const [, rest = ""] = /^[\w-]+ +(.+)$/.exec(value.trim()) ?? [];
  const parts = value
    .split(/[\s,;:="'{}[\]]+/)
    .filter((part) => part.length >= MIN_PART_LENGTH || looksSecret(part));
  const split = splitSecret(value).filter(({ kind }) => kind !== "description");
  return [value, value.trim(), rest, ...parts, ...split.map(({ text }) => text)];
}

function toUrlSecrets(text: string): string[] {
  const { username, password, searchParams, pathname } = new URL(text);
  const values = [...searchParams].filter(
    ([name, value]) => isRandom(value) || isSecretValue(name, value),
  );
  const parts = pathname
    .split("/")
    .map(decodePercent)
    .filter((part) => !UUID.test(part) && isSecretSegment(part, MIN_SEGMENT_LENGTH));
  return [username, password].map(decodePercent).concat(
    values.map(([, value]) => value),
    parts.flatMap((part) => [part, part.slice(part.indexOf(":") + 1)]),
  );
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
