import type { Json } from "./management-client.ts";

// A software authenticator (WebAuthn level 3): one P-256 key, attestation "none"; its results are a browser's JSON.
const FLAGS = { userPresent: 0x01, userVerified: 0x04, attestedData: 0x40 };

type Cbor = number | string | Uint8Array | Map<number | string, Cbor>;

/** Values that replace those of a correct browser or authenticator. */
export interface Tampering {
  origin?: string;
  rpId?: string;
  flags?: number;
  challenge?: string;
  type?: string;
}

export class Authenticator {
  readonly id = crypto.getRandomValues(new Uint8Array(16));
  /** False: as passkeys that several devices share, whose counter is always 0. */
  countsSignatures = true;
  readonly #keys: CryptoKeyPair;
  #counter = 0;
  #userHandle = "";

  constructor(keys: CryptoKeyPair) {
    this.#keys = keys;
  }

  static async make(): Promise<Authenticator> {
    const algorithm = { name: "ECDSA", namedCurve: "P-256" };
    // An ECDSA key is a pair.
    const keys = (await crypto.subtle.generateKey(algorithm, true, ["sign"])) as CryptoKeyPair;
    return new Authenticator(keys);
  }

  /** `navigator.credentials.create`, as JSON. */
  async create(options: Json, origin: string, tampering: Tampering = {}) {
    this.#userHandle = options.user.id;
    const authData = concat([
      await this.#header(
        tampering.rpId ?? options.rp.id,
        (tampering.flags ?? 0x05) | FLAGS.attestedData,
      ),
      new Uint8Array(16),
      Uint8Array.of(0, this.id.length),
      this.id,
      encode(await this.#coseKey()),
    ]);
    const attestation = new Map<string, Cbor>([
      ["fmt", "none"],
      ["attStmt", new Map()],
      ["authData", authData],
    ]);
    return this.#credential({
      clientDataJSON: clientData("webauthn.create", options.challenge, origin, tampering),
      attestationObject: toBase64(encode(attestation)),
      transports: ["internal"],
    });
  }

  /** `navigator.credentials.get`, as JSON. */
  async get(options: Json, origin: string, tampering: Tampering = {}) {
    if (this.countsSignatures) this.#counter++;
    const clientDataJSON = clientData("webauthn.get", options.challenge, origin, tampering);
    const authData = await this.#header(tampering.rpId ?? options.rpId, tampering.flags ?? 0x05);
    const hash = await crypto.subtle.digest("SHA-256", fromBase64(clientDataJSON));
    const signature = await crypto.subtle.sign(
      { name: "ECDSA", hash: "SHA-256" },
      this.#keys.privateKey,
      concat([authData, new Uint8Array(hash)]),
    );
    return this.#credential({
      clientDataJSON,
      authenticatorData: toBase64(authData),
      signature: toBase64(toDer(new Uint8Array(signature))),
      userHandle: this.#userHandle,
    });
  }

  /** Resets the signature counter, as in a clone of the authenticator. */
  forgetSignatures(): void {
    this.#counter = 0;
  }

  #credential<T>(response: T) {
    const id = toBase64(this.id);
    return { id, rawId: id, type: "public-key", clientExtensionResults: {}, response };
  }

  async #header(rpId: string, flags: number): Promise<Uint8Array> {
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(rpId));
    const counter = new Uint8Array(4);
    new DataView(counter.buffer).setUint32(0, this.#counter);
    return concat([new Uint8Array(hash), Uint8Array.of(flags), counter]);
  }

  async #coseKey(): Promise<Map<number, Cbor>> {
    // A key exported as JWK is an object.
    const { x = "", y = "" } = (await crypto.subtle.exportKey(
      "jwk",
      this.#keys.publicKey,
    )) as JsonWebKey;
    return new Map<number, Cbor>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, fromBase64(x)],
      [-3, fromBase64(y)],
    ]);
  }
}

function clientData(type: string, challenge: string, origin: string, tampering: Tampering): string {
  const data = { type, challenge, origin, crossOrigin: false };
  const tampered = {
    ...data,
    ...Object.fromEntries(Object.entries(tampering).filter(([k]) => k in data)),
  };
  return toBase64(new TextEncoder().encode(JSON.stringify(tampered)));
}

function toBase64(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(text, { alphabet: "base64url" });
}

function concat(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Encodes integers, text, bytes and maps as CBOR (RFC 8949). */
function encode(value: Cbor): Uint8Array {
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "string") {
    const bytes = new TextEncoder().encode(value);
    return concat([head(3, bytes.length), bytes]);
  }
  if (value instanceof Uint8Array) return concat([head(2, value.length), value]);
  const entries = [...value].flatMap(([key, item]) => [encode(key), encode(item)]);
  return concat([head(5, value.size), ...entries]);
}

function head(major: number, count: number): Uint8Array {
  if (count < 24) return Uint8Array.of((major << 5) | count);
  if (count < 256) return Uint8Array.of((major << 5) | 24, count);
  return Uint8Array.of((major << 5) | 25, count >> 8, count & 255);
}

/** Encodes an ECDSA signature as authenticators do: DER (RFC 3279, section 2.2.3). */
function toDer(raw: Uint8Array): Uint8Array {
  const integer = (bytes: Uint8Array) => {
    const start = bytes.findIndex((byte) => byte !== 0);
    const trimmed = bytes.slice(start);
    const body = (trimmed[0] ?? 0) > 127 ? concat([Uint8Array.of(0), trimmed]) : trimmed;
    return concat([Uint8Array.of(2, body.length), body]);
  };
  const body = concat([integer(raw.slice(0, 32)), integer(raw.slice(32))]);
  return concat([Uint8Array.of(0x30, body.length), body]);
}
