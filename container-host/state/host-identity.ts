import { createHmac, randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { exportJWK, generateKeyPair, importJWK, SignJWT, type CryptoKey } from "jose";
import { z } from "zod";
import { HOST_PROOF_TYPE, type HostProof } from "../../workers/contract/hosting/host-protocol.ts";
import { readJsonFile, replaceJsonFile } from "./json-file.ts";

const StoredKeys = z.strictObject({
  /** Ed25519, as a JWK's members. */
  x: z.string(),
  d: z.string(),
  /** 32 bytes, base64. */
  derivationKey: z.string(),
});

/** The host's keys, created at its first start. They are stored, so that the next process can reach running bridges. */
export class HostIdentity {
  /** `x` of the Ed25519 JWK (RFC 8037). */
  readonly publicKey: string;
  readonly #signingKey: CryptoKey;
  readonly #derivationKey: Buffer;

  private constructor(publicKey: string, signingKey: CryptoKey, derivationKey: Buffer) {
    this.publicKey = publicKey;
    this.#signingKey = signingKey;
    this.#derivationKey = derivationKey;
  }

  /** Reads `identity.json` in the folder, or creates it (mode 0600). Throws when it is unreadable or invalid. */
  static async open(folder: string): Promise<HostIdentity> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, "identity.json");
    const content = await readJsonFile(file);
    const stored = content === null ? await makeKeys() : StoredKeys.parse(content);
    if (content === null) await replaceJsonFile(file, stored);
    const { x, d, derivationKey } = stored;
    const key = await importJWK({ kty: "OKP", crv: "Ed25519", x, d }, "EdDSA");
    if (key instanceof Uint8Array) throw new Error(`${file} does not hold an Ed25519 key`);
    return new HostIdentity(x, key, Buffer.from(derivationKey, "base64"));
  }

  /** The Bearer secret of an instance's bridge. It is derived and not stored, so a restart of the host keeps it. */
  deriveBridgeSecret(instanceId: string): string {
    return this.#derive("bridge", instanceId);
  }

  /** Keyed hash (HMAC-SHA-256, hex) of content with secrets: every user of the engine can read a label. */
  computeFingerprint(content: string): string {
    return this.#derive("computeFingerprint", content);
  }

  /** The compact JWS for `HostStatus.proof`. */
  signProof(proof: HostProof): Promise<string> {
    return new SignJWT(proof)
      .setProtectedHeader({ alg: "EdDSA", typ: HOST_PROOF_TYPE })
      .sign(this.#signingKey);
  }

  #derive(purpose: string, content: string): string {
    return createHmac("sha256", this.#derivationKey).update(`${purpose}\0${content}`).digest("hex");
  }
}

async function makeKeys(): Promise<z.infer<typeof StoredKeys>> {
  const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  const { x = "", d = "" } = await exportJWK(privateKey);
  return { x, d, derivationKey: randomBytes(32).toString("base64") };
}
