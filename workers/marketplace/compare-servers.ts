import { HOSTING_CATALOGUE } from "../contract/hosting/catalogue-data.ts";
import type { ServerDocument } from "../contract/marketplace/server-document.ts";
import { DAY_MS } from "../contract/units.ts";
import type { Db } from "../db/database.ts";
import {
  BEFORE_FIRST,
  listBestServers,
  listServersOfSource,
  readComparison,
  readNextServers,
  storeMarks,
  type LookAlikeMark,
} from "../db/marketplace-look-alikes.ts";
import { outdateCatalogue } from "./catalogue.ts";
import { toRepositoryKey } from "./identity.ts";
import { makeLookAlikeFinder, type ComparedServer } from "./look-alike.ts";
import { HOSTED_SOURCE, OFFICIAL_SOURCE } from "./sources.ts";

/** Servers of one step, of which the cron begins one a minute: about a quarter of a second. */
const STEP_SERVERS = 1_000;
/** Servers with the highest scores, of which the well-known ones are chosen. */
const BEST_SERVERS = 500;
const MIN_SCORE = 60;
/** Points for stars and installs from which on a server is well known: 100 stars with 2,000 installs a week, for instance. */
const WELL_KNOWN_POINTS = 8;
/** Those that container hosts can run are, whatever is known of their stars. */
const HOSTED_POINTS = 15;

type Row = Awaited<ReturnType<typeof listBestServers>>[number];

/**
 * Compares the next servers with the well-known ones and marks those that resemble one. Each night, and after a sweep of a
 * source, all servers are compared, step by step; then those that are new. One query if there are none: it runs every minute.
 * `now`: epoch ms.
 */
export async function compareServers(db: Db, now: number): Promise<void> {
  const { hasNext, ...from } = await readComparison(db);
  const day = Math.floor(now / DAY_MS);
  const isToday = from.day === day;
  if (isToday && !hasNext) return;
  const after = isToday ? (from.cursor ?? BEFORE_FIRST) : BEFORE_FIRST;
  const { servers, marks, last } = await readNextServers(db, after, STEP_SERVERS);
  const find = makeLookAlikeFinder(await listWellKnown(db));
  const found = new Map<number, LookAlikeMark>();
  for (const row of servers) {
    const lookAlike = find(toCompared(row));
    if (lookAlike) found.set(row.number, { number: row.number, ...lookAlike });
  }
  const known = new Map(marks.map((mark) => [mark.number, mark]));
  const added = [...found.values()].filter((mark) => !isSame(mark, known.get(mark.number)));
  const removed = [...known.keys()].filter((number) => !found.has(number));
  await storeMarks(db, { added, removed, from, to: { day, cursor: last } });
  if (added.length + removed.length > 0) outdateCatalogue();
}

async function listWellKnown(db: Db): Promise<ComparedServer[]> {
  const best = await listBestServers(db, OFFICIAL_SOURCE, MIN_SCORE, BEST_SERVERS);
  const hosted = await listServersOfSource(db, HOSTED_SOURCE);
  const byName = new Map(HOSTING_CATALOGUE.map((entry) => [`${HOSTED_SOURCE}/${entry.id}`, entry]));
  return [
    ...best.map(toCompared).filter(({ adoption }) => adoption >= WELL_KNOWN_POINTS),
    ...hosted.flatMap(({ sourceName, ...row }) => {
      const entry = byName.get(sourceName);
      if (!entry) return [];
      const own = { registryType: "npm", identifier: entry.package.name };
      // The entry can be merged with that of a registry, which names other packages.
      return { ...toCompared(row), packages: [own], adoption: HOSTED_POINTS };
    }),
  ];
}

function toCompared({
  name,
  title,
  packages,
  remotes,
  repository,
  scoreDetail,
}: Row): ComparedServer {
  // A cast: `document` is a ServerDocument.
  const list = JSON.parse(packages) as ServerDocument["packages"];
  const adoption = scoreDetail.bars.find(({ bar }) => bar === "adoption")?.points ?? 0;
  return {
    name,
    title,
    packages: list,
    hasRemotes: remotes > 0,
    repository: repository === null ? null : toRepositoryKey(repository, null),
    adoption,
  };
}

function isSame(a: LookAlikeMark, b: LookAlikeMark | undefined): boolean {
  return a.resembles === b?.resembles && a.part === b.part;
}
