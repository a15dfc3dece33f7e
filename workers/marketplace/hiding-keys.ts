import { toPackageKey } from "../contract/marketplace/package-key.ts";
import { isRepositoryOwner } from "../contract/marketplace/publisher.ts";
import type { ServerDocument } from "../contract/marketplace/server-document.ts";
import { toNameKey, toRepositoryKey, toRepositoryKeys } from "./identity.ts";
import { GITHUB_SOURCE, OFFICIAL_SOURCE } from "./sources.ts";

/** A server as it is described. `records`: what its sources say, in the order of their authority. */
interface Described {
  document: ServerDocument;
  records: readonly { source: string; document: ServerDocument }[];
}

/**
 * The keys by which a server is found to be a hidden one: its name, its ways to run with its namespace and its repository,
 * and, if GitHub alone describes it, its repository.
 */
export function toHidingKeys({ document, records }: Described): string[] {
  const isRepository = records.every(({ source }) => source === GITHUB_SOURCE);
  const repositories = isRepository ? records.flatMap((own) => toRepositoryKeys(own.document)) : [];
  const isVouched = isVouchedFor({ document, records });
  // What the official registry lists in another namespace can be the genuine server that a hidden one has copied.
  const isOfficial = records[0]?.source === OFFICIAL_SOURCE;
  const kinds = isVouched ? ["vouched"] : isOfficial ? [] : ["claimed"];
  return [toNameKey(document.name), ...repositories, ...toWayKeys(document, kinds)];
}

/**
 * The keys that are hidden with a server: the names that its sources give it, its ways to run with its namespace and its
 * repository, and its repository if that is proven. A repository that an entry only names can be another publisher's, and so
 * can the package: servers for which the repository vouches are hidden only with one for which it vouches, too.
 */
export function toHiddenKeys({ document, records }: Described): string[] {
  const ways = isVouchedFor({ document, records }) ? ["vouched", "claimed"] : ["claimed"];
  return [
    ...records.flatMap(({ source, document: own }) => [
      toNameKey(own.name),
      ...(source === GITHUB_SOURCE || isRepositoryOwner(own) ? toRepositoryKeys(own) : []),
    ]),
    ...toWayKeys(document, ways),
  ];
}

/** The same texts for the same ways to run a server: its packages and addresses. */
export function toWays({ packages, remotes }: ServerDocument): string[] {
  return [
    ...packages.map((item) => `package ${toPackageKey(item)}`),
    ...remotes.map(({ url }) => `address ${url.replace(/\/+$/, "")}`),
  ];
}

/** Whether the namespace is proven to be the repository's owner, or the repository itself describes the server on GitHub. */
function isVouchedFor({ document, records }: Described): boolean {
  const home = toHome(document);
  return records.some(
    ({ source, document: own }, place) =>
      (source === GITHUB_SOURCE && toHome(own) === home) ||
      (place === 0 && source === OFFICIAL_SOURCE && isRepositoryOwner(own)),
  );
}

function toWayKeys(document: ServerDocument, kinds: string[]): string[] {
  const [namespace = ""] = document.name.toLowerCase().split("/");
  const home = toHome(document);
  const homes = home === null ? [] : kinds.map((kind) => `${kind} ${home}`);
  return [...new Set(toWays(document))].flatMap((way) =>
    [`namespace ${namespace}`, ...homes].map((place) => `${place} runs ${way}`),
  );
}

/** The repository without the folder: it has room for a server that returns. */
function toHome({ repository }: ServerDocument): string | null {
  return repository && toRepositoryKey(repository.url, "");
}
