import { toSkeleton } from "../../workers/contract/text/confusable-names.ts";
import { countErrors } from "../../workers/contract/text/typing-errors.ts";
import { WELL_KNOWN } from "./known-packages.ts";

/** Shorter names have neighbours by chance. */
const MIN_LENGTH = 8;
/** From this length on, two letters can differ. */
const LENGTH_FOR_TWO = 18;

interface Known {
  key: string;
  ecosystem: string;
  name: string;
  scope: string;
  base: string;
  skeleton: string;
}

const KNOWN: readonly Known[] = [...WELL_KNOWN.keys()].map((key) => {
  const colon = key.indexOf(":");
  const ecosystem = key.slice(0, colon);
  const name = key.slice(colon + 1);
  return { key, ecosystem, name, ...split(name), skeleton: toSkeleton(name) };
});

/** The well-known package that a name is likely to be mistaken for; null: none. The name is lower case. */
export function findLookAlike(ecosystem: string, name: string): string | null {
  if (name === "" || WELL_KNOWN.has(`${ecosystem}:${name}`)) return null;
  const own = split(name);
  const skeleton = toSkeleton(name);
  for (const known of KNOWN) {
    if (known.ecosystem !== ecosystem || known.name.length < MIN_LENGTH) continue;
    // Names that differ in a letter of another script only.
    if (/[^\x20-\x7e]/.test(name) && skeleton === known.skeleton) return known.name;
    if (isNear(name, known.name) && !isOtherWord(name, known.name)) return known.name;
    const isOtherScope = known.scope !== "" && own.base === known.base && own.scope !== known.scope;
    if (isOtherScope && isScopeOfSameName(own.scope, known.scope)) return known.name;
  }
  return null;
}

function split(name: string): { scope: string; base: string } {
  const [, scope = "", base = name] = /^@([^/]+)\/(.+)$/.exec(name) ?? [];
  return { scope, base };
}

/** `@modelcontextprotocol-servers`, `@model-context-protocol`, `@modelcontextprotocols`: not another person's own scope. */
function isScopeOfSameName(scope: string, known: string): boolean {
  const [one, two] = [scope.replaceAll(/[-_.]/g, ""), known.replaceAll(/[-_.]/g, "")];
  return isNear(one, two) || (two.length >= MIN_LENGTH && one.includes(two));
}

function isNear(a: string, b: string): boolean {
  const limit = b.length >= LENGTH_FOR_TWO ? 2 : 1;
  return Math.abs(a.length - b.length) <= limit && countErrors(a, b, limit) <= limit;
}

/** A word that is another one as a whole is no mistyped one: `mcp-server-git` and `mcp-server-gis` are two subjects. */
function isOtherWord(a: string, b: string): boolean {
  const [one, two] = [a.split(/[-_./@]/), b.split(/[-_./@]/)];
  if (one.length !== two.length) return false;
  const different = one.flatMap((word, i) =>
    word === two[i] ? [] : [[word, two[i] ?? ""] as const],
  );
  return different.some(([word, other]) => Math.min(word.length, other.length) < 5);
}
