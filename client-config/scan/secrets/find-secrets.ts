import { SECRET_NAME } from "../../../workers/contract/marketplace/secret-name.ts";
import type { Value } from "../../model.ts";
import { isLiteral, REFERENCE, toLiteral, type Subject } from "../subject.ts";
import { findRest, type PlacedText } from "./find-rest.ts";
import { hideSecrets } from "./hide-secrets.ts";
import {
  isRandom,
  isSecretName,
  isStrictPlaceholder,
  judgeSecret,
  stripScheme,
  type SecretKind,
} from "./judge-value.ts";
import { findKeys, isPublicKey } from "./key-formats.ts";
import type { FoundSecret, SecretPlace } from "./references.ts";

/** Names of query parameters that carry a credential. */
const SECRET_PARAMETER =
  /^(?:api|access|auth|private|secret|client)?[-_.]?(?:key|token|secret|password|passwd|pwd|auth|sig|signature|credential|jwt|pat)$/i;
/** Options whose value is a credential. */
const SECRET_OPTION =
  /(?:^|[-_])(?:(?:api|access|secret|private|auth)[-_]?key|token|secret|password|passwd|passphrase|pat|bearer|credentials?|api[-_]?token|apikey|dsn|connection[-_]string)$/i;
/** A password behind `-p`, which is also a port, a profile, or a package, whose name has no capitals. */
const MIXED = /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[^\s/\\:.=]{6,}$/;
const SECRET_HEADER = /auth|token|key|secret|cookie|password|session/i;
/** Fewest characters of a part of a path that is taken for a secret: shorter ones are ids and names. */
const MIN_PATH_SECRET = 40;

/** The secrets of a server, and the placeholders for them, each place once: whatever is not shown of its values. */
export function findSecrets(subject: Subject): FoundSecret[] {
  if ("remote" in subject && subject.bridge) return findSecrets(subject.bridge);
  const { server } = subject;
  const own = listOwnTexts(server.own, [...server.path]);
  if (!("facts" in subject)) {
    const { url, headers } = subject.remote;
    return [
      ...headers.flatMap(({ name, value }) =>
        complete("header", name, value, findInNamed("header", name, value, SECRET_HEADER)),
      ),
      ...complete("url", "", url, findInUrl(url)),
      ...own.flatMap((place) => findRest(place, [])),
    ];
  }
  const { program, facts } = subject;
  const { command, env, envFile, workingDirectory } = program;
  const others = [envFile, workingDirectory].filter((value) => value !== null);
  return [
    ...complete("command", "", command, findKnown("command", "", command)),
    ...env.flatMap(({ name, value }) =>
      complete("env", name, value, findInNamed("env", name, value, SECRET_NAME)),
    ),
    ...facts.allWords.flatMap(({ value }, i) => {
      const before = facts.allWords[i - 1]?.text ?? "";
      const name = /^--?[\w-]+$/.test(before) ? before.replace(/^-+/, "") : "";
      return complete("argument", name, value, findInArgument(value, before));
    }),
    ...others.flatMap((value) => complete("other", "", value, [])),
    ...own.flatMap((place) => findRest(place, [])),
  ];
}

/** What was found in a value by its place, and the rest of it that is not shown. */
function complete(
  kind: SecretPlace["kind"],
  name: string,
  value: Value,
  found: FoundSecret[],
): FoundSecret[] {
  const known = found.filter(({ certainty }) => certainty !== "placeholder");
  return [...found, ...findRest({ kind, name, value, text: toLiteral(value) }, known)];
}

function findKnown(kind: SecretPlace["kind"], name: string, value: Value): FoundSecret[] {
  // The default of a reference is in the file too.
  const texts = [
    toLiteral(value),
    ...value.template.flatMap((part) => (typeof part === "string" ? [] : [part.default ?? ""])),
  ];
  return texts
    .flatMap((text) => findKeys(text))
    .map(({ label, text }) => ({ kind, name, value, secret: text, label, certainty: "known" }));
}

function findInNamed(
  kind: "env" | "header",
  name: string,
  value: Value,
  secretName: RegExp,
): FoundSecret[] {
  const known = findKnown(kind, name, value);
  if (known.length > 0) return known;
  const text = toLiteral(value);
  const common = { kind, name, value, label: name };
  if (!isLiteral(value) || isPublicKey(stripScheme(text))) return [];
  // Two keys have no format of their own beyond their length.
  if (isAwsSecret(name, text))
    return [{ ...common, secret: text, label: "AWS secret key", certainty: "known" }];
  if (secretName.test(name) || isSecretName(name) || /:\/\/[^/\s]*:[^/\s]*@/.test(text)) {
    const judged = judgeSecret(name, text);
    const secret = text.trim().replace(/^(?:bearer|basic|token|bot) +/i, "");
    if (judged === "secret") return [{ ...common, secret, certainty: "likely" }];
    if (judged === "weak") return [{ ...common, secret, certainty: "weak" }];
    if (judged === "placeholder" && isShown(text))
      return [{ ...common, secret, certainty: "placeholder" }];
  }
  return isStrictPlaceholder(text) ? [{ ...common, secret: text, certainty: "placeholder" }] : [];
}

