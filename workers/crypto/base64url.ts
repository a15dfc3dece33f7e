/** Options of `toBase64` and `fromBase64` for base64url without padding (RFC 4648, section 5; RFC 7515). */
export const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;
