import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import { parseKeyRing, type KeyRing, type MasterKey } from "./key-ring.ts";

/**
 * What a sealed text is for; one kind is never taken for another. `session`: a legacy client's `Mcp-Session-Id`.
 * `question`: the id of a request from a server to a client. `held-call`: `requestState` of a call that waits for answers.
 */
export type SealPurpose = "session" | "question" | "held-call";

const CIPHER = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;
const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** The ring as last read, with the keys derived from it. */
let known: { text: string; ring: KeyRing; derived: Map<string, Uint8Array> } | null = null;

/**
 * A value as a text of visible ASCII that nobody can read, alter or make (AES-256-GCM under a key derived from the newest
 * master key), good until `expiresAt` (epoch ms). Throws when `ring` is no key ring.
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

/** The sealed value; undefined when the text was not sealed for this purpose by a key of the ring, or has expired. */
export function unseal(ring: string, purpose: SealPurpose, text: string, now: number): unknown {
  const dot = text.indexOf(".");
  const keys = openRing(ring);
  const master = keys.ring.find(({ kid }) => kid === text.slice(0, dot));
  if (!master) return undefined;
  try {
    const box = Uint8Array.fromBase64(text.slice(dot + 1), BASE64URL);
    const decipher = createDecipheriv(
      CIPHER,
      keyFor(keys, master, purpose),
      box.subarray(0, IV_BYTES),
    );
    decipher.setAuthTag(box.subarray(-TAG_BYTES));
    const plain = concat(decipher.update(box.subarray(IV_BYTES, -TAG_BYTES)), decipher.final());
    // The text is authentic: `seal` wrote it.
    const [expiresAt, value] = JSON.parse(decoder.decode(plain)) as [number, unknown];
    return expiresAt > now ? value : undefined;
  } catch {
    return undefined;
  }
}

function openRing(text: string) {
  if (known?.text !== text) known = { text, ring: parseKeyRing(text), derived: new Map() };
  return known;
}

/** A master key is used for nothing itself: each purpose has a key derived from it. */
function keyFor(
  { derived }: { derived: Map<string, Uint8Array> },
  { kid, key }: MasterKey,
  purpose: SealPurpose,
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
