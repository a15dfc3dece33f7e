import type { ServerDocument } from "../../../contract/marketplace/server-document.ts";
import type { Db } from "../../../db/database.ts";
import {
  listNamesInRepositories,
  readRepositoryUrls,
} from "../../../db/marketplace-repositories.ts";
import type { RegistryEntry } from "../../registry-page.ts";
import { GITHUB_SOURCE } from "../../sources.ts";
import { toOwnName } from "./entry.ts";

/**
 * Gives each repository of a page another name than the others have, and leaves out those that say nothing new: they have
 * neither package nor address, and another source describes a server in them whose namespace is the owner's.
 *
 * Several repositories of one owner can state one name. It is that of the repository which is called so, else of the first
 * one; the others have their own names.
 */
export async function settleNames(db: Db, entries: RegistryEntry[]): Promise<RegistryEntry[]> {
  const found = entries.map((entry) => ({ entry, repository: toRepository(entry.document) }));
  const describedIn = Map.groupBy(
    await listNamesInRepositories(
      db,
      GITHUB_SOURCE,
      found.map(({ repository }) => repository.toLowerCase()),
    ),
    ({ repository }) => repository,
  );
  const names = entries.map(({ document }) => document.name);
  const holders = await readRepositoryUrls(db, GITHUB_SOURCE, names);
  for (const { entry, repository } of found)
    holders.set(toOwnName(repository), toUrl(entry.document));
  return found.flatMap(({ entry, repository }) => {
    const { document } = entry;
    const others = describedIn.get(repository.toLowerCase()) ?? [];
    if (isBare(document) && isDescribed(document.name, others)) return [];
    const url = toUrl(document);
    const name =
      (holders.get(document.name) ?? url) === url ? document.name : toOwnName(repository);
    holders.set(name, url);
    return { ...entry, document: { ...document, name } };
  });
}

function isBare({ packages, remotes }: ServerDocument): boolean {
  return packages.length + remotes.length === 0;
}

/** Whether the owner of a repository has described a server in it elsewhere, by another name than this. */
function isDescribed(name: string, others: { name: string }[]): boolean {
  const own = name.toLowerCase();
  const namespace = own.slice(0, own.indexOf("/") + 1);
  const inNamespace = others
    .map((other) => other.name.toLowerCase())
    .filter((other) => other.startsWith(namespace));
  return inNamespace.length > 0 && !inNamespace.includes(own);
}

/** `owner/name`. */
function toRepository(document: ServerDocument): string {
  return toUrl(document).split("/").slice(3).join("/");
}

/** Entries of this source have the URL that `toEntry` gave them. */
function toUrl({ repository }: ServerDocument): string {
  return repository?.url ?? "";
}
