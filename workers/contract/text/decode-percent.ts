/** The decoded text; the text itself if it is not percent-encoded. */
export function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that encodes nothing, or bytes that are not UTF-8.
    return text;
  }
}
