import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from "jose";
import { inject } from "vitest";
import { HOST, send } from "./gateway-client.ts";
import type { Json } from "./management-client.ts";

const ORIGIN = `https://${HOST}`;
const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
export const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

interface Key {
  kid: string;
  privateKey: CryptoKey;
}

/** An issuer of workload tokens, such as that of a CI service. Each has a separate address. */
export class Issuer {
  readonly url: string;
  #key: Key | null = null;

  private constructor(url: string) {
    this.url = url;
  }

  /** `metadata`: changes to what it publishes of itself; null: it publishes nothing. */
  static async open(name: string, metadata: Record<string, unknown> | null = {}): Promise<Issuer> {
    const issuer = new Issuer(`${inject("publishedUrl")}/${name}`);
    const document = { issuer: issuer.url, jwks_uri: `${issuer.url}/keys`, ...metadata };
    if (metadata) await issuer.publish("/.well-known/openid-configuration", document);
    await issuer.rotate("k1");
    return issuer;
  }

  publish(path: string, document: unknown): Promise<unknown> {
    return fetch(this.url + path, { method: "PUT", body: JSON.stringify(document) });
  }

  /** How often a document was read. */
  async countReads(path: string): Promise<number> {
    const { origin, pathname } = new URL(this.url + path);
    return Number(await (await fetch(`${origin}/reads?${pathname}`)).text());
  }

  /** Replaces the key by a new one, and publishes that one alone. */
  async rotate(kid: string): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    this.#key = { kid, privateKey };
    await this.publish("/keys", { keys: [{ ...(await exportJWK(publicKey)), kid, alg: "ES256" }] });
  }

  /** Signs a token that is valid for five minutes. `key`: another one; `kid`, `typ`: as the header names them. */
  async sign(
    claims: JWTPayload,
    { key, kid, typ }: { key?: CryptoKey; kid?: string; typ?: string } = {},
  ) {
    const now = Math.floor(Date.now() / 1_000);
    const own = this.#key;
    if (!own) throw new Error("the issuer has no key");
    const payload = {
      iss: this.url,
      iat: now,
      exp: now + 300,
      jti: crypto.randomUUID(),
      ...claims,
    };
    return new SignJWT(payload)
      .setProtectedHeader({
        alg: "ES256",
        kid: kid ?? own.kid,
        ...(typ === undefined ? {} : { typ }),
      })
      .sign(key ?? own.privateKey);
  }
}

/** The resource of a workspace. */
export function toResource(slug: string): string {
  return `${ORIGIN}/mcp/${slug}`;
}

/** Exchanges a workload's token at the token endpoint. `changes`: to the form; null: without the field. */
export async function exchange(
  slug: string,
  jwt: string,
  changes: Record<string, string | null> = {},
): Promise<{ status: number; body: Json; description: string }> {
  const form = new URLSearchParams();
  const fields: Record<string, string | null> = {
    grant_type: TOKEN_EXCHANGE,
    subject_token: jwt,
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    resource: toResource(slug),
    ...changes,
  };
  for (const [name, value] of Object.entries(fields)) if (value !== null) form.set(name, value);
  const response = await send("/oauth/token", {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: form.toString(),
  });
  const body: Json = await response.json();
  return { status: response.status, body, description: body.error_description ?? "" };
}
