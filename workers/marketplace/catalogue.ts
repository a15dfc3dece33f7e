import type { SearchSummary } from "../contract/api/marketplace-search.ts";
import type { ServerSummary } from "../contract/api/marketplace.ts";
import type { Facets } from "../contract/marketplace/facets.ts";
import type { Db } from "../db/database.ts";
import { readListings, readMarketplaceVersion } from "../db/marketplace-search.ts";
import { BoundedMap } from "../runtime/bounded-map.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** Changes by other isolates are seen after this time. A change by this one is seen at once (`outdateCatalogue`). */
const RECHECK_AFTER_MS = 1_000;
/**
 * A catalogue with more servers than this is read again at most every `REREAD_AFTER_MS`: that takes half a second for 150,000
 * servers, and a sync changes some of them each second.
 */
const LARGE_CATALOGUE = 20_000;
const REREAD_AFTER_MS = 15_000;
/** While one request reads the catalogue, others look this often whether it is there, and read it themselves after the timeout. */
const READ_POLL_MS = 20;
const READ_TIMEOUT_MS = 10_000;
/** Searches whose matches are kept, by whether they have more than `MANY_MATCHES`: 24 and 16 MB at most. */
const KEPT_MATCHES = 300;
const KEPT_LARGE_MATCHES = 20;
const MANY_MATCHES = 20_000;
const KEPT_FILTERS = 200;
const KEPT_COUNTS = 500;
const KEPT_SUMMARIES = 3_000;
/** Ids are smaller: they are given one by one, and those of deleted servers are not missed. */
const ID_LIMIT = 2 ** 21;

const DIMENSIONS = [
  "client",
  "transport",
  "auth",
  "category",
  "grade",
  "official",
  "verified",
  "remote",
  "hostable",
  "licence",
] as const;
/** By what servers are filtered. */
export type Dimension = (typeof DIMENSIONS)[number];

/** Values of servers by dimension. Few servers have values that no other has, so that filters judge kinds of servers. */
export type Kind = Record<Dimension, string[]>;

/** What the memory of a Worker's isolate has of all servers. Servers are numbers: the ids of their listings. */
export interface Catalogue {
  version: number;
  checkedAt: number;
  readAt: number;
  /** How often this isolate had stored something before it was read. */
  storesSeen: number;
  kinds: Kind[];
  /** Position in `kinds` by id; -1: there is no such listing. */
  kindOf: Int32Array;
  /** 0 to 100, by id. */
  scoreOf: Uint8Array;
  /** The last publication or update by id, in seconds; 0: not known. */
  changedAtOf: Uint32Array;
  /** Ids, those with the highest score first. */
  byScore: Uint32Array;
  /** Ids in an order, by the order and the words of a search. */
  matches: MatchCache;
  /** How many values of a filter each kind lacks, by the filter. */
  failures: BoundedMap<Uint8Array>;
  /** Counts of a search by its query. */
  counts: BoundedMap<SearchSummary>;
  /** By id. */
  summaries: BoundedMap<ServerSummary>;
  /** Null: no typing error was looked for yet. */
  vocabulary: Vocabulary | null;
}

/** Keeps fewer of the large lists. */
class MatchCache {
  readonly #small = new BoundedMap<Uint32Array>(KEPT_MATCHES);
  readonly #large = new BoundedMap<Uint32Array>(KEPT_LARGE_MATCHES);

  get(key: string): Uint32Array | undefined {
    return this.#small.get(key) ?? this.#large.get(key);
  }

