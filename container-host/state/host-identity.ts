import { createHmac, randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exportJWK, generateKeyPair, importJWK, SignJWT, type CryptoKey } from "jose";
import { z } from "zod";
import { HOST_PROOF_TYPE, type HostProof } from "../../workers/contract/hosting/host-protocol.ts";

const Stored = z.strictObject({
  /** Ed25519, as a JWK's members. */
  x: z.string(),
  d: z.string(),
  /** 32 bytes, base64. */
  derivationKey: z.string(),
});

/** The host's own keys, made on its first start. They outlive the process: running containers are found again by them. */
export class Identity {
  readonly publicKey: string;
  readonly #signingKey: CryptoKey;
  readonly #derivationKey: Buffer;

  private constructor(publicKey: string, signingKey: CryptoKey, derivationKey: Buffer) {
    this.publicKey = publicKey;
    this.#signingKey = signingKey;
    this.#derivationKey = derivationKey;
  }

  /** Reads `identity.json` in the folder, or makes it (mode 0600). */
  static async open(folder: string): Promise<Identity> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, "identity.json");
    const text = await readFile(file, "utf8").catch(() => null);
    const stored = text === null ? await makeKeys() : Stored.parse(JSON.parse(text));
    if (text === null) await writeFileWhole(file, stored);
    const { x, d, derivationKey } = stored;
    const key = await importJWK({ kty: "OKP", crv: "Ed25519", x, d }, "EdDSA");
    if (key instanceof Uint8Array) throw new Error(`${file} does not hold an Ed25519 key`);
    return new Identity(x, key, Buffer.from(derivationKey, "base64"));
  }

  /** The Bearer secret of an instance's bridge: the same after a restart of the host, without being stored. */
  bridgeSecret(instanceId: string): string {
    return this.#derive("bridge", instanceId);
  }

  /** Names a content without telling it: labels are readable to whoever reads the engine. */
  fingerprint(content: string): string {
    return this.#derive("fingerprint", content);
  }

  signProof(proof: HostProof): Promise<string> {
    return new SignJWT(proof)
      .setProtectedHeader({ alg: "EdDSA", typ: HOST_PROOF_TYPE })
      .sign(this.#signingKey);
  }

  #derive(purpose: string, content: string): string {
    return createHmac("sha256", this.#derivationKey).update(`${purpose}\0${content}`).digest("hex");
  }
}

/** Replaces a file at once: a crash leaves the old content or the new one. */
export async function writeFileWhole(file: string, content: unknown): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(content), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

async function makeKeys(): Promise<z.infer<typeof Stored>> {
  const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  const { x = "", d = "" } = await exportJWK(privateKey);
  return { x, d, derivationKey: randomBytes(32).toString("base64") };
}
