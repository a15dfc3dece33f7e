/** The official registry, https://registry.modelcontextprotocol.io. */
export const OFFICIAL_SOURCE = "official";

/** Orders sources by authority: the official registry first, the others by name. */
export function compareSources(a: string, b: string): number {
  const rank = (source: string) => (source === OFFICIAL_SOURCE ? 0 : 1);
  return rank(a) - rank(b) || (a < b ? -1 : Number(a > b));
}
