import { equal } from "node:assert/strict";
import {
  Client,
  ClientCredentialsProvider,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { z } from "zod";
import { manage, type ManagementApi } from "../../scripts/management-client.ts";
import { createOpenWorkspace } from "../fixtures/local-gateway.ts";
import { startPublishedUpstream } from "../fixtures/published-upstream.mjs";

const Context = z.object({ client_id: z.string(), valid_jwt: z.string() });
const Made = z.object({ id: z.string() });

/** A program without a secret: it sends a token of its own to the authorization server (RFC 7523, section 2.1). */
class Workload extends ClientCredentialsProvider {
  readonly #jwt: string;

  constructor(clientId: string, jwt: string) {
    super({ clientId, clientSecret: "" });
    this.#jwt = jwt;
  }

  override clientInformation() {
    return { client_id: super.clientInformation().client_id };
  }

  override get clientMetadata() {
    return { ...super.clientMetadata, token_endpoint_auth_method: "none" };
  }

  override prepareTokenRequest(): URLSearchParams {
    return new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: this.#jwt,
    });
  }
}

/**
 * The suite judges a client that gets its token by the JWT bearer grant. The same client then gets a token from the
 * gateway, for an agent that trusts the issuer of its own token, and calls a tool of `fixtureUrl` with it.
 */
export async function runWorkload(
  scenarioUrl: string,
  fixtureUrl: string,
  api: ManagementApi,
  slug: string,
  context: unknown,
): Promise<void> {
  const { client_id: clientId, valid_jwt: jwt } = Context.parse(context);
  await callTool(scenarioUrl, "test-tool", new Workload(clientId, jwt));
  await createOpenWorkspace(api, slug, [{ slug: "fixture", url: fixtureUrl }]);
  const { origin } = new URL(api.apiUrl);
  const issuer = await startPublishedUpstream();
  try {
    const claims = { repository: "acme/app" };
    await makeAgent(api, slug, { issuer: issuer.url, audience: `${origin}/oauth`, claims });
    const token = await publishAndSign(issuer.url, `${origin}/oauth`, claims);
    await callTool(`${origin}/mcp/${slug}`, "test_simple_text", new Workload(clientId, token));
  } finally {
    await issuer.close();
  }
}

async function callTool(url: string, name: string, authProvider: Workload): Promise<void> {
  const client = new Client(
    { name: "workload", version: "1.0.0" },
    { versionNegotiation: { mode: "auto" } },
  );
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider }));
  const result = await client.callTool({ name, arguments: {} });
  equal(result.isError ?? false, false, JSON.stringify(result));
  await client.close();
}

async function makeAgent(api: ManagementApi, slug: string, rule: object): Promise<void> {
  const path = `/workspaces/${slug}`;
  const owner = Made.parse(await manage(api, "POST", `${path}/members`, { name: "Olga" }));
  const agent = { name: "Deploy", ownerId: owner.id };
  const { id } = Made.parse(await manage(api, "POST", `${path}/agents`, agent));
  await manage(api, "POST", `${path}/agents/${id}/trust-rules`, { name: "CI", ...rule });
}

/** Publishes the metadata and the key of an issuer, and signs a token of it. */
async function publishAndSign(issuer: string, audience: string, claims: object): Promise<string> {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const keys = [{ ...(await exportJWK(publicKey)), kid: "k1", alg: "ES256" }];
  await publish(`${issuer}/keys`, { keys });
  await publish(`${issuer}/.well-known/openid-configuration`, {
    issuer,
    jwks_uri: `${issuer}/keys`,
  });
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: "ES256", kid: "k1" })
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime("5m")
    .setJti(crypto.randomUUID())
    .sign(privateKey);
}

async function publish(url: string, document: object): Promise<void> {
  await (await fetch(url, { method: "PUT", body: JSON.stringify(document) })).text();
}
