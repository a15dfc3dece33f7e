import type { KeyRing, MasterKey } from "../../workers/crypto/key-ring.ts";

// Envelope encryption. Master keys (a ring, newest first) wrap one data key per workspace; the data key seals the
// secret headers of its servers and the variables of its hosted ones. AES-256-GCM throughout, with random 96-bit IVs.

/** What a sealed header belongs to. It can be opened for exactly this and nothing else. */
export interface HeaderContext {
  workspaceId: string;
  serverId: string;
  /** Of the server's URL, so that a secret cannot be sent to another host by changing the URL. */
  origin: string;
  header: string;
}

const VERSION = "v1";
const KEY_BYTES = 32;
const IV_BYTES = 12;
const ALGORITHM = "AES-GCM";
const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;

const encoder = new TextEncoder();

/** Makes a workspace's data key, wrapped under the newest master key: `v1|kid|iv|ciphertext`. */
export async function createWorkspaceKey(ring: KeyRing): Promise<string> {
  return wrap(ring[0], crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
}

/** A data key for use; it cannot be exported. Throws when no master key of the ring opens it. */
export async function openWorkspaceKey(ring: KeyRing, wrapped: string): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", await unwrap(ring, wrapped), ALGORITHM, false, [
    "encrypt",
    "decrypt",
  ]);
}

/** The same data key under the newest master key; what it sealed stays valid. Throws as `openWorkspaceKey` does. */
export async function rewrapWorkspaceKey(ring: KeyRing, wrapped: string): Promise<string> {
  const [current] = ring;
  return wrapped.startsWith(`${VERSION}|${current.kid}|`)
    ? wrapped
    : wrap(current, await unwrap(ring, wrapped));
}

export async function sealHeader(
  key: CryptoKey,
  context: HeaderContext,
  value: string,
): Promise<string> {
  return `${VERSION}|${await encrypt(key, headerData(context), encoder.encode(value))}`;
}

/** Null when it was not sealed by this key for exactly this context. */
export async function openHeader(
  key: CryptoKey,
  context: HeaderContext,
  sealed: string,
): Promise<string | null> {
  const [version, ...box] = sealed.split("|");
  const plain = version === VERSION ? await decrypt(key, headerData(context), box) : null;
  return plain && new TextDecoder().decode(plain);
}

/** What a hosted server's variable belongs to. It can be opened for exactly this and nothing else. */
export interface VariableContext {
  workspaceId: string;
  instanceId: string;
  key: string;
}

export async function sealVariable(
  key: CryptoKey,
  context: VariableContext,
  value: string,
): Promise<string> {
  return `${VERSION}|${await encrypt(key, variableData(context), encoder.encode(value))}`;
}

/** Null when it was not sealed by this key for exactly this context. */
export async function openVariable(
  key: CryptoKey,
  context: VariableContext,
  sealed: string,
): Promise<string | null> {
  const [version, ...box] = sealed.split("|");
  const plain = version === VERSION ? await decrypt(key, variableData(context), box) : null;
  return plain && new TextDecoder().decode(plain);
}

async function wrap(master: MasterKey, dataKey: Uint8Array): Promise<string> {
  return `${VERSION}|${master.kid}|${await encrypt(await wrappingKey(master), keyData(master.kid), dataKey)}`;
}

async function unwrap(ring: KeyRing, wrapped: string): Promise<Uint8Array> {
  const [version, kid, ...box] = wrapped.split("|");
  const master = ring.find((candidate) => candidate.kid === kid);
  const plain =
    version === VERSION && master
      ? await decrypt(await wrappingKey(master), keyData(master.kid), box)
      : null;
  if (!plain) throw new Error("no key of MCPNEST_MASTER_KEYS opens this workspace's key");
  return new Uint8Array(plain);
}

/** A master key is used for nothing itself: each purpose has a key derived from it. */
async function wrappingKey(master: MasterKey): Promise<CryptoKey> {
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

/** Null for every failure, which all mean one thing: not encrypted by this key for this purpose. */
async function decrypt(
  key: CryptoKey,
  additionalData: Uint8Array,
  box: string[],
): Promise<ArrayBuffer | null> {
  try {
    const [iv, ciphertext] = box.map((part) => Uint8Array.fromBase64(part, BASE64URL));
    if (!iv || !ciphertext || box.length !== 2) return null;
    return await crypto.subtle.decrypt({ name: ALGORITHM, iv, additionalData }, key, ciphertext);
  } catch {
    return null;
  }
}

function headerData({ workspaceId, serverId, origin, header }: HeaderContext): Uint8Array {
  return lengthPrefixed(["mng", VERSION, "upstream_cred", workspaceId, serverId, origin, header]);
}

function variableData({ workspaceId, instanceId, key }: VariableContext): Uint8Array {
  return lengthPrefixed(["mng", VERSION, "instance_variable", workspaceId, instanceId, key]);
}

function keyData(kid: string): Uint8Array {
  return lengthPrefixed(["mng", VERSION, "workspace_key", kid]);
}

/** Each part after its length, so that no two lists of parts give the same bytes. */
function lengthPrefixed(parts: string[]): Uint8Array {
  return encoder.encode(parts.map((part) => `${encoder.encode(part).length}:${part}`).join(""));
}
