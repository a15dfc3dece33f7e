/** Parses JSON that this object wrote itself. Data from any other source must be parsed with a schema. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names what it wrote
export function readStored<T>(text: string): T {
  return JSON.parse(text) as T;
}
