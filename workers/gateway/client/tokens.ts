import { createHash } from "node:crypto";
import { Memo } from "../../runtime/memo.ts";

const STATIC_TOKEN = /^Bearer (mng_[0-9a-f]{48})$/i;
const OAUTH_TOKEN = /^Bearer (([a-z0-9-]{1,39}\.mem_[0-9a-f]{24}:[\w-]{8,64}):[\w-]{16,128})$/i;

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
  const authorization = headers.get("authorization") ?? "";
  const [, value, grant = null] = (isOauth ? OAUTH_TOKEN : STATIC_TOKEN).exec(authorization) ?? [];
  return value === undefined ? undefined : { value, grant };
}

/** SHA-256 of a token, lowercase hex. */
export function digestToken(token: string): string {
  return digests.get(token);
}

/** Digests by token. Synchronous and memoized: hashing takes as long as all entry checks. */
const digests = new Memo((token) => createHash("sha256").update(token).digest("hex"));
