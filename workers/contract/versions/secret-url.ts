import { looksLikeSecret } from "../composition/secret-value.ts";
import { POSSIBLE_SECRET_NAME } from "../marketplace/secret-name.ts";
import { decodePercent } from "../text/decode-percent.ts";

/** Characters of a digest in a reference: enough to tell the secrets of one workspace apart. */
const REFERENCE_LENGTH = 24;
/** A reference in place of a secret. */
const REFERENCE = /^sec_[0-9a-f]{24}$/;
/** The reference of a secret of which no reference was kept. */
export const UNKNOWN_REFERENCE = toSecretReference("0".repeat(REFERENCE_LENGTH));

/** The reference of a secret by a digest, from which the secret cannot be found. */
export function toSecretReference(hexDigest: string): string {
  return `sec_${hexDigest.slice(0, REFERENCE_LENGTH)}`;
}

/** Makes the reference of a value. Who does not know the workspace's key learns nothing of the value from it. */
export type ReferValue = (value: string) => string;

/** Names of secrets that are too short for a search in longer names. */
const SHORT_SECRET_NAME = /^(?:[a-uw-z]|p|pw|pin)$|pass|pwd|cred|code|sig|jwt|hmac|sas/i;
/** A word, a number or a version: what settings in a query are made of. */
const PLAIN_PART = /^(?:[a-z]{1,15}|[A-Z]{1,15}|[A-Z][a-z]{1,14}|v?\d{1,4})?$/;
const MAX_PLAIN = 200;
const MAX_PLAIN_DIGITS = 8;
const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;
/** Shortest part of a path that can be a random key. */
const MIN_OPAQUE = 12;

/** A part of a URL that is, or can be, a secret. `place`: in words, the same for the same place of another URL. */
interface UrlSecret {
  place: string;
  value: string;
  start: number;
  end: number;
}

/** The URL with a reference in place of each value that can be a secret: of its query by name or form, of its path by form. */
export function hideUrlSecrets(url: string, refer: ReferValue): string {
  return listUrlSecrets(url).reduceRight((text, { start, end, value }) => {
    const reference = REFERENCE.test(value) ? value : refer(value);
    return text.slice(0, start) + reference + text.slice(end);
  }, url);
}

/** Whether a URL has a reference in place of a value: no server takes it. */
export function hasUrlReference(url: string): boolean {
  return listUrlSecrets(url).some(({ value }) => REFERENCE.test(value));
}

/** A URL with the values of its references, as far as they are known. */
interface ResolvedUrl {
  url: string;
  /** Places whose value is not known: the reference stays there. */
  missing: string[];
  /** Places whose value is another one than the reference means. */
  changed: string[];
}

/**
 * Puts the values of the present URL of a server in place of references. As a credential, a value is for its origin only: a
 * URL with another one gets none. Neither does a URL that would show one. `present` null: there is no such server.
 */
export function resolveUrl(url: string, present: string | null, refer: ReferValue): ResolvedUrl {
  const wanted = listUrlSecrets(url).filter(({ value }) => REFERENCE.test(value));
  const isSameOrigin = present !== null && new URL(present).origin === new URL(url).origin;
  const known = isSameOrigin
    ? listUrlSecrets(present).filter(({ value }) => !REFERENCE.test(value))
    : [];
  const resolved: ResolvedUrl = { url, missing: [], changed: [] };
  const given: string[] = [];
  for (const { place, value: reference, start, end } of wanted.toReversed()) {
    const same = known.find(({ value }) => refer(value) === reference);
    const value = same?.value ?? known.find((one) => one.place === place)?.value;
    const text = value ?? (place === WHOLE_QUERY && isSameOrigin ? findQuery(present) : undefined);
    if (text === undefined) resolved.missing.unshift(place);
    else {
      resolved.url = resolved.url.slice(0, start) + text + resolved.url.slice(end);
      if (value !== undefined) given.push(value);
      if (!same && reference !== UNKNOWN_REFERENCE) resolved.changed.unshift(place);
    }
  }
  // At a place where a value would not be hidden again, a document could read it.
  const hidden = listUrlSecrets(resolved.url);
  const count = (values: string[], value: string) => values.filter((one) => one === value).length;
  const isHidden = given.every(
    (value) =>
      count(
        hidden.map((one) => one.value),
        value,
      ) >= count(given, value),
  );
  return isHidden ? resolved : { url, missing: wanted.map(({ place }) => place), changed: [] };
}

