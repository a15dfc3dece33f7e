import { BASE64URL } from "../crypto/base64url.ts";
import { seal, unseal } from "../crypto/seal.ts";
import { insertUsedChallenge } from "../db/browser-sessions.ts";
import type { Db } from "../db/database.ts";
import type { Env } from "../runtime/env.ts";

/** Purpose of a ceremony. A response to a challenge with another purpose is refused. */
export type Purpose = "sign-in" | "step-up" | "add-passkey" | "link";

/** Time limit for a ceremony (WebAuthn's term for a registration or an authentication). */
export const CEREMONY_MS = 5 * 60 * 1000;

const decoder = new TextDecoder();

/** A challenge that the gateway has made for a ceremony, as the browser returned it in its client data. */
export interface Challenge {
  /** In base64url. */
  text: string;
  purpose: Purpose;
  /** The session or user for which the ceremony was begun; empty for a sign-in. */
  subject: string;
}

/**
 * Makes the challenge of a ceremony. Purpose, subject and time limit are sealed into it, so that nothing is stored for
 * ceremonies that strangers begin.
 */
export function makeChallenge(env: Env, purpose: Purpose, subject: string): string {
  const expiresAt = Date.now() + CEREMONY_MS;
  return seal(env.MCPNEST_MASTER_KEYS, "challenge", [purpose, subject], expiresAt);
}

/**
 * The challenge in the client data of a browser (`CollectedClientData`, WebAuthn level 3, section 5.8.1); undefined: it is
 * malformed, not from this gateway, too old, or for another purpose.
 */
export function readChallenge(
  env: Env,
  purpose: Purpose,
  clientDataJson: string,
): Challenge | undefined {
  const text = parseChallenge(clientDataJson);
  if (text === undefined) return undefined;
  const sealed = decode(text) ?? "";
  const opened = unseal(env.MCPNEST_MASTER_KEYS, "challenge", sealed, Date.now());
  if (opened === undefined) return undefined;
  // The text is authentic: `makeChallenge` sealed it.
  const [sealedPurpose, subject] = opened as [Purpose, string];
  return sealedPurpose === purpose ? { text, purpose, subject } : undefined;
}

/** Spends the challenge of a successful ceremony. False: a ceremony has used it before. */
export function spendChallenge(db: Db, { text, purpose, subject }: Challenge): Promise<boolean> {
  const expiresAt = Date.now() + CEREMONY_MS;
  return insertUsedChallenge(db, { challenge: text, purpose, subject, expiresAt });
}

function parseChallenge(clientDataJson: string): string | undefined {
  try {
    const data: unknown = JSON.parse(decode(clientDataJson) ?? "");
    const challenge: unknown =
      typeof data === "object" && data !== null ? Reflect.get(data, "challenge") : undefined;
    return typeof challenge === "string" ? challenge : undefined;
  } catch {
    // Only the browser's data can fail to parse here.
    return undefined;
  }
}

function decode(base64url: string): string | undefined {
  try {
    return decoder.decode(Uint8Array.fromBase64(base64url, BASE64URL));
  } catch {
    // Only the browser's data can fail to parse here.
    return undefined;
  }
}
