/** Most characters of a server's message that are shown. */
const MAX_LENGTH = 240;
/** Shorter header values are no secrets, and removing them would mangle the text. */
const MIN_SECRET_LENGTH = 6;

/**
 * A server's own words for an admin, in quotation marks: one line, at most 240 characters, without control and direction
 * characters (spoofing), and without the values of the headers that the gateway sent (a server can echo its credential).
 * Null: it says nothing in words, or sends a web page.
 */
export function quoteServer(text: string, headers: Record<string, string>): string | null {
  if (/^\s*</.test(text)) return null;
  let plain = text;
  for (const value of Object.values(headers).flatMap((header) => [header, ...header.split(" ")]))
    if (value.length >= MIN_SECRET_LENGTH) plain = plain.replaceAll(value, "…");
  plain = plain
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ")
    .replaceAll('"', "'")
    .trim();
  if (!/\p{L}/u.test(plain)) return null;
  return `"${plain.length > MAX_LENGTH ? `${plain.slice(0, MAX_LENGTH)}…` : plain}"`;
}
