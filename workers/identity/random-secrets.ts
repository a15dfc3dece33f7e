import { BASE64URL } from "../crypto/base64url.ts";

/** 256 bits cannot be guessed, so that an unsalted digest is enough to store one. */
const SECRET_BYTES = 32;
const KEY_BYTES = 24;
const CSRF_PURPOSE = "mng/csrf/v1:";

/** Makes a secret of 256 random bits in base64url, 43 characters. */
export function newSecret(): string {
  return crypto.getRandomValues(new Uint8Array(SECRET_BYTES)).toBase64(BASE64URL);
}

/** Makes an API key: `mnk_` and 192 random bits in hex. The prefix lets secret scanners recognize it. */
export function newApiKey(): string {
  return `mnk_${crypto.getRandomValues(new Uint8Array(KEY_BYTES)).toHex()}`;
}

/** Makes a token of a company’s directory: `mns_` and 192 random bits in hex. */
export function newScimToken(): string {
  return `mns_${crypto.getRandomValues(new Uint8Array(KEY_BYTES)).toHex()}`;
}

/** Returns the SHA-256 digest of a secret in lowercase hex. */
export async function digestSecret(secret: string): Promise<string> {
  return new Uint8Array(await sha256(secret)).toHex();
}

/** Derives the CSRF token, which a page sends with each change, from the session's secret. */
export async function deriveCsrfToken(sessionSecret: string): Promise<string> {
  return new Uint8Array(await sha256(CSRF_PURPOSE + sessionSecret)).toBase64(BASE64URL);
}

/** Whether two secrets are equal. Compares digests in constant time, against timing attacks. */
export async function isSameSecret(given: string, expected: string): Promise<boolean> {
  const [a, b] = await Promise.all([sha256(given), sha256(expected)]);
  return crypto.subtle.timingSafeEqual(a, b);
}

function sha256(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
