import type { Range } from "../model.ts";

/** The ranges of a text by offsets in UTF-16 units; `end` is the first offset behind. Lines end as editors count them. */
export function makeRanges(text: string): (start: number, end: number) => Range {
  let starts: number[] | null = null;
  return (start, end) => {
    starts ??= [
      0,
      ...Array.from(text.matchAll(/\r\n|\n|\r/g), ({ 0: found, index }) => index + found.length),
    ];
    const at = Math.max(0, Math.min(start, text.length));
    const line = findLine(starts, at);
    return {
      offset: at,
      length: Math.max(0, Math.min(end, text.length) - at),
      line: line + 1,
      column: at - (starts[line] ?? 0) + 1,
    };
  };
}

/** The index of the last line that begins at or before an offset. */
function findLine(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
