import { toTokenChecksum } from "../../../../client-config/scan/secrets/checksums.ts";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Characters that look random and are the same in each run. No service has issued them. */
export function toRandomText(length: number, seed = 7, letters = LETTERS): string {
  let state = seed;
  let text = "";
  while (text.length < length) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    text += letters[(state >>> 16) % letters.length] ?? "";
  }
  return text;
}

/** A token such as `ghp_…` with a right checksum. */
export function makeToken(prefix: "ghp_" | "gho_" | "npm_", seed = 7): string {
  const random = toRandomText(30, seed);
  return prefix + random + toTokenChecksum(random);
}

/** Random hexadecimal digits. */
export function toHexText(length: number, seed = 7): string {
  return toRandomText(length, seed, "0123456789abcdef");
}

/** A JSON Web Token with this payload. */
export function makeJwt(payload: Record<string, unknown>): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${encode({ alg: "HS256", typ: "JWT" })}.${encode(payload)}.${toRandomText(43)}`;
}
