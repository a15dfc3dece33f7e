import { sha256Hex } from "../../crypto/sha256.ts";
import { parseOauthToken } from "../../http/oauth-addresses.ts";
import { Memo } from "../../runtime/memo.ts";

const BEARER = /^Bearer (\S+)$/i;
const STATIC_TOKEN = /^mng_[0-9a-f]{48}$/i;

/** A token of a request; it is not verified. */
export interface GatewayToken {
  value: string;
  /** What its access tokens have in common: a client gets another one every day. Null: a person made it. */
  grant: string | null;
}

/**
 * The token of a request; undefined: it has none of the form that its address takes. A token that a person made is for no
 * OAuth resource, and the other way round (RFC 8707).
 */
export function parseBearer(headers: Headers, isOauth: boolean): GatewayToken | undefined {
  const value = BEARER.exec(headers.get("authorization") ?? "")?.[1];
  if (value === undefined) return undefined;
  if (!isOauth) return STATIC_TOKEN.test(value) ? { value, grant: null } : undefined;
  const parsed = parseOauthToken(value);
  return parsed ? { value, grant: `${parsed.userId}:${parsed.grant}` } : undefined;
}

/** SHA-256 of a token, lowercase hex. */
export function digestToken(token: string): string {
  return digests.get(token);
}

/** Digests by token. Synchronous and memoized: hashing takes as long as all entry checks. */
const digests = new Memo(sha256Hex);
