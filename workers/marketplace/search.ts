import type { SearchSummary } from "../contract/api/marketplace-search.ts";
import type { ServerSummary } from "../contract/api/marketplace.ts";
import { GRADES } from "../contract/marketplace/facets.ts";
import { DAY_MS, MINUTE_MS } from "../contract/units.ts";
import type { Db } from "../db/database.ts";
import { readInstallsOfListings } from "../db/marketplace-installs.ts";
import { findListingsOfPublishers, readSummaries } from "../db/marketplace-search.ts";
import { sortBy, type Catalogue, type Dimension } from "./catalogue.ts";
import { toDay, WEEK_DAYS } from "./installs.ts";
import type { Query } from "./query.ts";
import { findMatches, type Asked } from "./relevance.ts";

/** A score is smaller: an install counts more than any. */
const SCORES = 101;

/** The order of a list; `relevance` without words is the score. */
export type Sort = "relevance" | "score" | "newest" | "installs";

/** Where a list goes on: after this id, which was at this place. */
export interface Cursor {
  place: number;
  id: number;
}

/** Filters whose values are counted. */
const COUNTED = [
  "client",
  "transport",
  "auth",
  "category",
  "grade",
  "official",
  "remote",
  "hostable",
  "licence",
] as const;

/** Returns the ids of a page of a search, and where the next page begins; null: there is none. */
export async function listFound(
  db: Db,
  catalogue: Catalogue,
  {
    query,
    sort,
    cursor,
    limit,
  }: { query: Query; sort: Sort; cursor: Cursor | null; limit: number },
): Promise<{ ids: number[]; next: Cursor | null }> {
  const order = await sortMatches(db, catalogue, query, sort);
  const failures = countFailures(catalogue, query);
  const passes = await makeServerFilter(db, catalogue, query);
  const ids: number[] = [];
  let last: Cursor | null = null;
  for (
    let place = cursor === null ? 0 : findPlaceAfter(order, cursor);
    place < order.length;
    place += 1
  ) {
    const id = order[place] ?? 0;
    const kind = catalogue.kindOf[id] ?? -1;
    if (failures[kind] !== 0 || !passes(id)) continue;
    if (ids.length === limit) return { ids, next: last };
    ids.push(id);
    last = { place, id };
  }
  return { ids, next: null };
}

/** Returns the summaries of servers, in the order of `ids`. Servers that were deleted meanwhile are missing. */
export async function summarizeServers(
  db: Db,
  { summaries }: Catalogue,
  ids: number[],
): Promise<ServerSummary[]> {
  const missing = ids.filter((id) => !summaries.get(String(id)));
  const read = missing.length === 0 ? [] : await readSummaries(db, missing);
  for (const { id, summary } of read) summaries.set(String(id), summary);
  const known = new Map(read.map(({ id, summary }) => [id, summary]));
  return ids.flatMap((id) => known.get(id) ?? summaries.get(String(id)) ?? []);
}

/** Counts the servers of a search, by each filter. */
export async function countFound(
  db: Db,
  catalogue: Catalogue,
  query: Query,
): Promise<Omit<SearchSummary, "suggestion">> {
  const matches = await sortMatches(db, catalogue, query, "relevance");
  const passes = await makeServerFilter(db, catalogue, query);
  const servers = new Uint32Array(catalogue.kinds.length);
  for (const id of matches) {
    const kind = catalogue.kindOf[id] ?? -1;
    if (kind !== -1 && passes(id)) servers[kind] = (servers[kind] ?? 0) + 1;
  }
  const failures = countFailures(catalogue, query);
  const counts = new Map<Dimension, Map<string, number>>(COUNTED.map((name) => [name, new Map()]));
  let total = 0;
  for (const [kind, count] of servers.entries()) {
    const failed = failures[kind] ?? 0;
    const values = catalogue.kinds[kind];
    if (count === 0 || failed > 1 || !values) continue;
    if (failed === 0) total += count;
    // The counts of a filter are those without it.
    const [only] = query.wanted.find(([name, value]) => !values[name].includes(value)) ?? [];
    for (const name of COUNTED) {
      if (failed === 1 && name !== only) continue;
      const of = counts.get(name);
      for (const value of values[name]) of?.set(value, (of.get(value) ?? 0) + count);
    }
  }
  const facet = (name: Dimension) =>
    [...(counts.get(name) ?? [])].map(([value, count]) => ({ value, count })).toSorted(byCount);
  return {
    total,
    facets: {
      client: facet("client"),
      transport: facet("transport"),
      auth: facet("auth"),
      category: facet("category"),
      grade: facet("grade").toSorted((a, b) => gradeRank(a.value) - gradeRank(b.value)),
      official: facet("official"),
      remote: facet("remote"),
      hostable: facet("hostable"),
      licence: facet("licence"),
    },
  };
}