  set(key: string, ids: Uint32Array): void {
    (ids.length > MANY_MATCHES ? this.#large : this.#small).set(key, ids);
  }
}

/** An isolate has one database. */
let held: Catalogue | null = null;
/** How often this isolate has stored something. */
let stores = 0;
/** When a request began to read the catalogue, epoch ms; null: none does. */
let readingSince: number | null = null;

/** Has the catalogue checked by the next search, because something was stored. */
export function outdateCatalogue(): void {
  stores += 1;
}

/**
 * Returns the catalogue, and reads it if it has changed. One request reads it for all; `waitUntil` lets it finish although
 * its client leaves.
 */
export async function openCatalogue(
  db: Db,
  waitUntil: (work: Promise<unknown>) => void,
): Promise<Catalogue> {
  for (;;) {
    const isReading = readingSince !== null && Date.now() - readingSince < READ_TIMEOUT_MS;
    if (held && isUsable(held, isReading)) return held;
    if (!isReading) break;
    // No promise of the other request: it never settles if that request is cancelled.
    await scheduler.wait(READ_POLL_MS);
  }
  const work = refreshCatalogue(db);
  waitUntil(work);
  return work;
}

function isUsable(catalogue: Catalogue, isReading: boolean): boolean {
  const now = Date.now();
  if (catalogue.byScore.length > LARGE_CATALOGUE)
    return isReading || now - catalogue.readAt < REREAD_AFTER_MS;
  return catalogue.storesSeen === stores && now - catalogue.checkedAt < RECHECK_AFTER_MS;
}

async function refreshCatalogue(db: Db): Promise<Catalogue> {
  readingSince = Date.now();
  const storesSeen = stores;
  try {
    const version = await readMarketplaceVersion(db);
    const catalogue =
      held?.version === version ? held : toCatalogue(version, await readListings(db));
    const now = Date.now();
    held = Object.assign(catalogue, { storesSeen, checkedAt: now, readAt: now });
    return held;
  } finally {
    readingSince = null;
  }
}

function toCatalogue(version: number, rows: Awaited<ReturnType<typeof readListings>>): Catalogue {
  const lists = rows.map(({ listings }) => listings.split(/[ ,]/).map(Number));
  let size = 0;
  let lastId = 0;
  for (const list of lists) {
    size += list.length / 3;
    for (let i = 0; i < list.length; i += 3) lastId = Math.max(lastId, list[i] ?? 0);
  }
  const kindOf = new Int32Array(lastId + 1).fill(-1);
  const scoreOf = new Uint8Array(lastId + 1);
  const changedAtOf = new Uint32Array(lastId + 1);
  const ids = new Uint32Array(size);
  let count = 0;
  for (const [kind, list] of lists.entries()) {
    for (let i = 0; i < list.length; i += 3) {
      const id = list[i] ?? 0;
      kindOf[id] = kind;
      scoreOf[id] = list[i + 1] ?? 0;
      changedAtOf[id] = list[i + 2] ?? 0;
      ids[count] = id;
      count += 1;
    }
  }
  const byScore = sortBy(ids, scoreOf);
  return {
    version,
    checkedAt: 0,
    readAt: 0,
    storesSeen: 0,
    kinds: rows.map(toKind),
    kindOf,
    scoreOf,
    changedAtOf,
    byScore,
    matches: new MatchCache(),
    failures: new BoundedMap(KEPT_FILTERS),
    counts: new BoundedMap(KEPT_COUNTS),
    summaries: new BoundedMap(KEPT_SUMMARIES),
    vocabulary: null,
  };
}

/** Sorts ids by a value of each, the highest first; among equals, the newest id. */
export function sortBy(ids: Uint32Array, values: Uint8Array | Uint32Array): Uint32Array {
  // Numbers without a comparator are sorted natively. Seconds have 32 bits, which leaves 21 of a number's 53 for the id.
  const keys = Float64Array.from(ids, (id) => (values[id] ?? 0) * ID_LIMIT + id).toSorted();
  return Uint32Array.from(keys, (key) => key % ID_LIMIT).toReversed();
}

function toKind({ facets: text, grade }: { facets: string; grade: ServerSummary["grade"] }): Kind {
  const facets = JSON.parse(text) as Facets;
  const flag = (isSet: boolean) => (isSet ? ["true"] : []);
  return {
    client: facets.clients,
    transport: facets.transports,
    auth: facets.auth === null ? [] : [facets.auth],
    category: facets.categories,
    grade: [grade ?? "unrated"],
    official: flag(facets.official),
    verified: flag(facets.verified),
    remote: flag(facets.remote),
    hostable: flag(facets.hostable),
    licence: facets.licence === null ? [] : [facets.licence.toLowerCase()],
  };
}
