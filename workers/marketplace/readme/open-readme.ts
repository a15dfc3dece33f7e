import type { MarketplaceReadme } from "../../contract/api/marketplace-readme.ts";
import type { ServerDocument } from "../../contract/marketplace/server-document.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../contract/units.ts";
import type { Db } from "../../db/database.ts";
import {
  findReadme,
  leaseReadme,
  storeReadme,
  type ReadmeRow,
} from "../../db/marketplace-readmes.ts";
import type { Env } from "../../runtime/env.ts";
import { rescoreServers } from "../rescore.ts";
import { FETCH_MS, fetchReadme, type FetchedReadme } from "./fetch-readme.ts";
import { toReadmePlace, type ReadmePlace } from "./readme-files.ts";

/** Longer than a fetch takes. A Worker that has ended leaves its lease. */
const LEASE_MS = FETCH_MS + 7_000;
const POLL_MS = 200;
/** When a README is fetched again: after a success, where there is none, and after a failure. */
const FRESH_MS = DAY_MS;
const MISSING_MS = 6 * HOUR_MS;
const FAILED_MS = 10 * MINUTE_MS;

const NO_REPOSITORY = "The entry names no repository on GitHub.";
const OFF = "This deployment fetches no READMEs.";

interface Subject {
  number: number;
  document: ServerDocument;
}

/**
 * Returns the README of a server, and fetches it if it was not fetched within a day. `mayFetch`: whether this reader can
 * cause a request; "limited": it cannot, and no README is stored. `waitUntil` lets a fetch finish although its reader
 * leaves.
 */
export async function openReadme(
  env: Env,
  db: Db,
  server: Subject,
  reader: { mayFetch: () => Promise<boolean>; waitUntil: (work: Promise<unknown>) => void },
): Promise<MarketplaceReadme | "limited"> {
  const place = toReadmePlace(server.document);
  if (!place) return toAnswer(null, NO_REPOSITORY);
  const stored = await findReadme(db, place.repository);
  const now = Date.now();
  if (stored && stored.nextFetchAt > now) return toAnswer(stored);
  if (env.MARKETPLACE_READMES === "") return toAnswer(stored, OFF);
  // Another reader's fetch.
  if (stored && stored.leaseUntil > now)
    return stored.text === null ? waitForFetch(db, place) : toAnswer(stored);
  if (!(await reader.mayFetch()))
    return stored?.text === undefined || stored.text === null ? "limited" : toAnswer(stored);
  if (!(await leaseReadme(db, place.repository, now, now + LEASE_MS)))
    return waitForFetch(db, place);
  const work = fetchAndStore(env, db, server, place);
  reader.waitUntil(work);
  await work;
  return toAnswer(await findReadme(db, place.repository));
}

async function fetchAndStore(
  env: Env,
  db: Db,
  { number }: Subject,
  place: ReadmePlace,
): Promise<void> {
  await storeReadme(db, place.repository, toStored(await fetchReadme(env, place), Date.now()));
  await rescoreServers(db, [number], Date.now());
}

function toStored(fetched: FetchedReadme, now: number) {
  if (fetched.ok) {
    const { text, chars, isCut, page } = fetched;
    const found = { text, chars, isCut, sourceUrl: page, fetchedAt: now };
    return { ...found, nextFetchAt: now + FRESH_MS, problem: null };
  }
  const { problem, isKnown } = fetched;
  if (!isKnown) return { nextFetchAt: now + FAILED_MS, problem };
  const none = { text: null, chars: 0, isCut: false, sourceUrl: null, fetchedAt: now };
  return { ...none, nextFetchAt: now + MISSING_MS, problem };
}

/** Waits until another reader's fetch has ended. */
async function waitForFetch(db: Db, { repository }: ReadmePlace): Promise<MarketplaceReadme> {
  for (;;) {
    const stored = await findReadme(db, repository);
    if (!stored || stored.leaseUntil <= Date.now()) return toAnswer(stored);
    await scheduler.wait(POLL_MS);
  }
}

function toAnswer(row: ReadmeRow | null, otherwise: string | null = null): MarketplaceReadme {
  const { text = null, isCut = false, sourceUrl = null, fetchedAt = null } = row ?? {};
  const problem = row?.problem ?? otherwise;
  return { text, isCut, sourceUrl, fetchedAt, problem };
}