/** Counts the servers that have all words, or are named, with any filter. */
export async function countMatches(db: Db, catalogue: Catalogue, asked: Asked): Promise<number> {
  return (await sortMatches(db, catalogue, asked, "relevance")).length;
}

/** Returns the ids of the servers that are named or have all words, in an order. */
async function sortMatches(
  db: Db,
  catalogue: Catalogue,
  asked: Asked,
  sort: Sort,
): Promise<Uint32Array> {
  const { words, named } = asked;
  if (words.length === 0 && (sort === "relevance" || sort === "score")) return catalogue.byScore;
  // Installs do not change the catalogue's version.
  const minute = sort === "installs" ? Math.floor(Date.now() / MINUTE_MS) : "";
  const key = `${sort}${minute} ${JSON.stringify([words, named])}`;
  const known = catalogue.matches.get(key);
  if (known) return known;
  const found =
    sort === "relevance"
      ? await findMatches(db, catalogue, asked)
      : sortBy(
          await sortMatches(db, catalogue, asked, "relevance"),
          await readValues(db, catalogue, sort),
        );
  catalogue.matches.set(key, found);
  return found;
}

/** By what servers are sorted, by id. */
async function readValues(db: Db, { scoreOf, changedAtOf }: Catalogue, sort: Sort) {
  if (sort === "newest") return changedAtOf;
  if (sort !== "installs") return scoreOf;
  const values = Uint32Array.from(scoreOf);
  for (const { id, installs } of await readInstallsOfListings(db, toDay(Date.now()) - WEEK_DAYS))
    if (id < values.length) values[id] = (values[id] ?? 0) + installs * SCORES;
  return values;
}

/** How many of the wanted values each kind of servers lacks. */
function countFailures({ kinds, failures }: Catalogue, { wanted }: Query): Uint8Array {
  const key = JSON.stringify(wanted);
  let found = failures.get(key);
  if (!found) {
    found = new Uint8Array(kinds.length);
    for (const [kind, values] of kinds.entries())
      for (const [name, value] of wanted)
        if (!values[name].includes(value)) found[kind] = (found[kind] ?? 0) + 1;
    failures.set(key, found);
  }
  return found;
}

/** Makes the check of what servers of a kind do not have in common. */
async function makeServerFilter(
  db: Db,
  { changedAtOf }: Catalogue,
  { publishers, updatedWithin }: Query,
): Promise<(id: number) => boolean> {
  const own = publishers && new Set(await findListingsOfPublishers(db, publishers));
  const since = updatedWithin === null ? 0 : (Date.now() - updatedWithin * DAY_MS) / 1_000;
  return (id) => (own === null || own.has(id)) && (changedAtOf[id] ?? 0) >= since;
}

/** The server of the cursor can be at another place by now. */
function findPlaceAfter(order: Uint32Array, { place, id }: Cursor): number {
  if (order[place] === id) return place + 1;
  const now = order.indexOf(id);
  return now === -1 ? place : now + 1;
}

function byCount(a: { value: string; count: number }, b: { value: string; count: number }): number {
  return b.count - a.count || (a.value < b.value ? -1 : 1);
}

function gradeRank(grade: string): number {
  return GRADES.findIndex((candidate) => candidate === grade);
}