/** Whether nothing of a text is hidden, so that it is no sentence around a secret. */
function isShown(text: string): boolean {
  return hideSecrets(text) === text;
}

function isAwsSecret(name: string, text: string): boolean {
  return (
    /aws.*secret/i.test(name) &&
    /^[A-Za-z0-9/+]{40}$/.test(text) &&
    isRandom(text.replaceAll("/", "1"))
  );
}

/** `before`: the argument before it. */
function findInArgument(value: Value, before: string): FoundSecret[] {
  const text = toLiteral(value);
  const assigned = /^(?:--?)?([\w.-]+)(?:=|:\s*)(.+)$/s.exec(text);
  const name = assigned?.[1] ?? (/^--?[\w-]+$/.test(before) ? before.replace(/^-+/, "") : "");
  const known = findKnown("argument", name, value);
  if (known.length > 0) return known;
  const common = { kind: "argument" as const, name, value, label: name || "argument" };
  const content = (assigned?.[2] ?? text).trim();
  if (/^[a-z][\w+.-]*:\/\//i.test(text)) return findInUrl(value, "argument");
  const isNamed =
    SECRET_OPTION.test(name) ||
    (before === "-p" && assigned === null && MIXED.test(content)) ||
    (before.startsWith("-") && assigned === null && SECRET_NAME.test(name)) ||
    (assigned !== null && SECRET_NAME.test(name) && /^[A-Z_][\w-]*$/.test(name)) ||
    (assigned !== null && /header|^-H$/.test(before) && SECRET_HEADER.test(name));
  const isAssignedAddress = assigned !== null && /:\/\/[^/\s]*:[^/\s]*@/.test(content);
  if ((isNamed || isAssignedAddress) && !content.includes("\0")) {
    const judged = judgeSecret(name === "p" ? "password" : name, content);
    const secret = content.replace(/^(?:bearer|basic|token|bot) +/i, "");
    if (judged === "secret") return [{ ...common, secret, certainty: "likely" }];
    if (judged === "weak" && (assigned !== null || before.startsWith("-")))
      return [{ ...common, secret, certainty: "weak" }];
    if (judged === "placeholder" && !content.startsWith("-") && isShown(content))
      return [{ ...common, secret, certainty: "placeholder" }];
  }
  return isStrictPlaceholder(content)
    ? [{ ...common, secret: content, certainty: "placeholder" }]
    : [];
}

function findInUrl(value: Value, kind: "url" | "argument" = "url"): FoundSecret[] {
  const known = findKnown(kind, "", value);
  const text = toLiteral(value);
  const found: FoundSecret[] = [];
  const add = (secret: string, label: string, judged: SecretKind) => {
    if (secret.includes(REFERENCE) || known.some((key) => key.secret.includes(secret))) return;
    if (judged === "secret" || judged === "placeholder")
      found.push({
        kind,
        name: label,
        value,
        secret,
        label,
        certainty: judged === "secret" ? "likely" : judged,
      });
  };
  const password = /^[\w+.-]+:\/\/[^/\s:@]*:([^/\s@]+)@/.exec(text)?.[1];
  if (password !== undefined) add(password, "password", judgeSecret("password", text));
  for (const [, name = "", content = ""] of text.matchAll(/[?&#;]([\w.-]+)=([^&#\s]+)/g))
    if (SECRET_PARAMETER.test(name)) add(content, name, judgeSecret(name, content));
  for (const part of text
    .replace(/[?#].*$/s, "")
    .split("/")
    .slice(3))
    if (part.length >= MIN_PATH_SECRET && isRandom(part)) add(part, "path", "secret");
  if (known.length > 0 || found.length > 0) return [...known, ...found];
  const isUnfilled = kind === "url" && /<[^<>\s]{2,60}>|\{[a-z_-]{2,40}\}|YOUR[_-]/i.test(text);
  if (isUnfilled) add(text, "address", "placeholder");
  return found;
}

/** Texts of the members that only one client has. */
function listOwnTexts(own: unknown, path: (string | number)[], depth = 0): PlacedText[] {
  if (typeof own === "string")
    return [
      { kind: "other", name: String(path.at(-1) ?? ""), value: { raw: own, path }, text: own },
    ];
  if (typeof own !== "object" || own === null || depth > 20) return [];
  return Object.entries(own).flatMap(([key, value]) =>
    listOwnTexts(value, [...path, Array.isArray(own) ? Number(key) : key], depth + 1),
  );
}
