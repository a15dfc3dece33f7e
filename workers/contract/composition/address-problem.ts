import { POSSIBLE_SECRET_NAME } from "../marketplace/secret-name.ts";
import { decodePercent } from "../text/decode-percent.ts";
import { looksLikeSecret } from "./secret-value.ts";

/** A value that the address does not hold. */
const VARIABLE = /\{([^{}]*)\}/g;
const VARIABLE_NAME = /^[\w-]{1,100}$/;
/** Takes the place of a variable, so that the address can be parsed: no host, path or query of its own has it. */
const FILLED = "0variable0";

/**
 * Why a shared link may not hold an address, as the end of a sentence without a part of it; null: it may. Everybody with
 * the link reads the address, so that every value of its query, and what looks like a key, must be a `{variable}`.
 */
export function findAddressProblem(address: string): string | null {
  const names = Array.from(address.matchAll(VARIABLE), ([, name = ""]) => name);
  if (names.some((name) => !VARIABLE_NAME.test(name) || looksLikeSecret(name)))
    return "has a variable whose name is not one of letters, digits, _ and -";
  const filled = address.replaceAll(VARIABLE, FILLED);
  if (!/^https?:\/\//i.test(filled) || !URL.canParse(filled))
    return "is no address that begins with http:// or https://";
  const url = new URL(filled);
  if (url.username !== "" || url.password !== "" || /^[^/]*\/\/[^/?#]*@/.test(filled))
    return "has a user or password before its host";
  if (url.hash !== "" || filled.includes("#")) return "has a part behind #, which can be a key";
  if (url.hostname.split(".").some(looksLikeSecret)) return "has a host that looks like a key";
  const parts = url.pathname.split("/").map(decodePercent);
  if (
    parts.some(
      (part, index) =>
        part !== "" &&
        !part.includes(FILLED) &&
        (looksLikeSecret(part) || POSSIBLE_SECRET_NAME.test(parts[index - 1] ?? "")),
    )
  )
    return "has a part of its path that looks like a key: write {name} in its place";
  const query = [...url.searchParams];
  if (query.some(([name]) => looksLikeSecret(name)))
    return "has a name in its query that looks like a key";
  if (query.some(([, value]) => value !== FILLED))
    return "has a value in its query: write {name} in its place";
  return null;
}
