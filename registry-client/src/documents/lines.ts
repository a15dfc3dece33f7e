/** A part of a text, by offsets. */
export type Span = [start: number, end: number];

/** The span of the whole lines that a span is in, with the last line break. */
export function toLines(text: string, [start, end]: Span): Span {
  const last = Math.max(start, end - 1);
  const lineBreak = text.indexOf("\n", last);
  return [
    text.lastIndexOf("\n", start - 1) + 1,
    // A block's span can end with its line break.
    lineBreak === -1 ? text.length : lineBreak + 1,
  ];
}

/** The text with lines inserted at the beginning of a line. They get the line breaks of the text. */
export function insertLines(text: string, at: number, lines: string[]): string {
  const lineBreak = text.includes("\r\n") ? "\r\n" : "\n";
  const before = text.slice(0, at);
  const separator = before === "" || before.endsWith("\n") ? "" : lineBreak;
  return before + separator + lines.map((line) => line + lineBreak).join("") + text.slice(at);
}
