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
function isOtherVersion(before: ServerDocument, after: ServerDocument): boolean {
  if (before.version !== after.version) return true;
  return compareVersions(before, after).some(({ kind }) => !TEXTS.includes(kind));
}

function toState(document: ServerDocument): VersionState {
  const { version, title, description, repository, packages, remotes } = document;
  return { version, title, description, repository, packages, remotes };
}

/** The source of what is installed, else of the version. */
function toSource(provenance: Found["current"]["provenance"]): string | null {
  const { packages, remotes, version } = provenance;
  return (packages ?? remotes ?? version ?? Object.values(provenance)[0])?.source ?? null;
}

/** Returns the versions of a server, the present one first; null: there is no such server. */
export async function listVersions(db: Db, name: string): Promise<MarketplaceVersion[] | null> {
  const found = await findVersions(db, name);
  return found && toVersions(found);
}

function toVersions({ current, former }: Found): MarketplaceVersion[] {
  const { document, provenance, publishedAt } = current;
  const present = {
    version: document.version,
    source: toSource(provenance),
    publishedAt,
    state: document,
  };
  return [present, ...former].map(({ version, source, publishedAt: at, state }, place) => {
    const before = former[place];
    return {
      version,
      source,
      // GitHub's date is that of the repository.
      publishedAt: source === GITHUB_SOURCE ? null : at,
      seenAt: before?.replacedAt ?? null,
      changes: compareStates(before?.state, state),
    };
  });
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
  const former = found.former.findLast((state) => state.version === version);
  const isSame = !former && document.version === version;
  const changes = isSame ? [] : compareStates(former?.state, document);
  return { from: version, to: document.version, changes };
}
