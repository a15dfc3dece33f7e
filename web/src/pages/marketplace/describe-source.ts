/** The name of a source for readers. The operator chooses the names of all sources but these. */
export function describeSource(source: string): string {
  return NAMES.get(source) ?? source;
}

const NAMES = new Map([
  ["official", "Official MCP Registry"],
  ["github", "GitHub"],
  ["published", "Published here"],
]);
