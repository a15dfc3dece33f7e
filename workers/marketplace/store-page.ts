import type { Db } from "../db/database.ts";
import {
  findServersByKeys,
  readRecords,
  readRecordsOfServers,
  storeMarketplaceChange,
  type MarketplaceRecord,
  type MarketplaceRow,
} from "../db/marketplace.ts";
import { outdateCatalogue } from "./catalogue.ts";
import { toIdentityKeys } from "./identity.ts";
import { toFacets, toSearchTexts } from "./listing.ts";
import { mergeDocuments, type SourceDocument } from "./merge.ts";
import type { RegistryEntry, RegistryPage } from "./registry-page.ts";
import { toScoreInputs } from "./score-inputs.ts";
import { scoreServer } from "./score.ts";
import { compareSources } from "./sources.ts";

/** What storing a page has changed. */
export interface StoredPage {
  changed: number;
  unchanged: number;
  deleted: number;
}

interface StatedRecord extends SourceDocument {
  name: string;
  entry: RegistryEntry;
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
  const stated = await collectRecords(db, source, { records, deleted, numbers, asOf });
  const servers = [...stated].map(([number, of]) => toServerRow(number, of, Date.now()));
  const ended = [...numbers].filter((number) => !stated.has(number));
  await storeMarketplaceChange(db, { source, asOf, records, deleted, servers, ended });
  outdateCatalogue();
  return counts;
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

/** Returns the records of each server as they are after the change; servers without any are missing. */
async function collectRecords(
  db: Db,
  source: string,
  change: { records: MarketplaceRecord[]; deleted: string[]; numbers: Set<number>; asOf: number },
): Promise<Map<number, StatedRecord[]>> {
  const rewritten = new Set([...change.records.map(({ name }) => name), ...change.deleted]);
  const kept = (await readRecordsOfServers(db, [...change.numbers])).filter(
    (row) => row.source !== source || !rewritten.has(row.name),
  );
  const records = change.records.map((record) => ({ ...record, source, asOf: change.asOf }));
  const stated = [...kept, ...records].map(({ number, name, entry: text, ...row }) => {
    const entry = JSON.parse(text) as RegistryEntry;
    return { number, record: { ...row, name, entry, document: entry.document } };
  });
  return new Map(
    [...Map.groupBy(stated, ({ number }) => number)].map(([number, rows]) => [
      number,
      rows.map(({ record }) => record).toSorted(compareRecords),
    ]),
  );
}

function compareRecords(a: StatedRecord, b: StatedRecord): number {
  return compareSources(a.source, b.source) || (a.name < b.name ? -1 : 1);
}

function toServerRow(number: number, records: StatedRecord[], now: number): MarketplaceRow {
  const [first, ...others] = records;
  if (!first) throw new Error("a server has at least one record");
  const { document, provenance } = mergeDocuments([first, ...others]);
  const inputs = toScoreInputs(document, records);
  const { score, grade, ...detail } = scoreServer(inputs, now);
  const facets = toFacets(document, {
    official: inputs.isInOfficialRegistry,
    verified: inputs.isNamespaceOwner,
    licence: inputs.licence,
  });
  // A source of less authority cannot deprecate the server of another.
  const { publishedAt, updatedAt, status, statusMessage } = first.entry;
  return {
    number,
    name: document.name,
    title: document.title,
    description: document.description,
    document: JSON.stringify(document),
    provenance: JSON.stringify(provenance),
    status,
    statusMessage: status === "deprecated" ? statusMessage : null,
    publishedAt,
    updatedAt,
    score,
    grade,
    scoreDetail: JSON.stringify(detail),
    scoredAt: now,
    facets: JSON.stringify(facets),
    changedAt: Math.floor(Math.max(publishedAt ?? 0, updatedAt ?? 0) / 1_000),
    search: toSearchTexts(document, facets),
  };
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
