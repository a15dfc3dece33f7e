import { toSkeleton } from "../contract/text/confusable-names.ts";
import { countErrors } from "../contract/text/typing-errors.ts";
import { toPublisher } from "./identity.ts";

/** What of a server is compared with well-known ones. */
export interface ComparedServer {
  name: string;
  title: string | null;
  packages: { registryType: string; identifier: string }[];
  hasRemotes: boolean;
  /** The key of its repository; null: it states none. */
  repository: string | null;
  /** Points of the score for stars and installs. */
  adoption: number;
}

/** The well-known server that a server resembles, and in what. */
export interface LookAlike {
  resembles: string;
  part: "package" | "publisher" | "name";
}

/** Names of packages that people type, and can mistype. */
const TYPED_REGISTRIES = new Set(["npm", "pypi"]);
/** Words that most names have: two names with these in common are not similar because of them, or a number at the end. */
const COMMON_WORDS = /(?<![a-z])(?:mcp|servers?)(?![a-z])|[\s_-]\d+$/g;
/** Typing errors by length: shorter names are often similar by chance, such as Strava and Strata. */
const ONE_ERROR_CHARS = 8;
const TWO_ERRORS_CHARS = 12;
/** From these lengths on, one error in the publisher counts if the own name is the same. */
const SAME_NAME_CHARS = 4;
const SAME_NAME_PUBLISHER_CHARS = 6;
/** Longer names are not compared. */
const MAX_CHARS = 60;
/** A well-known server has at least this many times the points of those that resemble it. */
const MUCH_BETTER_KNOWN = 2;

/** Texts that are compared with those of the same group only. */
interface Key {
  group: string;
  part: LookAlike["part"];
  /** As it is written, in lower case: two servers with this in common are no look-alikes. */
  written: string;
  /** As it looks. */
  looks: string;
  /** Letters besides the common words. */
  ownChars: number;
  errors: 0 | 1 | 2;
}

interface KnownKey extends Key {
  server: ComparedServer;
}

/**
 * Makes a function that finds the well-known server that a server resembles: its package, publisher, own name or title looks
 * like the other's, or differs by one typing error (from 8 letters on) or two (from 12 on), or its package has the other's
 * name in another scope. If both have the same name, one error in the publisher counts from 6 letters on. Servers of the same publisher do not, nor those that only run the other's package. Names of
 * products that both are about are the same text, and no resemblance.
 */
export function makeLookAlikeFinder(
  known: ComparedServer[],
): (server: ComparedServer) => LookAlike | null {
  // All texts that one or two missing letters make of a known one, so that no pair of servers has to be compared.
  const byVariant = new Map<string, KnownKey[]>();
  for (const server of known)
    for (const key of toKeys(server))
      for (const variant of toVariants(key)) {
        const keys = byVariant.get(variant);
        if (keys) keys.push({ ...key, server });
        else byVariant.set(variant, [{ ...key, server }]);
      }
  return (server) => {
    for (const key of toKeys(server))
      for (const variant of toVariants(key)) {
        const found = byVariant
          .get(variant)
          ?.find((other) => resembles(key, other) && canImitate(server, other.server));
        if (found) return { resembles: found.server.name, part: key.part };
      }
    return null;
  };
}

function toKeys({ name, title, packages }: ComparedServer): Key[] {
  const [publisher = "", ownName = ""] = name.split("/");
  const typed = packages.filter(({ registryType }) => TYPED_REGISTRIES.has(registryType));
  const keys = typed.flatMap(({ registryType, identifier }) => {
    const [own = "", scope = ""] = identifier.split("/").toReversed();
    return [
      toKey(`package ${registryType}`, "package", `${scope}/${own}`),
      // The same name in another scope.
      { ...toKey(`own ${registryType}`, "package", own, identifier), errors: 0 as const },
    ];
  });
  return [
    ...keys,
    toKey("publisher", "publisher", toPublisher(publisher)),
    toKey("name", "name", ownName),
    ...(title === null ? [] : [toKey("name", "name", title)]),
  ]
    .filter(({ ownChars }) => ownChars >= ONE_ERROR_CHARS)
    .concat(toSameNameKey(publisher, ownName))
    .filter(({ looks }) => looks.length <= MAX_CHARS);
}

/** The publisher, compared among servers with the same name: both together are as clear as a long name. */
function toSameNameKey(publisher: string, ownName: string): Key[] {
  const name = toKey("name", "name", ownName);
  const key = toKey(`publisher of ${name.written}`, "publisher", toPublisher(publisher));
  const isLong = name.ownChars >= SAME_NAME_CHARS && key.ownChars >= SAME_NAME_PUBLISHER_CHARS;
  return isLong ? [{ ...key, errors: 1 }] : [];
}

function toKey(group: string, part: Key["part"], text: string, written = text): Key {
  const lower = text.toLowerCase();
  const [all, own] = [lower, lower.replaceAll(COMMON_WORDS, "")].map((of) =>
    toSkeleton(of.replaceAll(/[@/_\s-]+/g, "")),
  );
  const ownChars = own?.length ?? 0;
  // A package is what is typed, with all its words.
  const looks = (part === "package" ? all : own) ?? "";
  const errors = errorsOf(ownChars);
  return { group, part, written: toWritten(written, part), looks, ownChars, errors };
}

/** Separators are how a package is found, but in a name they are a matter of style. */
function toWritten(text: string, part: Key["part"]): string {
  const lower = text.toLowerCase();
  return part === "package"
    ? lower
    : lower.replaceAll(COMMON_WORDS, "").replaceAll(/[\s\p{P}]+/gu, "");
}

function errorsOf(chars: number): Key["errors"] {
  if (chars >= TWO_ERRORS_CHARS) return 2;
  return chars >= ONE_ERROR_CHARS ? 1 : 0;
}

/** Whether one of two servers can be an imitation of the other, which is well known. */
function canImitate(server: ComparedServer, known: ComparedServer): boolean {
  const [own, other] = [server, known].map(({ name }) =>
    toPublisher(name.split("/")[0] ?? "").toLowerCase(),
  );
  if (own === other) return false;
  // Stars of the other's repository are not its own.
  const isBorrowed = server.repository !== null && server.repository === known.repository;
  const adoption = isBorrowed ? 0 : server.adoption;
  if (adoption * MUCH_BETTER_KNOWN > known.adoption) return false;
  const genuine = new Set(known.packages.map(toPackageText));
  const runsGenuine =
    !server.hasRemotes &&
    server.packages.length > 0 &&
    server.packages.every((item) => genuine.has(toPackageText(item)));
  return !runsGenuine;
}

function toPackageText({ registryType, identifier }: ComparedServer["packages"][number]): string {
  return `${registryType} ${identifier.toLowerCase()}`;
}

function resembles(key: Key, known: Key): boolean {
  if (key.group !== known.group || key.written === known.written) return false;
  // A plural is no typing error.
  if (`${key.written}s` === known.written || key.written === `${known.written}s`) return false;
  const most = Math.min(key.errors, known.errors);
  return countErrors(key.looks, known.looks, most) <= most;
}

/** Texts that two keys have in common if they differ by their number of errors: one letter less for each. */
function toVariants({ group, looks, errors }: Key): Set<string> {
  const found = new Set([looks]);
  let last = [looks];
  for (let error = 0; error < errors; error += 1) {
    last = last.flatMap((text) =>
      Array.from(text, (_, at) => text.slice(0, at) + text.slice(at + 1)),
    );
    for (const text of last) found.add(text);
  }
  return new Set([...found].map((text) => `${group} ${text}`));
}
