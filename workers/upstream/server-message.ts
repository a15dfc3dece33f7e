import { isObject, parseObject } from "../mcp/json.ts";
import { redact, type Sent } from "./redaction.ts";

/** Most characters of a server's message that are shown. */
const MAX_LENGTH = 240;
/** Shorter header values are no secrets, and removing them would mangle the text. */
const MIN_SECRET_LENGTH = 6;

/** Shorter parts of a URL are words; longer ones can be keys. */
const MIN_URL_KEY_LENGTH = 16;

/**
 * A server's own words for an admin, in quotation marks: one line, at most 240 characters, without control and direction
 * characters (spoofing), and without what the gateway sent that can be a credential: the values of its headers and of the
 * URL's query, and long parts of its path. Null: it says nothing in words, or sends a web page.
 */
export function quoteServer(text: string, sent: Sent): string | null {
  if (/^\s*</.test(text)) return null;
  let plain = text;
  for (const secret of listSecrets(sent)) plain = plain.replaceAll(secret, "…");
  plain = redact(plain, sent)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ")
    .replaceAll('"', "'")
    .trim();
  if (!/\p{L}/u.test(plain)) return null;
  return `"${plain.length > MAX_LENGTH ? `${plain.slice(0, MAX_LENGTH)}…` : plain}"`;
}

/** The message of an HTTP error's body: of JSON, as far as it has one of the usual members; otherwise the text itself. */
export function findMessage(text: string): string {
  const body = parseObject(text);
  if (!body) return text;
  const { error, message, detail } = body;
  // The form in which Cloudflare sends its 1xxx errors to clients that accept JSON.
  if (body["cloudflare_error"] === true) return `error code: ${String(body["error_code"])}`;
  const candidates = isObject(error) ? [error["message"]] : [error, message, detail];
  return candidates.find((candidate) => typeof candidate === "string") ?? "";
}

function listSecrets({ url, headers }: Sent): string[] {
  const { pathname, searchParams } = new URL(url);
  const values = Object.values(headers).flatMap((header) => [header, ...header.split(" ")]);
  const secrets = [...values, ...searchParams.values()].filter(
    ({ length }) => length >= MIN_SECRET_LENGTH,
  );
  const keys = pathname.split("/").filter(({ length }) => length >= MIN_URL_KEY_LENGTH);
  // A longer one can contain a shorter one.
  return [...secrets, ...keys].toSorted((a, b) => b.length - a.length);
}
