import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";
import { Memo } from "../runtime/memo.ts";
import { BASE64URL } from "./base64url.ts";
import { parseKeyRing, type KeyRing, type MasterKey } from "./key-ring.ts";

/**
 * The purpose of a sealed text; a text of one purpose cannot be opened for another. `session`: a legacy client's `Mcp-Session-Id`.
 * `server-request`: the id of a server request to a client. `suspended-call`: `requestState` of a suspended call.
 * `challenge`: of a WebAuthn ceremony. `company-sign-in`, `company-test`: a sign-in at a company's provider, and what a test
 * of it has shown.
 */
export type SealPurpose =
  | "session"
  | "server-request"
  | "suspended-call"
  | "challenge"
  | "company-sign-in"
  | "company-test";

/** The purpose of a text that is always the same for the same value. `task`: the id of a task. */
export type FixedSealPurpose = "task";

const CIPHER = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** The key ring that was parsed last, with the keys derived from it. */
let known: OpenRing | null = null;

interface OpenRing {
  text: string;
  ring: KeyRing;
  derived: Map<string, Uint8Array>;
  /** Opened `session` texts: each request of a client carries one. */
  sessions: Memo<[expiresAt: number, value: unknown] | null>;
}

/**
 * Encrypts and authenticates a value as visible ASCII (AES-256-GCM with a key derived from the newest master key). It can
 * be opened until `expiresAt` (epoch ms).
 * @throws Error when `ring` is not a key ring
 */
export function seal(
  ring: string,
  purpose: SealPurpose,
  value: unknown,
  expiresAt: number,
): string {
  const keys = openRing(ring);
  const [master] = keys.ring;
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const cipher = createCipheriv(CIPHER, keyFor(keys, master, purpose), iv);
  const plain = encoder.encode(JSON.stringify([expiresAt, value]));
  const box = concat(iv, cipher.update(plain), cipher.final(), cipher.getAuthTag());
  return `${master.kid}.${box.toBase64(BASE64URL)}`;
}

/**
 * As `seal`, but the text never expires and is always the same for the same value and owner, as an id must be. It
 * reveals whether two texts hold the same value, and nothing else: the IV is a MAC of all that is sealed (like SIV,
 * RFC 5297). `owner` is not in the text; only who names the same owner can open it.
 * @throws Error when `ring` is not a key ring
 */
export function sealFixed(
  ring: string,
  purpose: FixedSealPurpose,
  value: unknown,
  owner: string,
): string {
  const keys = openRing(ring);
  const [master] = keys.ring;
  const plain = encoder.encode(JSON.stringify(value));
  const bound = encoder.encode(JSON.stringify(owner));
  const mac = createHmac("sha256", keyFor(keys, master, `${purpose}-iv`));
  const iv = new Uint8Array(mac.update(bound).update(plain).digest()).subarray(0, IV_BYTES);
  const cipher = createCipheriv(CIPHER, keyFor(keys, master, purpose), iv).setAAD(bound);
  const box = concat(iv, cipher.update(plain), cipher.final(), cipher.getAuthTag());
  return `${master.kid}.${box.toBase64(BASE64URL)}`;
}

/** The value of a text of `sealFixed`; undefined: no key of the ring sealed it for this purpose and owner. */
export function unsealFixed(
  ring: string,
  purpose: FixedSealPurpose,
  text: string,
  owner: string,
): unknown {
  const plain = open(openRing(ring), purpose, text, encoder.encode(JSON.stringify(owner)));
  return plain === null ? undefined : JSON.parse(plain);
}

/** The sealed value; undefined: the text was not sealed for this purpose by a key of the ring, or it has expired. */
export function unseal(ring: string, purpose: SealPurpose, text: string, now: number): unknown {
  const keys = openRing(ring);
  const opened = purpose === "session" ? keys.sessions.get(text) : openDated(keys, purpose, text);
  return opened && opened[0] > now ? opened[1] : undefined;
}

/** The value of a text with its expiry; null: no key of the ring sealed it for this purpose. */
function openDated(
  keys: Omit<OpenRing, "sessions">,
  purpose: SealPurpose,
  text: string,
): [expiresAt: number, value: unknown] | null {
  const plain = open(keys, purpose, text, null);
  // The text is authentic: `seal` wrote it.
  return plain === null ? null : (JSON.parse(plain) as [number, unknown]);
}

/** The JSON text that was sealed; null: no key of the ring sealed it for this purpose, with these bytes bound to it. */
function open(
  keys: Omit<OpenRing, "sessions">,
  purpose: SealPurpose | FixedSealPurpose,
  text: string,
  bound: Uint8Array | null,
): string | null {
  const dot = text.indexOf(".");
  const master = keys.ring.find(({ kid }) => kid === text.slice(0, dot));
  if (!master) return null;
  const plain = decrypt(text.slice(dot + 1), keyFor(keys, master, purpose), bound);
  return plain && decoder.decode(plain);
}

function decrypt(base64url: string, key: Uint8Array, bound: Uint8Array | null): Uint8Array | null {
  try {
    const box = Uint8Array.fromBase64(base64url, BASE64URL);
    const decipher = createDecipheriv(CIPHER, key, box.subarray(0, IV_BYTES));
    if (bound) decipher.setAAD(bound);
    decipher.setAuthTag(box.subarray(-TAG_BYTES));
    return concat(decipher.update(box.subarray(IV_BYTES, -TAG_BYTES)), decipher.final());
  } catch {
    // Only a forged or damaged text fails here: it comes from the client.
    return null;
  }
}

function openRing(text: string): OpenRing {
  if (known?.text === text) return known;
  const keys = { text, ring: parseKeyRing(text), derived: new Map<string, Uint8Array>() };
  known = { ...keys, sessions: new Memo((id) => openDated(keys, "session", id)) };
  return known;
}

/** Each purpose has a key that is derived from the master key, which encrypts nothing itself. */
function keyFor(
  { derived }: Pick<OpenRing, "derived">,
  { kid, key }: MasterKey,
  purpose: SealPurpose | FixedSealPurpose | `${FixedSealPurpose}-iv`,
): Uint8Array {
  const name = `${purpose} ${kid}`;
  let found = derived.get(name);
  if (!found) {
    found = new Uint8Array(hkdfSync("sha256", key, "", `mng/${purpose}/v1`, 32));
    derived.set(name, found);
  }
  return found;
}

function concat(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
