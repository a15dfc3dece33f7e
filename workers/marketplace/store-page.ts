import type { Db } from "../db/database.ts";
import { saveSubjects } from "../db/marketplace-signals.ts";
import {
  findServersByKeys,
  readRecords,
  readRecordsOfServers,
  storeMarketplaceChange,
  type MarketplaceChange,
  type MarketplaceRecord,
} from "../db/marketplace.ts";
import { outdateCatalogue } from "./catalogue.ts";
import { toIdentityKeys } from "./identity.ts";
import type { RegistryPage } from "./registry-page.ts";
import { toServerRow, toStatedServers, type StatedServer } from "./server-row.ts";
import { readEvidence } from "./signals/evidence.ts";
import { collectFormerVersions } from "./versions.ts";

/** What storing a page has changed. */
export interface StoredPage {
  changed: number;
  unchanged: number;
  deleted: number;
}

/**
 * Stores a page of a source and scores its servers. Entries that have not changed are not written, so that a page can be
 * stored again, after a failure for instance. `asOf`: when the source said so, epoch ms.
 */
export async function storePage(
  db: Db,
  source: string,
  page: Pick<RegistryPage, "entries" | "deleted">,
  asOf: number,
): Promise<StoredPage> {
  const entries = new Map(
    page.entries.filter(({ isLatest }) => isLatest).map((entry) => [entry.document.name, entry]),
  );
  const known = await readRecords(db, source, [...entries.keys(), ...page.deleted]);
  const deleted = page.deleted.filter((name) => known.has(name) && !entries.has(name));
  const changed: Omit<MarketplaceRecord, "number">[] = [];
  for (const [name, entry] of entries) {
    const text = JSON.stringify(entry);
    const digest = await toDigest(text);
    if (known.get(name)?.digest !== digest)
      changed.push({ name, entry: text, digest, keys: toIdentityKeys(entry.document) });
  }
  const counts = {
    changed: changed.length,
    unchanged: entries.size - changed.length,
    deleted: deleted.length,
  };
  if (changed.length + deleted.length === 0) return counts;
  const records = await assignServers(db, source, changed, known);
  const numbers = new Set([
    ...records.map(({ number }) => number),
    // A record can move to another server.
    ...[...changed, ...deleted.map((name) => ({ name }))].flatMap(
      ({ name }) => known.get(name)?.number ?? [],
    ),
  ]);
  const stated = await collectServers(db, source, { records, deleted, numbers, asOf });
  const kept = new Set(stated.map(({ number }) => number));
  const ended = [...numbers].filter((number) => !kept.has(number));
  await storeServers(db, { source, asOf, records, deleted, ended }, stated);
  return counts;
}

/** Makes servers again from their records: what is known of them besides has changed, or the operator has unhidden one. */
export async function refreshServers(db: Db, numbers: number[]): Promise<void> {
  const stated = toStatedServers(await readRecordsOfServers(db, numbers));
  await storeServers(db, { source: "", asOf: 0, records: [], deleted: [], ended: [] }, stated);
}

async function storeServers(
  db: Db,
  change: Omit<MarketplaceChange, "servers" | "former">,
  stated: StatedServer[],
): Promise<void> {
  const now = Date.now();
  const evidenceOf = await readEvidence(db, stated, now);
  const servers = stated.map((server) => toServerRow(server, evidenceOf(server), now));
  const former = await collectFormerVersions(db, servers, change.asOf);
  await storeMarketplaceChange(
    db,
    { ...change, servers, former },
    saveSubjects(db, { servers: stated, ended: change.ended, changedAt: now }),
  );
  outdateCatalogue();
}

/**
 * Finds the server of each record: the one of another source with the same name, else the one it had, else one of another
 * source with the same package that this source does not describe yet, else a new one.
 */
async function assignServers(
  db: Db,
  source: string,
  changed: Omit<MarketplaceRecord, "number">[],
  known: Map<string, { number: number }>,
): Promise<MarketplaceRecord[]> {
  const found = await findServersByKeys(
    db,
    source,
    changed.flatMap(({ keys }) => keys),
  );
  const byKey = Map.groupBy(found, ({ key }) => key);
  const taken = new Set(found.flatMap(({ number, isDescribed }) => (isDescribed ? number : [])));
  return changed.map((record) => {
    const [nameKey = "", ...packageKeys] = record.keys;
    const number =
      byKey.get(nameKey)?.[0]?.number ??
      known.get(record.name)?.number ??
      packageKeys
        .flatMap((key) => byKey.get(key) ?? [])
        .find((candidate) => !taken.has(candidate.number))?.number ??
      newServerNumber();
    taken.add(number);
    return { ...record, number };
  });
}

/** Returns the servers as they are after the change; those without any record are missing. */
async function collectServers(
  db: Db,
  source: string,
  change: { records: MarketplaceRecord[]; deleted: string[]; numbers: Set<number>; asOf: number },
): Promise<StatedServer[]> {
  const rewritten = new Set([...change.records.map(({ name }) => name), ...change.deleted]);
  const kept = (await readRecordsOfServers(db, [...change.numbers])).filter(
    (row) => row.source !== source || !rewritten.has(row.name),
  );
  const records = change.records.map((record) => ({ ...record, source, asOf: change.asOf }));
  return toStatedServers([...kept, ...records]);
}

/** 52 random bits, which is also the row's number in the full-text index. */
function newServerNumber(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high % 2 ** 20) * 2 ** 32 + low;
}

async function toDigest(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toBase64({ alphabet: "base64url", omitPadding: true });
}
