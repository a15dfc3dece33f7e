import type { Role } from "../contract/records/workspace.ts";
import { findApiKey, touchApiKey, type ApiKeyRecord } from "../db/api-keys.ts";
import type { Db } from "../db/database.ts";
import { findSignedIn, type SignedIn } from "./browser-sessions.ts";
import { digestOf, isSameSecret } from "./random-secrets.ts";

/** Whoever sends a request to the management API. */
export type Caller =
  | { kind: "operator" }
  | { kind: "key"; key: ApiKeyRecord; role: Role }
  | { kind: "person"; signedIn: SignedIn };

/** A shorter operator key is taken for none. */
const MIN_OPERATOR_KEY_LENGTH = 32;
const API_KEY = /^mnk_[0-9a-f]{48}$/;
/** A key's last use is written down this often at most. */
const TOUCH_AFTER_MS = 60 * 1000;
const RANKS: Role[] = ["member", "admin", "owner"];

/** How an audit event names a principal. */
export function actorOf(principal: Caller): string {
  switch (principal.kind) {
    case "operator":
      return "operator";
    case "key":
      return principal.key.id;
    case "person":
      return principal.signedIn.user.id;
  }
}

/** Whether a role is worth no more than another. */
export function isWithin(role: Role, limit: Role): boolean {
  return RANKS.indexOf(role) <= RANKS.indexOf(limit);
}

/** Who a request comes from: the bearer of a key, else the session of the cookie. A wrong key is nobody, whatever the cookie. */
export async function identify(
  db: Db,
  operatorKey: string | undefined,
  authorization: string | undefined,
  sessionSecret: string | undefined,
): Promise<Caller | null> {
  if (authorization !== undefined) {
    const [scheme, key] = authorization.split(" ");
    return scheme?.toLowerCase() === "bearer" && key ? identifyKey(db, operatorKey, key) : null;
  }
  const signedIn = sessionSecret ? await findSignedIn(db, sessionSecret) : undefined;
  return signedIn ? { kind: "person", signedIn } : null;
}

async function identifyKey(
  db: Db,
  operatorKey: string | undefined,
  key: string,
): Promise<Caller | null> {
  if (API_KEY.test(key)) return identifyApiKey(db, key);
  if (!operatorKey || operatorKey.length < MIN_OPERATOR_KEY_LENGTH) return null;
  return (await isSameSecret(key, operatorKey)) ? { kind: "operator" } : null;
}

/** A key is worth what its maker is worth now, at most: it dies with the membership, and shrinks with the role. */
async function identifyApiKey(db: Db, clear: string): Promise<Caller | null> {
  const now = Date.now();
  const found = await findApiKey(db, await digestOf(clear), now);
  if (!found) return null;
  const { key, makerRole } = found;
  const limit = key.createdBy === "operator" ? "owner" : makerRole;
  if (limit === null) return null;
  if ((key.lastUsedAt ?? 0) <= now - TOUCH_AFTER_MS) await touchApiKey(db, key.id, now);
  return { kind: "key", key, role: isWithin(key.role, limit) ? key.role : limit };
}
