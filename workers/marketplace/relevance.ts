import type { Db } from "../db/database.ts";
import { findListings, findNamedListings, readListedNames } from "../db/marketplace-search.ts";
import { BoundedMap } from "../runtime/bounded-map.ts";
import type { Catalogue } from "./catalogue.ts";
import { toWords, type Query } from "./query.ts";

/** Servers that are compared by their names and titles. Those behind them are in the order of their scores. */
const COMPARED = 200;

/** Points of a word by where a server has it; a whole word and the beginning of one. */
const POINTS = { name: [10, 6], title: [8, 5], publisher: [5, 3] } as const;
const PLACES = ["name", "title", "publisher"] as const;
const POINTS_ELSEWHERE = 2;
/** For a name that has these words and no other. */
const WHOLE_NAME = 1.5;
/** The words of a server's name and title, by where they are. */
type NameWords = Record<(typeof PLACES)[number], string[]>;

/** By what servers are found, besides filters. */
export type Asked = Pick<Query, "words" | "named">;

const NO_IDS: Uint32Array = new Uint32Array();

/** By id. Those of a server that was renamed since cost it a place in a list, and nothing else. */
const names = new BoundedMap<NameWords>(10_000);

/** Words of names that say nothing of the server. */
const FILLERS = new Set(["mcp", "server"]);

/**
 * Returns the ids of the servers that have all words, each also as the beginning of a word, the most relevant first. A high
 * score can outweigh a better match: 100 counts three times as much as 0. Those that the search names come before them.
 */
export async function findMatches(
  db: Db,
  catalogue: Catalogue,
  { words, named }: Asked,
): Promise<Uint32Array> {
  const parts = words.map(toExpression);
  const all = parts.join(" AND ");
  const inNameParts = `{name title publisher} : (${parts.join(" OR ")}) AND ${all}`;
  const [everywhere, inNames] = await findListings(db, [all, inNameParts]);
  const found = sortFound(catalogue, everywhere, inNames);
  found.set(await compare(db, catalogue, found.slice(0, COMPARED), words));
  return named === null ? found : putFirst(await findNamedListings(db, named), found, catalogue);
}

/** A server that was stored after the catalogue was read is left out. */
function putFirst(ids: number[], found: Uint32Array, { kindOf, scoreOf }: Catalogue): Uint32Array {
  const first = new Set(
    ids
      .filter((id) => (kindOf[id] ?? -1) !== -1)
      .toSorted((a, b) => (scoreOf[b] ?? 0) - (scoreOf[a] ?? 0)),
  );
  return first.size === 0
    ? found
    : Uint32Array.from([...first, ...found.filter((id) => !first.has(id))]);
}

/** A word as an expression of FTS5. It has letters and digits only; a letter alone is no beginning: too many words have it. */
function toExpression(word: string): string {
  return word.length > 1 ? `"${word}"*` : `"${word}"`;
}

/**
 * Those with the words in their names first, then by score. A server that was stored after the catalogue was read is left
 * out. The catalogue's order is read instead of sorting: a word can have 100,000 servers.
 */
function sortFound(
  { byScore, kindOf }: Catalogue,
  everywhere = NO_IDS,
  inNames = NO_IDS,
): Uint32Array {
  // By id: 2 in names, 1 elsewhere.
  const places = new Uint8Array(kindOf.length);
  for (const id of everywhere) places[id] = 1;
  for (const id of inNames) places[id] = 2;
  const found = new Uint32Array(byScore.length);
  const others = new Uint32Array(byScore.length);
  let named = 0;
  let unnamed = 0;
  for (const id of byScore) {
    const place = places[id];
    if (place === 2) {
      found[named] = id;
      named += 1;
    } else if (place === 1) {
      others[unnamed] = id;
      unnamed += 1;
    }
  }
  found.set(others.subarray(0, unnamed), named);
  return found.slice(0, named + unnamed);
}

async function compare(
  db: Db,
  { scoreOf }: Catalogue,
  ids: Uint32Array,
  words: string[],
): Promise<number[]> {
  const missing = [...ids].filter((id) => !names.get(String(id)));
  const read = missing.length === 0 ? [] : await readListedNames(db, missing);
  for (const { id, name, title } of read) names.set(String(id), toNameWords(name, title));
  const rank = new Map<number, number>();
  for (const id of ids) {
    const known = names.get(String(id));
    if (known) rank.set(id, toRelevance(known, words) * (1 + (scoreOf[id] ?? 0) / 50));
  }
  return [...ids].toSorted((a, b) => (rank.get(b) ?? 0) - (rank.get(a) ?? 0));
}

function toNameWords(name: string, title: string | null): NameWords {
  const slash = name.indexOf("/");
  return {
    name: toWords(name.slice(slash + 1)),
    title: toWords(title ?? ""),
    publisher: toWords(name.slice(0, slash)),
  };
}

function toRelevance(texts: NameWords, words: string[]): number {
  let points = 0;
  for (const word of words) {
    let best = POINTS_ELSEWHERE;
    for (const place of PLACES) {
      const [whole, beginning] = POINTS[place];
      if (whole <= best) continue;
      if (texts[place].includes(word)) best = whole;
      else if (texts[place].some((candidate) => candidate.startsWith(word)))
        best = Math.max(best, beginning);
    }
    points += best;
  }
  const own = texts.name.filter((word) => !FILLERS.has(word));
  const isWhole = own.length === words.length && own.every((word) => words.includes(word));
  return (points / words.length) * (isWhole ? WHOLE_NAME : 1);
}
