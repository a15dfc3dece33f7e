import type { Role } from "../contract/records/workspace.ts";
import { findApiKey, touchApiKey, type ApiKeyRecord } from "../db/api-keys.ts";
import type { Db } from "../db/database.ts";
import { findBrowserSession, type BrowserSession } from "./browser-sessions.ts";
import { digestSecret, isSameSecret } from "./random-secrets.ts";

/** Who calls the management API. `role` of an API key: its effective role now. */
export type Caller =
  | { kind: "operator" }
  | { kind: "api-key"; key: ApiKeyRecord; role: Role }
  | { kind: "user"; session: BrowserSession };

/** A shorter operator key counts as not configured. */
const MIN_OPERATOR_KEY_LENGTH = 32;
const API_KEY = /^mnk_[0-9a-f]{48}$/;
/** `lastUsedAt` of a key is stored at most this often. */
const TOUCH_AFTER_MS = 60 * 1000;
/** Roles, lowest first. */
const RANKS: Role[] = ["member", "admin", "owner"];

/** Returns the caller's name in audit events: `operator`, a key's id or a user's id. */
export function toActor(caller: Caller): string {
  switch (caller.kind) {
    case "operator":
      return "operator";
    case "api-key":
      return caller.key.id;
    case "user":
      return caller.session.user.id;
  }
}

/** Whether `role` ranks no higher than `limit`. */
export function isRoleWithin(role: Role, limit: Role): boolean {
  return RANKS.indexOf(role) <= RANKS.indexOf(limit);
}

/**
 * Identifies the caller by the bearer key, or without an `Authorization` header by the session cookie. Null: unknown.
 * An invalid key is not replaced by the cookie's session.
 */
export async function identifyCaller(
  db: Db,
  operatorKey: string | undefined,
  authorization: string | undefined,
  sessionSecret: string | undefined,
): Promise<Caller | null> {
  if (authorization !== undefined) {
    const [scheme, key] = authorization.split(" ");
    return scheme?.toLowerCase() === "bearer" && key ? identifyKey(db, operatorKey, key) : null;
  }
  const session = sessionSecret ? await findBrowserSession(db, sessionSecret) : undefined;
  return session ? { kind: "user", session } : null;
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

/** A key never has more permission than its creator has now. It stops working when the creator leaves the workspace. */
async function identifyApiKey(db: Db, secret: string): Promise<Caller | null> {
  const now = Date.now();
  const found = await findApiKey(db, await digestSecret(secret), now);
  if (!found) return null;
  const { key, creatorRole } = found;
  const limit = key.createdBy === "operator" ? "owner" : creatorRole;
  if (limit === null) return null;
  if ((key.lastUsedAt ?? 0) <= now - TOUCH_AFTER_MS) await touchApiKey(db, key.id, now);
  return { kind: "api-key", key, role: isRoleWithin(key.role, limit) ? key.role : limit };
}
