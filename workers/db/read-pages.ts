/**
 * Reads a whole list in pages, because D1 limits the size of a response. Pages are ordered by `key`, a unique column.
 */
export async function readPages<K extends string, T extends Record<K, string>>(
  size: number,
  key: K,
  readPage: (after: string) => Promise<T[]>,
): Promise<T[]> {
  const all: T[] = [];
  for (let after = ""; ;) {
    const rows = await readPage(after);
    all.push(...rows);
    const last = rows.at(-1);
    if (!last || rows.length < size) return all;
    after = last[key];
  }
}
