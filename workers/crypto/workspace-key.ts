import { hkdfSync } from "node:crypto";
import { BASE64URL } from "./base64url.ts";
import type { KeyRing, MasterKey } from "./key-ring.ts";

// Envelope encryption. Master keys (a ring, newest first) wrap one data key per workspace; the data key seals the
// workspace's secrets. AES-256-GCM throughout, with random 96-bit IVs.

/** First part of each sealed text, so that the algorithm can change. */
const VERSION = "v1";
const KEY_BYTES = 32;
const IV_BYTES = 12;
const ALGORITHM = "AES-GCM";

const encoder = new TextEncoder();

/** Creates a workspace's data key, wrapped with the newest master key: `v1|kid|iv|ciphertext`. */
export async function createWorkspaceKey(ring: KeyRing): Promise<string> {
  return wrap(ring[0], crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
}

/** Unwraps a data key, which cannot be exported. Throws when no master key of the ring opens it. */
export async function openWorkspaceKey(ring: KeyRing, wrapped: string): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", await unwrap(ring, wrapped), ALGORITHM, false, [
    "encrypt",
    "decrypt",
  ]);
}

/**
 * Derives the key of references to secrets from a workspace's data key: it stays the same when another master key wraps that.
 * Throws as `openWorkspaceKey` does.
 */
export async function openReferenceKey(ring: KeyRing, wrapped: string): Promise<Uint8Array> {
  return new Uint8Array(
    hkdfSync("sha256", await unwrap(ring, wrapped), "", "mng/reference/v1", KEY_BYTES),
  );
}

/** Wraps a data key with the newest master key. Sealed values stay valid. Throws as `openWorkspaceKey` does. */
export async function rewrapWorkspaceKey(ring: KeyRing, wrapped: string): Promise<string> {
  const [current] = ring;
  return wrapped.startsWith(`${VERSION}|${current.kid}|`)
    ? wrapped
    : wrap(current, await unwrap(ring, wrapped));
}

/**
 * Encrypts a value: `v1|iv|ciphertext`. `context`: what it is sealed for, the kind of secret first, as additional
 * authenticated data: it can be opened for no other.
 */
export async function sealValue(key: CryptoKey, context: string[], value: string): Promise<string> {
  return `${VERSION}|${await encrypt(key, toContextBytes(context), encoder.encode(value))}`;
}

/** Decrypts a sealed value; null: it was not sealed with this key for this context. */
export async function openValue(
  key: CryptoKey,
  context: string[],
  sealed: string,
): Promise<string | null> {
  const [version, ...parts] = sealed.split("|");
  const plain = version === VERSION ? await decrypt(key, toContextBytes(context), parts) : null;
  return plain && new TextDecoder().decode(plain);
}

async function wrap(master: MasterKey, dataKey: Uint8Array): Promise<string> {
  return `${VERSION}|${master.kid}|${await encrypt(await deriveWrappingKey(master), toKeyContextBytes(master.kid), dataKey)}`;
}

async function unwrap(ring: KeyRing, wrapped: string): Promise<Uint8Array> {
  const [version, kid, ...parts] = wrapped.split("|");
  const master = ring.find((candidate) => candidate.kid === kid);
  const plain =
    version === VERSION && master
      ? await decrypt(await deriveWrappingKey(master), toKeyContextBytes(master.kid), parts)
      : null;
  if (!plain) throw new Error("no key of MCPNEST_MASTER_KEYS opens this workspace's key");
  return new Uint8Array(plain);
}

/** Derives the wrapping key (HKDF, RFC 5869): a master key is never used directly. */
async function deriveWrappingKey(master: MasterKey): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey("raw", master.key, "HKDF", false, ["deriveKey"]);
  const derivation = {
    name: "HKDF",
    hash: "SHA-256",
    salt: new Uint8Array(),
    info: encoder.encode("mng/kek/v1"),
  };
  return crypto.subtle.deriveKey(derivation, base, { name: ALGORITHM, length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);
}

/** `iv|ciphertext`, both base64url. */
async function encrypt(
  key: CryptoKey,
  additionalData: Uint8Array,
  plain: Uint8Array,
): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const ciphertext = await crypto.subtle.encrypt(
    { name: ALGORITHM, iv, additionalData },
    key,
    plain,
  );
  return `${iv.toBase64(BASE64URL)}|${new Uint8Array(ciphertext).toBase64(BASE64URL)}`;
}

/** Null for every failure: malformed text, another key and another context are not distinguished. */
async function decrypt(
  key: CryptoKey,
  additionalData: Uint8Array,
  parts: string[],
): Promise<ArrayBuffer | null> {
  try {
    const [iv, ciphertext] = parts.map((part) => Uint8Array.fromBase64(part, BASE64URL));
    if (!iv || !ciphertext || parts.length !== 2) return null;
    return await crypto.subtle.decrypt({ name: ALGORITHM, iv, additionalData }, key, ciphertext);
  } catch {
    // Expected for another key or context: fromBase64 and decrypt report it by an exception.
    return null;
  }
}

function toContextBytes(context: string[]): Uint8Array {
  return encodeLengthPrefixed(["mng", VERSION, ...context]);
}

function toKeyContextBytes(kid: string): Uint8Array {
  return toContextBytes(["workspace_key", kid]);
}

/** Writes each part after its length, so that two different lists never give the same bytes. */
function encodeLengthPrefixed(parts: string[]): Uint8Array {
  return encoder.encode(parts.map((part) => `${encoder.encode(part).length}:${part}`).join(""));
}
