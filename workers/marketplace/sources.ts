/** The official registry, https://registry.modelcontextprotocol.io. */
export const OFFICIAL_SOURCE = "official";

/** The servers that container hosts can run. */
export const HOSTED_SOURCE = "mcpnest";

/** What people have published here, with a proof of the namespace. */
export const PUBLISHED_SOURCE = "published";

/** Repositories on GitHub, as their owners describe them. */
export const GITHUB_SOURCE = "github";

/**
 * Orders sources by authority: the official registry first, then what was published here, then the other registries by name,
 * then what is found on GitHub, and the entries of this release last.
 */
export function compareSources(a: string, b: string): number {
  const rank = (source: string) => RANKS.get(source) ?? 2;
  return rank(a) - rank(b) || (a < b ? -1 : Number(a > b));
}

const RANKS = new Map([
  [OFFICIAL_SOURCE, 0],
  [PUBLISHED_SOURCE, 1],
  [GITHUB_SOURCE, 3],
  [HOSTED_SOURCE, 4],
]);
