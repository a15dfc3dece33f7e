import type { ProviderClient } from "../contract/records/connection.ts";
import { MINUTE_MS } from "../contract/units.ts";
import { openValue, sealValue } from "../crypto/workspace-key.ts";
import type { Db } from "../db/database.ts";
import { saveOauthRecord, takeOauthRecord } from "../db/oauth-records.ts";
import { digestSecret } from "../identity/random-secrets.ts";
import { parseJson } from "../mcp/json.ts";
import type { Way } from "./callback-page.ts";

/** Time for the person at the authorization server. */
const VALID_MS = 10 * MINUTE_MS;
const CONTEXT = ["server_sign_in"];

/** A sign-in at a server that has begun: the browser is at the authorization server. */
export interface PendingSignIn extends Way {
  /** The browser session in which it began, and in which it must end (against login CSRF). */
  sessionId: string;
  workspaceId: string;
  serverId: string;
  /** The member whose calls use the account; null: those of the whole workspace. */
  memberId: string | null;
  /** The server's URL at the beginning. */
  url: string;
  provider: ProviderClient;
  scopes: string[];
  codeVerifier: string;
  redirectUri: string;
  /** Whether the authorization server says that it names itself in its responses (RFC 9207). */
  namesIssuer: boolean;
}

/**
 * Stores a sign-in that begins, under the digest of `state`, for ten minutes. It is encrypted with a key that is derived from
 * `state`, which only the browser and the authorization server have.
 */
export async function savePendingSignIn(
  db: Db,
  state: string,
  signIn: PendingSignIn,
): Promise<void> {
  const now = Date.now();
  const value = await sealValue(await deriveKey(state), CONTEXT, JSON.stringify(signIn));
  const record = { key: await toKey(state), value, metadata: null, clientId: null };
  await saveOauthRecord(db, { ...record, expiresAt: now + VALID_MS }, null, now);
}

/** What is kept of a sign-in whose address was opened. */
interface UsedSignIn extends Way {
  isUsed: true;
  /** The browser session in which it was opened; null: in none. */
  sessionId: string | null;
}

/**
 * Returns the sign-in that began with `state`, once; then for ten minutes that it was used, and in which session. Null: there
 * is none, or it has expired. `sessionId`: of the browser that opens its address now; null: it has none.
 */
export async function takePendingSignIn(
  db: Db,
  state: string,
  sessionId: string | null,
): Promise<PendingSignIn | UsedSignIn | null> {
  const key = await toKey(state);
  const now = Date.now();
  const value = await takeOauthRecord(db, key, now);
  const sealing = await deriveKey(state);
  const text = value === undefined ? null : await openValue(sealing, CONTEXT, value);
  if (text === null) return null;
  // A cast: only this file seals for this context.
  const taken = parseJson(text) as PendingSignIn | UsedSignIn;
  const { workspaceSlug, serverSlug, page } = taken;
  const used: UsedSignIn =
    "isUsed" in taken ? taken : { isUsed: true, sessionId, workspaceSlug, serverSlug, page };
  const kept = await sealValue(sealing, CONTEXT, JSON.stringify(used));
  const record = { key, value: kept, metadata: null, clientId: null, expiresAt: now + VALID_MS };
  await saveOauthRecord(db, record, null, now);
  return taken;
}

async function toKey(state: string): Promise<string> {
  return `sign-in:${await digestSecret(state)}`;
}

async function deriveKey(state: string): Promise<CryptoKey> {
  const encoder = new TextEncoder();
  const base = await crypto.subtle.importKey("raw", encoder.encode(state), "HKDF", false, [
    "deriveKey",
  ]);
  const info = encoder.encode("mng/server-sign-in/v1");
  const derivation = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
  return crypto.subtle.deriveKey(derivation, base, { name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);
}
