/** Characters of a slice: at most 3 bytes of UTF-8 each, within the 2 MB that a row of SQLite and of D1 holds. */
const SLICE_LENGTH = 250_000;

/** A text in slices that fit into rows. None ends within a surrogate pair, which UTF-8 could not encode. */
export function toSlices(text: string, length = SLICE_LENGTH): string[] {
  const slices: string[] = [];
  for (let start = 0; start < text.length || slices.length === 0;) {
    let end = Math.min(start + length, text.length);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last < 0xdc00) end--;
    slices.push(text.slice(start, end));
    start = end;
  }
  return slices;
}
