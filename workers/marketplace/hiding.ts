import { isRepositoryOwner } from "../contract/marketplace/publisher.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Db } from "../db/database.ts";
import {
  hideServer,
  listHiddenKeys,
  listServersByKeys,
  unhideServer,
  type HiddenRow,
} from "../db/marketplace-hidden.ts";
import { readRecordsOfServers } from "../db/marketplace.ts";
import { outdateCatalogue } from "./catalogue.ts";
import { toHidingKeys, toNameKey, toRepositoryKeys } from "./identity.ts";
import { toStatedServers, type StatedServer } from "./server-row.ts";
import { GITHUB_SOURCE } from "./sources.ts";
import { refreshServers } from "./store-page.ts";

/** Hides a server with all that its sources call it, and its repository on GitHub, with the audit event. */
export async function hide(db: Db, hidden: HiddenRow, event: AuditEvent): Promise<void> {
  const nameKey = toNameKey(hidden.name);
  const keys = new Set([nameKey, ...(await listHiddenKeys(db, hidden.name))]);
  for (const server of await readServersByKeys(db, [nameKey]))
    if (toNameKey(server.name) === nameKey) for (const key of toHiddenKeys(server)) keys.add(key);
  const numbers = await findServersHiddenBy(db, keys);
  await hideServer(db, hidden, { keys: [...keys], numbers }, event);
  outdateCatalogue();
}

/** Ends the hiding of a server, with the audit event. What it has hidden is stored as its sources describe it now. */
export async function unhide(db: Db, { name }: HiddenRow, event: AuditEvent): Promise<void> {
  const keys = new Set([toNameKey(name), ...(await listHiddenKeys(db, name))]);
  const numbers = await findServersHiddenBy(db, keys);
  await unhideServer(db, name, numbers, event);
  await refreshServers(db, numbers);
}

/** The numbers of the servers that `storeMarketplaceChange` does not store while these keys are hidden. */
async function findServersHiddenBy(db: Db, keys: Set<string>): Promise<number[]> {
  const servers = await readServersByKeys(db, [...keys]);
  const hidden = servers.filter(({ records }) =>
    toHidingKeys(records).some((key) => keys.has(key)),
  );
  return hidden.map(({ number }) => number);
}

async function readServersByKeys(db: Db, keys: string[]): Promise<StatedServer[]> {
  const numbers = await listServersByKeys(db, keys);
  return toStatedServers(await readRecordsOfServers(db, numbers));
}

/**
 * The keys that are hidden with a server: the names that its sources give it, and its repository if that is proven. A
 * repository that an entry only names can be another publisher's.
 */
function toHiddenKeys({ records }: StatedServer): string[] {
  return records.flatMap(({ source, document }) => [
    toNameKey(document.name),
    ...(source === GITHUB_SOURCE || isRepositoryOwner(document) ? toRepositoryKeys(document) : []),
  ]);
}
