import { toCommonRole, type Role } from "../contract/records/workspace.ts";
import { findApiKey, touchApiKey, type ApiKeyRecord } from "../db/api-keys.ts";
import { findSessionRole } from "../db/browser-sessions.ts";
import type { Db } from "../db/database.ts";
import { findWorkspaceById } from "../db/workspaces.ts";
import { findBrowserSession, SESSION_IDLE_MS, type BrowserSession } from "./browser-sessions.ts";
import { digestSecret, isSameSecret } from "./random-secrets.ts";
import { recordUse } from "./record-use.ts";

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

/** Returns the person behind a caller: a user's id, of an API key that of its creator, or `operator`. */
export function toPerson(caller: Caller): string {
  return caller.kind === "api-key" ? caller.key.createdBy : toActor(caller);
}

/** Returns the caller's name for people of the workspace. */
export function toCallerName(caller: Caller): string {
  switch (caller.kind) {
    case "operator":
      return "the operator";
    case "api-key":
      return `the API key “${caller.key.label}”`;
    case "user":
      return caller.session.user.name;
  }
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

/** A key never has more permission than its creator has now. It stops working when the creator leaves the workspace, and while the creator is suspended. */
async function identifyApiKey(db: Db, secret: string): Promise<Caller | null> {
  const now = Date.now();
  const found = await findApiKey(db, await digestSecret(secret), now);
  if (!found) return null;
  const { key } = found;
  const role = toKeyRole(found);
  if (role === undefined) return null;
  if ((key.lastUsedAt ?? 0) <= now - TOUCH_AFTER_MS) await recordUse(touchApiKey(db, key.id, now));
  return { kind: "api-key", key, role };
}

/** Returns a key's effective role; undefined: its creator has left the workspace or is suspended. */
function toKeyRole({
  key,
  creatorRole,
}: {
  key: ApiKeyRecord;
  creatorRole: Role | null;
}): Role | undefined {
  const limit = key.createdBy === "operator" ? "owner" : creatorRole;
  if (limit === null) return undefined;
  return toCommonRole(key.role, limit);
}

/**
 * Returns the role that a caller has in a workspace now, some time after it was identified. Null: the operator, who has
 * no role. Undefined: none, because its session, key, membership or workspace has ended.
 */
export async function findRoleNow(
  db: Db,
  caller: Caller,
  workspaceId: string,
): Promise<Role | null | undefined> {
  const now = Date.now();
  switch (caller.kind) {
    case "operator":
      return (await findWorkspaceById(db, workspaceId)) ? null : undefined;
    case "api-key": {
      // The keys of a deleted workspace are deleted.
      const found = await findApiKey(db, caller.key.digest, now);
      return found && toKeyRole(found);
    }
    case "user":
      return findSessionRole(db, caller.session.record.id, workspaceId, now, now - SESSION_IDLE_MS);
  }
}
