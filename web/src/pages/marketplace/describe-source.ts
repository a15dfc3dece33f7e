/** The name of a source for readers. The operator chooses the names of all sources but `official`. */
export function describeSource(source: string): string {
  return source === "official" ? "Official MCP Registry" : source;
}
