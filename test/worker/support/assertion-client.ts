import { HOST, makeWorkspace } from "./gateway-client.ts";
import { manage, refusalOf } from "./management-client.ts";
import { OauthClient } from "./oauth-client.ts";
import { exchange, Issuer, JWT_BEARER, toResource } from "./workload.ts";

/** The issuer identifier of the gateway's authorization server. */
export const AUTHORIZATION_SERVER = `https://${HOST}/oauth`;
/** The `typ` of an identity assertion. */
export const ASSERTION_TYPE = "oauth-id-jag+jwt";
const ORGANISATION = { org: "org_acme" };
const REQUIRED = [{ claim: "org", values: ["org_acme"] }];

type Changes = Record<string, unknown>;

/** Makes a client with a secret. `redeem`: exchanges an assertion; `changes`: to the form, null: without the field. */
export async function makeConfidentialClient(slug: string) {
  const client = new OauthClient(slug);
  const method = { token_endpoint_auth_method: "client_secret_post" };
  const { body } = await client.register({ client_name: "Claude", ...method });
  const { client_id: id, client_secret: secret } = body;
  const redeem = (assertion: string, changes: Record<string, string | null> = {}) => {
    const form = { grant_type: JWT_BEARER, subject_token: null, subject_token_type: null };
    const credentials = { client_id: id, client_secret: secret };
    return exchange(slug, "", { ...form, ...credentials, assertion, ...changes });
  };
  return { client, id, secret, redeem };
}

/**
 * Makes a workspace that trusts an issuer for its organisation, with the member Ada. `input`: changes to the new
 * issuer. `sign`: an assertion about Ada for the client; `access`: an access token by it; `statusOf`: of a call with a token.
 */
export async function makeTrust(slug: string, input: Changes = {}) {
  await makeWorkspace(slug);
  const path = `/workspaces/${slug}`;
  const address = `ada@${slug}.example`;
  const ada = await manage("POST", `${path}/members`, { name: "Ada", email: address });
  const issuer = await Issuer.open(slug);
  const trusted = { name: "Claude", issuer: issuer.url, requiredClaims: REQUIRED, ...input };
  const made = await manage("POST", `${path}/assertion-issuers`, trusted);
  if (made.status !== 201) throw new Error(refusalOf(made));
  const known = await makeConfidentialClient(slug);
  const claims = {
    aud: AUTHORIZATION_SERVER,
    client_id: known.id,
    resource: toResource(slug),
    sub: "ada-1",
    email: address,
    email_verified: true,
    ...ORGANISATION,
  };
  const sign = (changes: Changes = {}, header: Parameters<Issuer["sign"]>[1] = {}) =>
    issuer.sign({ ...claims, ...changes }, { typ: ASSERTION_TYPE, ...header });
  const access = async (changes: Changes = {}): Promise<string> => {
    const { body, description } = await known.redeem(await sign(changes));
    if (!body.access_token) throw new Error(description);
    return body.access_token;
  };
  const statusOf = (token: string) => known.client.statusOfCall(token);
  const listSentences = async (): Promise<string[]> => {
    const { body } = await manage("GET", `${path}/audit-events`);
    return body.items.map(({ summary }: { summary: string }) => summary);
  };
  const issuerPath = `${path}/assertion-issuers/${made.body.id}`;
  return {
    slug,
    path,
    adaId: ada.body.id,
    address,
    issuer,
    issuerPath,
    claims,
    sign,
    access,
    statusOf,
    listSentences,
    ...known,
  };
}
