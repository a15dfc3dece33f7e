import { createHash } from "node:crypto";
import { Memo } from "../../runtime/memo.ts";

const BEARER = /^Bearer (mng_[0-9a-f]{48})$/i;

/** The gateway token of a request; undefined: none of valid form. It is not verified. */
export function parseBearer(headers: Headers): string | undefined {
  return BEARER.exec(headers.get("authorization") ?? "")?.[1];
}

/** SHA-256 of a token, lowercase hex. */
export function digestToken(token: string): string {
  return digests.get(token);
}

/** Digests by token. Synchronous and memoized: hashing takes as long as all entry checks. */
const digests = new Memo((token) => createHash("sha256").update(token).digest("hex"));
