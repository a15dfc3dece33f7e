import type { ProviderClient } from "../contract/records/connection.ts";
import { MINUTE_MS } from "../contract/units.ts";
import { openValue, sealValue } from "../crypto/workspace-key.ts";
import type { Db } from "../db/database.ts";
import { saveOauthRecord, takeOauthRecord } from "../db/oauth-records.ts";
import { digestSecret } from "../identity/random-secrets.ts";
import { parseJson } from "../mcp/json.ts";

/** Time for the person at the authorization server. */
const VALID_MS = 10 * MINUTE_MS;
const CONTEXT = ["server_sign_in"];

/** A sign-in at a server that has begun: the browser is at the authorization server. */
export interface PendingSignIn {
  /** The browser session in which it began, and in which it must end (against login CSRF). */
  sessionId: string;
  workspaceId: string;
  workspaceSlug: string;
  serverId: string;
  serverSlug: string;
  /** The member whose calls use the account; null: those of the whole workspace. */
  memberId: string | null;
  /** The page of the dashboard to which the person comes back. */
  page: "server" | "accounts";
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

/** Returns the sign-in that began with `state`, once; null: there is none, or it has ended or expired. */
export async function takePendingSignIn(db: Db, state: string): Promise<PendingSignIn | null> {
  const value = await takeOauthRecord(db, await toKey(state), Date.now());
  const text = value === undefined ? null : await openValue(await deriveKey(state), CONTEXT, value);
  // A cast: only `savePendingSignIn` seals for this context.
  return text === null ? null : (parseJson(text) as PendingSignIn);
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
