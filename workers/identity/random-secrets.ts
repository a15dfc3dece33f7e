/** 256 bits: nobody guesses one, so that a plain digest protects it. */
const SECRET_BYTES = 32;
const KEY_BYTES = 24;
const CSRF_PURPOSE = "mng/csrf/v1:";

/** A secret of 256 random bits, base64url. */
export function newSecret(): string {
  return crypto
    .getRandomValues(new Uint8Array(SECRET_BYTES))
    .toBase64({ alphabet: "base64url", omitPadding: true });
}

/** A key for automation: `mnk_` and 192 random bits, which scanners for leaked secrets recognise. */
export function newApiKey(): string {
  return `mnk_${crypto.getRandomValues(new Uint8Array(KEY_BYTES)).toHex()}`;
}

/** SHA-256 of a text, lowercase hex. */
export async function digestOf(text: string): Promise<string> {
  return new Uint8Array(await sha256(text)).toHex();
}

/** The token that a page must send with a change; only who holds the session's secret can name it. */
export async function csrfTokenOf(sessionSecret: string): Promise<string> {
  return new Uint8Array(await sha256(CSRF_PURPOSE + sessionSecret)).toBase64({
    alphabet: "base64url",
    omitPadding: true,
  });
}

/** Whether two secrets are the same; their digests are compared, so that the time tells nothing. */
export async function isSameSecret(given: string, expected: string): Promise<boolean> {
  const [a, b] = await Promise.all([sha256(given), sha256(expected)]);
  return crypto.subtle.timingSafeEqual(a, b);
}

function sha256(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
