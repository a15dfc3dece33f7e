import { importPKCS8, type CryptoKey } from "jose";
import * as oauth from "oauth4webapi";
import type { ProviderClient } from "../../contract/records/connection.ts";

/** The kinds of keys with which clients sign (RFC 7518, section 3.1; RFC 8037), the usual one first. */
const ALGORITHMS = ["ES256", "RS256", "EdDSA"];

/** Reads a private key (PKCS #8, PEM: `BEGIN PRIVATE KEY`); null: it is none that the gateway signs with. */
export async function importPrivateKey(pem: string): Promise<CryptoKey | null> {
  for (const algorithm of ALGORITHMS) {
    // The text does not name the algorithm outside of its encoding: another kind of key fails.
    const key = await importPKCS8(pem, algorithm).catch(() => null);
    if (key) return key;
  }
  return null;
}

/** How the gateway authenticates at an authorization server. `secret`: with `private_key_jwt` the private key. */
export async function toClientAuth(
  method: ProviderClient["authMethod"],
  secret: string,
): Promise<oauth.ClientAuth> {
  switch (method) {
    case "none":
      return oauth.None();
    case "client_secret_post":
      return oauth.ClientSecretPost(secret);
    case "client_secret_basic":
      return toBasicAuth(secret);
    case "private_key_jwt": {
      const key = await importPrivateKey(secret);
      if (!key) throw new Error("the private key cannot be read");
      return oauth.PrivateKeyJwt(key);
    }
  }
}

/**
 * `client_secret_basic` (RFC 6749, section 2.3.1). The library also escapes `-`, `.` and `_`, which form encoding leaves as
 * they are, and authorization servers that do not decode would refuse the client.
 */
function toBasicAuth(secret: string): oauth.ClientAuth {
  return (_server, client, _body, headers) => {
    const credentials = `${encodeForm(client.client_id)}:${encodeForm(secret)}`;
    headers.set("authorization", `Basic ${btoa(credentials)}`);
  };
}

function encodeForm(text: string): string {
  return new URLSearchParams({ text }).toString().slice("text=".length);
}
