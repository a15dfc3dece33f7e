import { decodePercent } from "../contract/text/decode-percent.ts";
import { isObject, parseJson } from "./json.ts";
import { isSecretSegment, isSecretValue, looksSecret } from "./secret-shape.ts";

/** A secret, or a part of one. */
export interface SecretPart {
  text: string;
  /** `line`: one of several lines. `description`: it is no secret alone, like the name of a user. */
  kind: "secret" | "line" | "description";
}

/** Shorter secrets are not redacted: their text also occurs by chance. */
const MIN_SECRET_LENGTH = 6;
/** Shorter lines and descriptions are not redacted, for the same reason. */
const MIN_PART_LENGTH = 8;
/** Parts that are the same in many values: first and last lines of PEM blocks, modes of TLS in database URLs. */
const COMMON_PART = /^(-----(BEGIN|END) [A-Z0-9 ]+-----|verify-ca|verify-full)$/;
/** `name=value`, as in a query, a cookie and a connection string; the value is in quotes, in braces or has no separators. */
const ASSIGNMENT =
  /(?<![\w.-])([\w.-]+) *= *(?:"((?:\\.|""|[^"\\]){0,512})"|'((?:\\.|''|[^'\\]){0,512})'|\{((?:\}\}|[^}]){0,512})\}|((?:\\.|[^\s;&,"'\\])+))/g;
