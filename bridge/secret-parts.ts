import { isObject, parseJson } from "../workers/mcp/json.ts";

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
/** Names of parameters and members whose value is a secret. */
const SECRET_NAME = /key|token|secret|pass|pwd|sig|auth|cred/i;
/** `name=value`, as in the query of a URL and in a connection string; the value can be in quotes. */
const ASSIGNMENT = /([\w.-]+) *= *(?:"([^"]*)"|'([^']*)'|([^\s;&,"']+))/g;
/** The second form: programs accept a password with characters that the first does not allow (RFC 3986, section 3.2.1). */
const USER_INFO = /^(?:([^/?#]*)|([^:]+:.*))@/;
/** A credential of an Authorization header, without its scheme. */
const AUTHORIZATION = /^(?:bearer|basic|token|bot) +(\S+)$/i;

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
  const token = AUTHORIZATION.exec(text.trim())?.[1];
  return [
    ...(lines.length === 1 ? [] : lines).map((line) => ({
      text: line.trim(),
      kind: "line" as const,
    })),
    ...(token === undefined ? [] : [{ text: token, kind: "secret" as const }]),
    ...[...text.matchAll(ASSIGNMENT)].flatMap(([, name = "", inDouble, inSingle, plain]) =>
      withDecoded(inDouble ?? inSingle ?? plain ?? "", toKind(name)),
    ),
    ...[...text.matchAll(/\b([a-z][a-z0-9+.-]*):\/\/(\S+)/gi)].flatMap(
      ([, scheme = "", rest = ""]) => splitUserInfo(scheme, rest),
    ),
    ...splitJson(parseJson(text), ""),
  ];
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
    return name === "" ? [] : [{ text: value, kind: toKind(name) }, ...splitText(value)];
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

function toKind(name: string): SecretPart["kind"] {
  return SECRET_NAME.test(name) ? "secret" : "description";
}

/** The decoded text; the text itself if it is not percent-encoded. */
export function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that encodes nothing, or bytes that are not UTF-8.
    return text;
  }
}
