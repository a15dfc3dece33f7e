// Keys of domains as the official registry reads them:
// https://github.com/modelcontextprotocol/registry/blob/main/docs/modelcontextprotocol-io/authentication.mdx

/** A key that a domain has published. `fingerprint`: its algorithm and first characters; public keys are no secrets. */
export interface DomainKey {
  algorithm: "ed25519" | "ecdsap384";
  bytes: Uint8Array<ArrayBuffer>;
  fingerprint: string;
}

const RECORD = /v=MCPv1;\s*k=([^;\s]+);\s*p=([A-Za-z0-9+/=]+)/;
const ED25519_BYTES = 32;
const P384_BYTES = 49;
const SHOWN_CHARS = 8;

/** The keys in records, and why others are none. Texts that are no records of keys are left out. */
export function parseDomainKeys(records: string[]): { keys: DomainKey[]; problems: string[] } {
  const keys: DomainKey[] = [];
  const problems: string[] = [];
  for (const record of records) {
    const [, algorithm = "", encoded = ""] = RECORD.exec(record) ?? [];
    if (algorithm === "") continue;
    const bytes = decode(encoded);
    const fingerprint = `${algorithm.slice(0, 20)}:${encoded.slice(0, SHOWN_CHARS)}`;
    if (algorithm === "ed25519" && bytes?.length === ED25519_BYTES)
      keys.push({ algorithm, bytes, fingerprint });
    else if (algorithm === "ecdsap384" && bytes?.length === P384_BYTES)
      keys.push({ algorithm, bytes, fingerprint });
    else problems.push(`${fingerprint} is no key of ed25519 (32 bytes) or ecdsap384 (49 bytes)`);
  }
  return { keys, problems };
}

/** Whether one of the keys has signed a text. `signature`: hex. */
export async function isSigned(
  keys: DomainKey[],
  text: string,
  signature: string,
): Promise<boolean> {
  const signed = new TextEncoder().encode(text);
  const bytes = Uint8Array.fromHex(signature);
  const results = await Promise.all(keys.map((key) => isSignedBy(key, signed, bytes)));
  return results.includes(true);
}

async function isSignedBy(
  { algorithm, bytes }: DomainKey,
  signed: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  try {
    if (algorithm === "ed25519") {
      const key = await crypto.subtle.importKey("raw", bytes, "Ed25519", false, ["verify"]);
      return await crypto.subtle.verify("Ed25519", key, signature, signed);
    }
    const curve = { name: "ECDSA", namedCurve: "P-384" };
    const key = await crypto.subtle.importKey("raw", decompress(bytes), curve, false, ["verify"]);
    return await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-384" }, key, signature, signed);
  } catch {
    // The published bytes are no point of the curve, or the signature has another length.
    return false;
  }
}

/** The prime and the last coefficient of P-384 (FIPS 186-4, D.1.2.4). */
const P = 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n;
const B =
  0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn;
const COORDINATE_BYTES = 48;

/** A point with both coordinates, as WebCrypto reads it (SEC 1, section 2.3.4). */
function decompress(point: Uint8Array): Uint8Array<ArrayBuffer> {
  const x = BigInt(`0x${point.subarray(1).toHex()}`);
  // P is 3 modulo 4, so that this power is a square root.
  const root = power((((x * x - 3n) % P) * x + B) % P, (P + 1n) / 4n);
  const isOdd = point[0] === 3;
  const y = (root % 2n === 1n) === isOdd ? root : P - root;
  const digits = COORDINATE_BYTES * 2;
  return Uint8Array.fromHex(
    `04${x.toString(16).padStart(digits, "0")}${y.toString(16).padStart(digits, "0")}`,
  );
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, ((base % P) + P) % P];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

function decode(base64: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    // The record is another's: its key is not base64.
    return null;
  }
}
