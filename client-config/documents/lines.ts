import type { Span } from "./node.ts";

/** The span of the whole lines that a span is in, with the last line break. */
export function toLines(text: string, { start, end }: Span): Span {
  const last = Math.max(start, end - 1);
  const lineBreak = text.indexOf("\n", last);
  return {
    start: text.lastIndexOf("\n", start - 1) + 1,
    // A block's span can end with its line break.
    end: lineBreak === -1 ? text.length : lineBreak + 1,
  };
}

/** The text with lines inserted at the beginning of a line. They get the line breaks of the text. */
export function insertLines(text: string, at: number, lines: readonly string[]): string {
  const lineBreak = text.includes("\r\n") ? "\r\n" : "\n";
  const before = text.slice(0, at);
  const separator = before === "" || before.endsWith("\n") ? "" : lineBreak;
  return before + separator + lines.map((line) => line + lineBreak).join("") + text.slice(at);
}

/** The text with another content in place of a span. */
export function splice(text: string, { start, end }: Span, content: string): string {
  return text.slice(0, start) + content + text.slice(end);
}
