import type {
  MarketplaceChange,
  MarketplaceComparison,
  MarketplaceVersion,
} from "../contract/api/marketplace-versions.ts";
import { compareVersions } from "../contract/marketplace/compare-versions.ts";
import type { ServerDocument } from "../contract/marketplace/server-document.ts";
import { isImportantChange, type VersionState } from "../contract/marketplace/version-changes.ts";
import type { Db } from "../db/database.ts";
import { findVersions, readStoredServers, type FormerVersion } from "../db/marketplace-versions.ts";
import { toList, type MarketplaceRow } from "../db/marketplace.ts";
import { GITHUB_SOURCE } from "./sources.ts";

/** A state with more text than this is kept without its content. */
const MAX_STATE_CHARS = 64_000;
/** Without a change of anything else, the version is the same. */
const TEXTS = ["title", "description", "repository"];

type Found = NonNullable<Awaited<ReturnType<typeof findVersions>>>;

/** Returns what is kept of servers before these rows replace them. `asOf`: when a source stated the new state. */
export async function collectFormerVersions(
  db: Db,
  rows: MarketplaceRow[],
  asOf: number,
): Promise<FormerVersion[]> {
  const next = new Map(rows.map(({ number, document }) => [number, document]));
  const stored = await readStoredServers(db, toList([...next.keys()]));
  return stored.flatMap(({ number, document, provenance, publishedAt }) => {
    // A cast: the text was made of a document.
    const current = JSON.parse(next.get(number) ?? "null") as ServerDocument;
    if (!isOtherVersion(document, current)) return [];
    const text = JSON.stringify(toState(document));
    return {
      number,
      version: document.version,
      source: toSource(provenance),
      publishedAt,
      replacedAt: asOf,
      state: text.length > MAX_STATE_CHARS ? null : text,
    };
  });
}

/** Whether the version differs, or something that installations need. */
function isOtherVersion(before: VersionState, after: VersionState): boolean {
  if (before.version !== after.version) return true;
  return compareVersions(before, after).some(({ kind }) => !TEXTS.includes(kind));
}

function toState(document: ServerDocument): VersionState {
  const { version, title, description, repository, packages, remotes } = document;
  return { version, title, description, repository, packages, remotes };
}

/** The source that describes the server: all fields but the ways to run it are from one. */
function toSource(provenance: Found["current"]["provenance"]): string | null {
  const { version, title, description, repository, websiteUrl, packages, remotes } = provenance;
  const field = version ?? title ?? description ?? repository ?? websiteUrl ?? packages ?? remotes;
  return field?.source ?? null;
}

/** Returns the versions of a server, the present one first; null: there is no such server. */
export async function listVersions(db: Db, name: string): Promise<MarketplaceVersion[] | null> {
  const found = await findVersions(db, name);
  return found && toVersions(found);
}

/**
 * The states of the source that describes the server now. Sources number their versions as they like, so that one has none
 * after those of another.
 */
function toVersions({ current, former }: Found): MarketplaceVersion[] {
  const { document, provenance, publishedAt } = current;
  const present = {
    version: document.version,
    source: toSource(provenance),
    publishedAt,
    state: document,
  };
  const all = [present, ...former].map((version, place) => ({
    ...version,
    seenAt: former[place]?.replacedAt ?? null,
  }));
  const own = all.filter(({ source }) => source === present.source);
  const distinct: typeof own = [];
  for (const version of own) {
    const newer = distinct.at(-1);
    // Another source has described the server between two that are the same.
    if (newer?.state && version.state && !isOtherVersion(version.state, newer.state))
      newer.seenAt = version.seenAt;
    else distinct.push(version);
  }
  return distinct.map(({ version, source, publishedAt: at, seenAt, state }, place) => ({
    version,
    source,
    // GitHub's date is that of the repository.
    publishedAt: source === GITHUB_SOURCE ? null : at,
    seenAt,
    changes: compareStates(distinct[place + 1]?.state, state),
  }));
}

function compareStates(
  before: VersionState | null | undefined,
  after: VersionState | null,
): MarketplaceChange[] | null {
  if (!before || !after) return null;
  return compareVersions(before, after).map((change) => ({
    ...change,
    isImportant: isImportantChange(change),
  }));
}

/** Compares the first state of a version with what the entry is now; null: there is no such server. */
export async function compareWithVersion(
  db: Db,
  name: string,
  version: string,
): Promise<MarketplaceComparison | null> {
  const found = await findVersions(db, name);
  if (!found) return null;
  const { document } = found.current;
  const source = toSource(found.current.provenance);
  const states = found.former.filter((state) => state.version === version);
  const own = states.findLast((state) => state.source === source);
  const isSame = !own && document.version === version;
  // What was made from the entry as another source described it is compared with that.
  const changes = isSame ? [] : compareStates((own ?? states.at(-1))?.state, document);
  return { from: version, to: document.version, changes };
}
