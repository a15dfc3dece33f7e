/** The official registry, https://registry.modelcontextprotocol.io. */
export const OFFICIAL_SOURCE = "official";

/** The servers that container hosts can run. */
export const HOSTED_SOURCE = "mcpnest";

/** Orders sources by authority: the official registry first, the entries of this release last, the others by name. */
export function compareSources(a: string, b: string): number {
  const rank = (source: string) =>
    source === OFFICIAL_SOURCE ? 0 : source === HOSTED_SOURCE ? 2 : 1;
  return rank(a) - rank(b) || (a < b ? -1 : Number(a > b));
}
