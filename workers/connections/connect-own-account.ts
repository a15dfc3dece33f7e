import type { OwnAccountInput } from "../contract/api/connections.ts";
import type { ProviderClient } from "../contract/records/connection.ts";
import type { ServerRecord } from "../contract/records/workspace.ts";
import type { Command, Refusal } from "../contract/rpc/commands.ts";
import type { Env } from "../runtime/env.ts";
import { budgetsOf } from "../runtime/settings.ts";
import { egressOf } from "../upstream/egress.ts";
import { importPrivateKey } from "../upstream/sign-in/client-auth.ts";
import { discoverProvider, type ProviderMetadata } from "../upstream/sign-in/discover.ts";
import { toEnteredIdentity, type ClientIdentity } from "../upstream/sign-in/register-client.ts";
import { requestOwnTokens } from "../upstream/sign-in/token-requests.ts";

/** The change that stores the tokens, or why there are none. */
export type OwnAccountResult =
  | { ok: true; connect: Omit<Command<"server.connect">, "memberId" | "person"> }
  | { ok: false; refusal: Refusal };

/**
 * Signs the gateway in at a server with a separate account, without a browser: client credentials (RFC 6749, section 4.4),
 * with a secret or a signed assertion (RFC 7523; MCP extension `oauth-client-credentials`).
 */
export async function connectOwnAccount(
  env: Env,
  server: ServerRecord,
  client: OwnAccountInput["client"],
): Promise<OwnAccountResult> {
  if (server.hosted) return refuse("This server is hosted: the gateway does not sign in there.");
  if (server.perPerson) return refuse("Each person has a separate account at this server.");
  if ("privateKey" in client && !(await importPrivateKey(client.privateKey)))
    return refuse(
      "The private key cannot be read. Enter it as PKCS #8 in PEM (it begins with BEGIN PRIVATE KEY), of the type P-256, RSA or Ed25519.",
    );
  const options = { budgets: budgetsOf(env), ...egressOf(env) };
  const found = await discoverProvider({ url: server.url, headers: server.headers }, options);
  if (found.kind === "none")
    return refuse("The server does not ask for a sign-in (OAuth): enter a credential instead.");
  if (found.kind === "unusable") return refuse(`${found.message}.`);
  const { metadata, resource } = found.provider;
  // There is no refresh token in this grant.
  const scopes = found.provider.scopes.filter((scope) => scope !== "offline_access");
  const provider: ProviderClient = {
    issuer: metadata.issuer,
    tokenEndpoint: metadata.token_endpoint,
    revocationEndpoint: metadata.revocation_endpoint ?? null,
    resource,
    ...toIdentity(client, metadata),
    grant: "client_credentials",
  };
  const result = await requestOwnTokens(provider, scopes, options);
  if (result.kind !== "issued") {
    const { host } = new URL(metadata.issuer);
    return refuse(`${host} did not sign the gateway in: ${result.message}.`);
  }
  const { id: serverId, url } = server;
  const { tokens } = result;
  return {
    ok: true,
    connect: { type: "server.connect", serverId, url, provider, tokens, scopes },
  };
}

function toIdentity(client: OwnAccountInput["client"], metadata: ProviderMetadata): ClientIdentity {
  if ("secret" in client) return toEnteredIdentity(metadata, client.id, client.secret);
  return { clientId: client.id, clientSecret: client.privateKey, authMethod: "private_key_jwt" };
}

function refuse(message: string): OwnAccountResult {
  return { ok: false, refusal: { code: "conflict", message } };
}
