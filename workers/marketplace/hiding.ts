import type { ServerDocument } from "../contract/marketplace/server-document.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Db } from "../db/database.ts";
import {
  hideServer,
  listHiddenKeys,
  listHiddenNumbers,
  listServersByKeys,
  listServersLike,
  readListedDocuments,
  unhideServer,
  type HiddenRow,
  type Likeness,
} from "../db/marketplace-hidden.ts";
import { readRecordsOfServers } from "../db/marketplace.ts";
import { outdateCatalogue } from "./catalogue.ts";
import { toHiddenKeys, toHidingKeys, toWays } from "./hiding-keys.ts";
import { toNameKey } from "./identity.ts";
import { toStatedServers, type StatedServer } from "./server-row.ts";
import { toSubjects } from "./signals/subjects.ts";
import { refreshServers } from "./store-page.ts";

/** Servers that are compared with a hidden one, and names that one list has of them. */
const MAX_COMPARED = 1_000;
const MAX_ALIKE = 50;

/** Hides a server with all that its sources call it, what returns under another name, and its repository on GitHub. */
export async function hide(db: Db, hidden: HiddenRow, event: AuditEvent): Promise<void> {
  const nameKey = toNameKey(hidden.name);
  const found = await readServersByName(db, [hidden]);
  const servers = found.filter(({ name }) => toNameKey(name) === nameKey);
  const likeness = toLikeness(servers.map(({ document }) => document));
  const keys = new Set([
    nameKey,
    ...(await listHiddenKeys(db, hidden.name)),
    ...servers.flatMap(toHiddenKeys),
  ]);
  const candidates = [
    ...(await listServersByKeys(db, [...keys])),
    ...(await listServersLike(db, likeness, MAX_COMPARED)),
  ];
  const numbers = keepHidden(await readServers(db, candidates), keys);
  await hideServer(db, hidden, { keys: [...keys], numbers }, event);
  outdateCatalogue();
}

/** Ends the hiding of a server, with the audit event. What it has hidden is stored as its sources describe it now. */
export async function unhide(db: Db, { name }: HiddenRow, event: AuditEvent): Promise<void> {
  const keys = new Set([toNameKey(name), ...(await listHiddenKeys(db, name))]);
  const numbers = keepHidden(await readServers(db, await listHiddenNumbers(db)), keys);
  await unhideServer(db, name, numbers, event);
  await refreshServers(db, numbers);
}

/** Returns hidden servers with the names of those that are listed and have a package or an address of theirs. */
export async function withAlike<T extends { name: string }>(
  db: Db,
  rows: T[],
): Promise<(T & { alike: string[] })[]> {
  // The records: a source can give the name to a server that another one calls otherwise.
  const records = (await readServersByName(db, rows)).flatMap((server) => server.records);
  const documents = Map.groupBy(
    records.map(({ document }) => document),
    ({ name }) => toNameKey(name),
  );
  const wanted = rows.map(({ name }) => documents.get(toNameKey(name)) ?? []);
  const numbers = await listServersLike(db, toLikeness(wanted.flat()), MAX_COMPARED);
  const listed = (await readListedDocuments(db, numbers)).map(({ name, document }) => ({
    name,
    ways: toWays(document),
  }));
  return rows.map((row, place) => {
    const ways = new Set(wanted[place]?.flatMap(toWays));
    const alike = listed.filter((server) => server.ways.some((way) => ways.has(way)));
    return { ...row, alike: alike.slice(0, MAX_ALIKE).map(({ name }) => name) };
  });
}

/** The servers that `storeMarketplaceChange` does not store while these keys are hidden. */
function keepHidden(servers: StatedServer[], keys: Set<string>): number[] {
  const hidden = servers.filter((server) => toHidingKeys(server).some((key) => keys.has(key)));
  return hidden.map(({ number }) => number);
}

/** Returns the servers to which a source gives one of these names, in any case. */
async function readServersByName(db: Db, rows: { name: string }[]): Promise<StatedServer[]> {
  const keys = rows.map(({ name }) => toNameKey(name));
  return readServers(db, await listServersByKeys(db, keys));
}

async function readServers(db: Db, numbers: number[]): Promise<StatedServer[]> {
  return toStatedServers(await readRecordsOfServers(db, numbers));
}

function toLikeness(documents: ServerDocument[]): Likeness {
  const ways = documents.flatMap(toWays);
  return {
    packages: ways.flatMap((way) => /^package [^:]*:(.*)$/su.exec(way)?.[1] ?? []),
    addresses: ways.flatMap((way) => /^address (.*)$/su.exec(way)?.[1] ?? []),
    publishers: documents.flatMap(({ name }) => name.toLowerCase().split("/")[0] ?? []),
    repositories: documents
      .flatMap(toSubjects)
      .flatMap(({ service, subject }) => (service === "github" ? subject : [])),
  };
}
