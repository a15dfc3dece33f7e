import type { ServerDocument } from "../contract/marketplace/server-document.ts";
import type { MarketplaceRow } from "../db/marketplace.ts";
import { toHidingKeys } from "./hiding-keys.ts";
import { toFacets, toSearchTexts } from "./listing.ts";
import { mergeDocuments, type MergedDocument, type SourceDocument } from "./merge.ts";
import { toProbeInputs } from "./probes/probe-inputs.ts";
import { toReadmePlace } from "./readme/readme-files.ts";
import type { RegistryEntry } from "./registry-page.ts";
import { toScoreInputs } from "./score-inputs.ts";
import { scoreServer } from "./score.ts";
import { applySignals } from "./signals/apply-signals.ts";
import type { Evidence } from "./signals/evidence.ts";
import { toSubjects, type Subject } from "./signals/subjects.ts";
import { compareSources, GITHUB_SOURCE } from "./sources.ts";

/** What a source says of a server. */
export interface StatedRecord extends SourceDocument {
  name: string;
  entry: RegistryEntry;
}

/** What all sources say of a server. */
export interface StatedServer extends MergedDocument {
  number: number;
  name: string;
  /** In the order of their authority. */
  records: [StatedRecord, ...StatedRecord[]];
  /** Its repository and packages. */
  subjects: Subject[];
  /** Where its README can be, as `ReadmePlace` names it; null: nowhere. */
  readme: string | null;
}

/** A record as it is read or stored. `entry`: RegistryEntry as JSON. */
interface RecordText {
  number: number;
  source: string;
  name: string;
  entry: string;
  asOf: number;
}

/** Merges records by their servers. */
export function toStatedServers(records: RecordText[]): StatedServer[] {
  const byServer = Map.groupBy(records, ({ number }) => number);
  return [...byServer].map(([number, texts]) => {
    const [first, ...others] = texts.map(toStatedRecord).toSorted(compareRecords);
    if (!first) throw new Error("a group has at least one record");
    const merged = mergeDocuments([first, ...others]);
    const { document } = merged;
    return {
      ...merged,
      number,
      name: document.name,
      records: [first, ...others],
      subjects: toSubjects(document),
      readme: toReadmePlace(document)?.repository ?? null,
    };
  });
}

function toStatedRecord({ source, name, entry: text, asOf }: RecordText): StatedRecord {
  // A cast: only entries that were parsed are stored.
  const entry = JSON.parse(text) as RegistryEntry;
  return { source, name, asOf, entry, document: entry.document };
}

function compareRecords(a: StatedRecord, b: StatedRecord): number {
  return compareSources(a.source, b.source) || (a.name < b.name ? -1 : 1);
}

/** Returns a server with its score, as it is stored. `now`: epoch ms. */
export function toServerRow(server: StatedServer, evidence: Evidence, now: number): MarketplaceRow {
  const { number, document, provenance, records } = server;
  const probed = toProbeInputs(document, evidence.probes);
  const inputs = {
    ...applySignals(document, toScoreInputs(document, records[0]), evidence, now),
    ...probed.score,
  };
  const { score, grade, ...detail } = scoreServer(inputs, now);
  const known = {
    official: inputs.isInOfficialRegistry,
    verified: inputs.isNamespaceOwner,
    licence: inputs.licence,
  };
  const topics = listTopics(records);
  const facets = toFacets(document, known, { auth: probed.auth, topics });
  return {
    number,
    provenance: JSON.stringify(provenance),
    ...toDescription(document, records[0].entry),
    score,
    grade,
    scoreDetail: JSON.stringify({ ...detail, inputs }),
    scoredAt: now,
    facets: JSON.stringify(facets),
    hidingKeys: toHidingKeys(server),
    search: toSearchTexts(document, facets, [probed.words, ...topics].join(" ")),
  };
}

/** The topics that the first source states, and those of the repository on GitHub, which are its owner's words. */
function listTopics(records: StatedServer["records"]): string[] {
  return records.flatMap(({ source, entry }, place) =>
    place === 0 || source === GITHUB_SOURCE ? (entry.topics ?? []) : [],
  );
}

/** `entry`: of the first source. Another one cannot deprecate the server, or make it look new. */
function toDescription(document: ServerDocument, entry: RegistryEntry) {
  const { publishedAt, updatedAt, status, statusMessage } = entry;
  return {
    name: document.name,
    title: document.title,
    description: document.description,
    document: JSON.stringify(document),
    status,
    statusMessage: status === "deprecated" ? statusMessage : null,
    publishedAt,
    updatedAt,
    changedAt: Math.floor(Math.max(publishedAt ?? 0, updatedAt ?? 0) / 1_000),
  };
}
