import { toPackageKey } from "../contract/marketplace/package-key.ts";
import type { ServerDocument } from "../contract/marketplace/server-document.ts";

/**
 * Keys of a server. Descriptions of two sources are of the same server if they have a key in common: the name, or the same
 * package of the same repository. A package alone is none: other people's packages are often quoted. Two names of one source
 * are two servers, also with the same package: its arguments can tell them apart.
 */
export function toIdentityKeys({ name, repository, packages }: ServerDocument): string[] {
  const home = repository && toRepositoryKey(repository.url, repository.subfolder);
  const keys = home === null ? [] : packages.map((item) => `package ${toPackageKey(item)} ${home}`);
  return [toNameKey(name), ...new Set(keys)];
}

/** The key of a server's name, in any case. */
export function toNameKey(name: string): string {
  return `name ${name.toLowerCase()}`;
}

/** The key of a server's repository on GitHub with its folder; empty: it has none. */
export function toRepositoryKeys({ repository }: Pick<ServerDocument, "repository">): string[] {
  const home = repository && toRepositoryKey(repository.url, repository.subfolder);
  return home?.startsWith("github.com/") ? [`repository ${home}`] : [];
}

/**
 * A namespace without its top-level domain, or that of GitHub: nearly all names begin with one, and a publisher can have
 * several.
 */
export function toPublisher(namespace: string): string {
  return namespace.replace(/^(io\.github|[^.]+)\.(?=.)/i, "");
}

/** Hosts of which the first two parts of a path are a repository. */
export const REPOSITORY_HOSTS = new Set([
  "github.com",
  "gitlab.com",
  "bitbucket.org",
  "codeberg.org",
]);

/** Host and path of a repository's URL, also of the forms that only git knows; null: it is no URL. */
export function splitRepositoryUrl(url: string): { host: string; parts: string[] } | null {
  const text = url.replace(/^git\+/, "").replace(/^git@([^:/]+):/, "https://$1/");
  if (!URL.canParse(text)) return null;
  const { hostname, pathname } = new URL(text);
  const parts = pathname.split("/").filter((part) => part !== "");
  return { host: hostname.replace(/^www\./, ""), parts };
}

/** The same text for all spellings of a repository's URL, with the folder in it; null: it is no URL. */
export function toRepositoryKey(url: string, subfolder: string | null): string | null {
  const split = splitRepositoryUrl(url);
  if (!split) return null;
  const { host, parts } = split;
  const isKnown = REPOSITORY_HOSTS.has(host);
  const own = (isKnown ? parts.slice(0, 2) : parts).join("/").replace(/\.git$/, "");
  // `/owner/name/tree/branch/folder`; GitLab has `/-/tree/`.
  const tree = isKnown ? parts.indexOf("tree", 2) : -1;
  const folder = subfolder ?? (tree === -1 ? "" : parts.slice(tree + 2).join("/"));
  const inside = folder.split("/").filter((part) => part !== "" && part !== ".");
  return [`${host}/${own}`.toLowerCase(), ...inside].join("/");
}
