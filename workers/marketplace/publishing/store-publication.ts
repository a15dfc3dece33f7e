import type { Db } from "../../db/database.ts";
import type { PublicationRow } from "../../db/marketplace-publications.ts";
import { listVersionsOfKey } from "../../db/marketplace-publications.ts";
import { parseJson } from "../../mcp/json.ts";
import { OFFICIAL_META, readPage } from "../registry-page.ts";
import { PUBLISHED_SOURCE } from "../sources.ts";
import { storePage } from "../store-page.ts";

/** Makes the catalogue's entry of a server from its published versions. `key`: its name in lower case. */
export async function storePublishedServer(db: Db, key: string): Promise<void> {
  const versions = await listVersionsOfKey(db, key);
  const latest = findLatest(versions);
  const names = [...new Set(versions.map(({ name }) => name))];
  const page = latest ? readPage({ servers: [toEntry(latest)] }) : { entries: [], deleted: [] };
  const deleted = names.filter((name) => name !== latest?.name);
  await storePage(db, PUBLISHED_SOURCE, { entries: page.entries, deleted }, Date.now());
}

/** The newest version that is not deleted: by its number if that of both is semantic, else by its date. */
function findLatest<T extends Pick<PublicationRow, "version" | "publishedAt" | "status">>(
  versions: T[],
): T | undefined {
  return versions
    .filter(({ status }) => status !== "deleted")
    .toSorted((a, b) => compareVersions(b.version, a.version) || b.publishedAt - a.publishedAt)[0];
}

function toEntry({ document, status, statusMessage, publishedAt }: PublicationRow) {
  const at = new Date(publishedAt).toISOString();
  const meta = { status, statusMessage, publishedAt: at, updatedAt: at, isLatest: true };
  return { server: parseJson(document), _meta: { [OFFICIAL_META]: meta } };
}

const SEMANTIC = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([\w.-]+))?(?:\+[\w.-]+)?$/;

/** The order of semantic versions (https://semver.org, section 11); 0: equal, or one is none. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [SEMANTIC.exec(a), SEMANTIC.exec(b)];
  if (!left || !right) return 0;
  for (const part of [1, 2, 3]) {
    const difference = Number(left[part]) - Number(right[part]);
    if (difference !== 0) return difference;
  }
  const [before, other] = [left[4], right[4]];
  if (before === undefined || other === undefined)
    return Number(before === undefined) - Number(other === undefined);
  return before.localeCompare(other, "en", { numeric: true });
}