/** A value with separators in it, up to the next semicolon. */
const LONG_ASSIGNMENT = /(?<![\w.-])([\w.-]+) *= *([^;=\r\n]{1,512})(?=[;\r\n]|$)/g;
/** The line of a header, or a user name and a password. */
const NAMED = /^([^\s:="'{}]+):(?!\/\/)( *)(\S.*)$/;
/** The second form: programs accept a password with characters that the first does not allow (RFC 3986, section 3.2.1). */
const USER_INFO = /^(?:([^/?#]*)|([^:]+:.*))@/;
/** A credential of an Authorization header: its scheme and the rest. */
const AUTHORIZATION = /^(bearer|basic|token|bot) +(\S+)$/i;

/** The secret and all its parts: lines, members of JSON, and the parts of URLs and of connection strings. */
export function splitSecret(secret: string): SecretPart[] {
  const whole = [secret, secret.trim()].map((text) => ({ text, kind: "secret" as const }));
  return [...whole, ...splitText(secret)].filter(({ text, kind }) => {
    const minLength = kind === "secret" ? MIN_SECRET_LENGTH : MIN_PART_LENGTH;
    return text.length >= minLength && !COMMON_PART.test(text);
  });
}

function splitText(text: string): SecretPart[] {
  const lines = text.trim().split(/[\r\n]+/);
  return [
    ...(lines.length === 1 ? splitLine(text.trim()) : lines.flatMap(splitLineOfMany)),
    ...[ASSIGNMENT, LONG_ASSIGNMENT].flatMap((pattern) =>
      [...text.matchAll(pattern)].flatMap(splitAssignment),
    ),
    ...[...text.matchAll(/\b([a-z][a-z0-9+.-]*):\/\/(\S+)/gi)].flatMap(
      ([, scheme = "", rest = ""]) => [...splitUserInfo(scheme, rest), ...splitPath(rest)],
    ),
    ...splitJson(parseJson(text), ""),
  ];
}

function splitLineOfMany(line: string): SecretPart[] {
  return [{ text: line.trim(), kind: "line" }, ...splitLine(line.trim())];
}

/** The parts of a credential of an Authorization header, of a header's line, and of a user name with a password. */
function splitLine(line: string): SecretPart[] {
  const [, scheme = "", token = ""] = AUTHORIZATION.exec(line) ?? [];
  if (scheme !== "") {
    const pairs = scheme.toLowerCase() === "basic" ? decodeBase64(token) : [];
    return [token, ...pairs].flatMap((text) => [{ text, kind: "secret" }, ...splitPair(text)]);
  }
  const [, name = "", space = "", value = ""] = NAMED.exec(line) ?? [];
  if (value === "") return [];
  if (space === "") return splitPair(line);
  return [{ text: value, kind: toKind(name, value) }, ...splitLine(value)];
}

/** User name and password. A name is secret only if it looks like it. */
function splitPair(pair: string): SecretPart[] {
  const colon = pair.indexOf(":");
  if (colon === -1) return [];
  const name = pair.slice(0, colon);
  return [
    { text: name, kind: looksSecret(name) ? "secret" : "description" },
    { text: pair.slice(colon + 1), kind: "secret" },
  ];
}

/** The value: as it is written, and without the escapes of backslashes and of doubled quotes. */
function splitAssignment([, name = "", ...values]: RegExpExecArray): SecretPart[] {
  const value = values.find(Boolean) ?? "";
  const kind = toKind(name, value);
  const forms = [value, value.replaceAll(/\\(.)/g, "$1"), value.replaceAll(/(["'}])\1/g, "$1")];
  return forms.flatMap((form) => withDecoded(form, kind));
}

/** The parts of a URL's path that look like keys. A token can follow a colon. */
function splitPath(rest: string): SecretPart[] {
  const [, path = ""] = /^[^/?#]*([^?#"'<>]*)/.exec(rest) ?? [];
  return path
    .split("/")
    .flatMap((segment) => [segment, segment.slice(segment.indexOf(":") + 1)])
    .filter((segment) => isSecretSegment(decodePercent(segment), MIN_PART_LENGTH))
    .flatMap((segment) => withDecoded(segment, "secret"));
}

/** User and password of a URL. */
function splitUserInfo(scheme: string, rest: string): SecretPart[] {
  const match = USER_INFO.exec(rest);
  const userInfo = match?.[1] ?? match?.[2];
  if (userInfo === undefined) return [];
  const colon = userInfo.indexOf(":");
  const user = colon === -1 ? userInfo : userInfo.slice(0, colon);
  const password = colon === -1 ? "" : userInfo.slice(colon + 1);
  // In postgres://postgres:… the name says nothing, and redacting it would make the log unreadable.
  const isCommon = `${scheme} ${rest.slice(userInfo.length)}`.includes(user);
  return [
    ...withDecoded(password, "secret"),
    ...(isCommon ? [] : withDecoded(user, password === "" ? "secret" : "description")),
    // HTTP sends it in base64 (RFC 7617).
    ...(password === "" ? [] : withDecoded(userInfo, "secret")),
  ];
}

/** The strings in a parsed JSON value; `name`: the member that contains the value. */
function splitJson(value: unknown, name: string): SecretPart[] {
  if (typeof value === "string") {
    return name === "" ? [] : [{ text: value, kind: toKind(name, value) }, ...splitText(value)];
  }
  if (Array.isArray(value)) return value.flatMap((item) => splitJson(item, name));
  return isObject(value)
    ? Object.entries(value).flatMap(([member, content]) => splitJson(content, member))
    : [];
}

/** A percent-encoded text, and the text that it encodes. */
function withDecoded(text: string, kind: SecretPart["kind"]): SecretPart[] {
  const texts = new Set([text, decodePercent(text), decodePercent(text.replaceAll("+", " "))]);
  return [...texts].map((form) => ({ text: form, kind }));
}

function toKind(name: string, value: string): SecretPart["kind"] {
  return isSecretValue(name, value) ? "secret" : "description";
}

/** The text of base64, as UTF-8 and as Latin-1; none: it is no base64. */
function decodeBase64(text: string): string[] {
  try {
    const latin1 = atob(text);
    const bytes = Uint8Array.from(latin1, (character) => character.charCodeAt(0));
    return [...new Set([latin1, new TextDecoder().decode(bytes)])];
  } catch {
    // `atob` fails for other text only.
    return [];
  }
}
