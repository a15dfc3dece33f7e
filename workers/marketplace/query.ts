import type { SearchFilters } from "../contract/api/marketplace-search.ts";
import { CATEGORY_IDS, GRADES } from "../contract/marketplace/facets.ts";
import { CLIENT_IDS } from "../contract/marketplace/install/clients.ts";
import type { Dimension } from "./catalogue.ts";
import { readNamedServer, type NamedServer } from "./named-server.ts";

/** Words of a search that are used; more make it slow and find nothing. */
const MAX_WORDS = 12;

/** Words that most servers have. They are left out of a search that has others. */
const COMMON_WORDS = new Set(
  "a an and by context for from in mcp model of on or protocol server servers the to via with".split(
    " ",
  ),
);

/** Top-level domains under which `owner:x` finds namespaces, besides its whole name and GitHub's. */
const TOP_LEVEL_DOMAINS = "ai app cloud co com dev io me net org sh so tech xyz".split(" ");

/** What a search asks for. */
export interface Query {
  /** In lower case, without accents, as the full-text index has them. */
  words: string[];
  /** Comes before what has the words; null: the search names no server. */
  named: NamedServer | null;
  /** A server has each of these values. */
  wanted: [Dimension, string][];
  /** Namespaces in lower case, of which a server has one; null: any. */
  publishers: string[] | null;
  /** Days since the last publication or update; null: any. */
  updatedWithin: number | null;
}

const OPERATOR = /(?<=^|\s)(owner|is|client|category|grade|licence):(\S+)/gi;

const VALUES: Record<string, readonly string[]> = {
  is: ["verified", "official"],
  client: CLIENT_IDS,
  category: CATEGORY_IDS,
  grade: GRADES,
};

/** Reads a search: its filters, and the operators and words of `q`. Returns what is wrong with an operator as a text. */
export function toQuery({ q = "", updatedWithin, ...filters }: SearchFilters): Query | string {
  const wanted: Query["wanted"] = [];
  const { licence, ...dimensions } = filters;
  // A cast: `Object.entries` returns strings, here the keys of the filters.
  for (const [dimension, value] of Object.entries(dimensions) as [Dimension, string | undefined][])
    if (value !== undefined) wanted.push([dimension, value]);
  if (licence !== undefined) wanted.push(["licence", licence.toLowerCase()]);
  let publishers: Query["publishers"] = null;
  for (const [text, operator = "", given = ""] of q.matchAll(OPERATOR)) {
    const name = operator.toLowerCase();
    if (name === "owner") {
      const found = toPublishers(given.toLowerCase());
      publishers =
        publishers === null ? found : publishers.filter((known) => found.includes(known));
      continue;
    }
    if (name === "licence") {
      wanted.push([name, given.toLowerCase()]);
      continue;
    }
    const allowed = VALUES[name] ?? [];
    const value = allowed.find((candidate) => candidate.toLowerCase() === given.toLowerCase());
    if (value === undefined)
      return `q: ${name}: takes ${allowed.join(", ")}. Leave ${JSON.stringify(text)} out, or give one of these.`;
    // A cast: the names that remain are those of dimensions.
    wanted.push(name === "is" ? [value as Dimension, "true"] : [name as Dimension, value]);
  }
  const { named, text } = readNamedServer(q.replaceAll(OPERATOR, " "));
  const words = toWords(text);
  const rare = words.filter((word) => !COMMON_WORDS.has(word));
  const used = (rare.length > 0 ? rare : words).slice(0, MAX_WORDS);
  // `is:official` and `official=true` are the same.
  const distinct = [...new Map(wanted.map((value) => [value.join(" "), value])).values()];
  return { words: used, named, wanted: distinct, publishers, updatedWithin: updatedWithin ?? null };
}

/** Returns the words of a text, each once, as the full-text index has them: in lower case and without accents. */
export function toWords(text: string): string[] {
  const plain = text
    .normalize("NFD")
    .replaceAll(/\p{Mn}/gu, "")
    .toLowerCase();
  return [...new Set(plain.match(/[\p{L}\p{N}]+/gu))];
}

/** The namespaces that `owner:x` finds: none other can call itself `x`. */
function toPublishers(owner: string): string[] {
  return [owner, `io.github.${owner}`, ...TOP_LEVEL_DOMAINS.map((domain) => `${domain}.${owner}`)];
}