/** A value without a name: the query as a whole, as versions of an earlier release have it. */
const WHOLE_QUERY = "query of the URL";

function findQuery(url: string): string | undefined {
  return new URL(url).search.slice(1) || undefined;
}

/** The values of a URL that can be secrets, in their order. */
function listUrlSecrets(url: string): UrlSecret[] {
  const parts = /^([a-z][\w+.-]*:\/\/)([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/i.exec(url);
  if (!parts) return [];
  const [, scheme = "", authority = "", path = "", query = "", fragment = ""] = parts;
  const user = authority.lastIndexOf("@");
  const pathStart = scheme.length + authority.length;
  const queryStart = pathStart + path.length;
  const found = [
    ...toSecret("user name of the URL", scheme.length, authority.slice(0, Math.max(user, 0))),
    ...listPathSecrets(path, pathStart),
    ...listQuerySecrets(query.slice(1), queryStart + 1),
    ...toSecret("fragment of the URL", queryStart + query.length + 1, fragment.slice(1)),
  ];
  return found;
}

function toSecret(place: string, start: number, value: string): UrlSecret[] {
  return value === "" ? [] : [{ place, value, start, end: start + value.length }];
}

function listPathSecrets(path: string, from: number): UrlSecret[] {
  let start = from;
  return path.split("/").flatMap((segment, index, segments) => {
    const at = start;
    start += segment.length + 1;
    const text = decodeFormText(segment);
    const isNamed =
      POSSIBLE_SECRET_NAME.test(segments[index - 1] ?? "") &&
      (text.length >= MIN_OPAQUE || !isPlain(text));
    return isNamed || isOpaque(text) ? toSecret(`path of the URL, part ${index}`, at, segment) : [];
  });
}

function listQuerySecrets(query: string, from: number): UrlSecret[] {
  let start = from;
  return query.split("&").flatMap((pair) => {
    const at = start;
    start += pair.length + 1;
    const sign = pair.indexOf("=");
    const name = decodeFormText(sign === -1 ? "" : pair.slice(0, sign));
    // A name can be a key, too.
    if (sign === -1 || isOpaque(name))
      return isPlain(decodeFormText(pair)) ? [] : toSecret(WHOLE_QUERY, at, pair);
    const value = pair.slice(sign + 1);
    const isSecret =
      POSSIBLE_SECRET_NAME.test(name) ||
      SHORT_SECRET_NAME.test(name) ||
      !isPlain(decodeFormText(value));
    return isSecret ? toSecret(`${name} of the URL`, at + sign + 1, value) : [];
  });
}

/** Whether a text consists of words and short numbers. All else can be a key. */
function isPlain(text: string): boolean {
  return (
    text.length <= MAX_PLAIN &&
    text.replaceAll(/\D/g, "").length <= MAX_PLAIN_DIGITS &&
    text.split(/[-_.,:/ ]/).every((part) => PLAIN_PART.test(part))
  );
}

/** Whether a part of a path looks random. */
function isOpaque(text: string): boolean {
  if (REFERENCE.test(text) || UUID.test(text) || looksLikeSecret(text)) return true;
  return text.split(/[-_.~]/).some((part) => {
    if (part.length < MIN_OPAQUE) return false;
    const digits = part.replaceAll(/\D/g, "").length;
    const turns = part.match(/[a-z](?=[A-Z])|[A-Z](?=[a-z])/g)?.length ?? 0;
    return (digits >= 2 && digits < part.length) || turns > part.length / 3;
  });
}

/** A part of a query as text: a plus sign is a space there. */
function decodeFormText(text: string): string {
  return decodePercent(text.replaceAll("+", " "));
}
