import * as oauth from "oauth4webapi";
import type { ProviderClient } from "../../contract/records/connection.ts";
import { parseJson } from "../../mcp/json.ts";
import { SERVER_INFO } from "../../mcp/protocol.ts";
import { isPublicHost } from "../../runtime/public-address.ts";
import type { UpstreamOptions } from "../json-rpc.ts";
import type { Provider, ProviderMetadata } from "./discover.ts";
import { toLibraryOptions } from "./provider-fetch.ts";

/** How the gateway identifies itself at an authorization server. */
export type ClientIdentity = Pick<
  ProviderClient,
  "clientId" | "clientSecret" | "authMethod" | "clientExpiresAt"
>;

/** The path of the gateway's Client ID Metadata Document. */
export const CLIENT_DOCUMENT_PATH = "/oauth/client.json";
/** The path to which authorization servers send the browser back. */
export const CALLBACK_PATH = "/oauth/callback";

/** Of the year 5000: what is later does not end. */
const MAX_EPOCH_SECONDS = 95_000_000_000;

/** The metadata of the gateway as a client (RFC 7591), for a registration and in its document. */
export function toClientMetadata(origin: string) {
  return {
    client_name: SERVER_INFO.name,
    client_uri: origin,
    redirect_uris: [`${origin}${CALLBACK_PATH}`],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    // Its redirect address is https, or http on this machine (OpenID Connect Registration, section 2; 2026-07-28).
    application_type: origin.startsWith("https:") ? "web" : "native",
  };
}

/** Whether authorization servers can fetch the gateway's document: it has to be at a public address. */
export function hasClientDocument(origin: string): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === "https:" && isPublicHost(hostname);
}

/** An identity with a client id and secret that an admin has entered. */
export function toEnteredIdentity(
  { token_endpoint_auth_methods_supported: methods }: ProviderMetadata,
  clientId: string,
  clientSecret: string | null,
): ClientIdentity {
  if (clientSecret === null) return { clientId, clientSecret, authMethod: "none" };
  return { clientId, clientSecret, authMethod: chooseSecretMethod(methods) };
}

/**
 * The identity of the gateway at an authorization server without one that an admin has entered: its metadata document where
 * that is supported, else a registration. Null: neither is possible.
 */
export async function identifyClient(
  { metadata }: Provider,
  origin: string,
  options: UpstreamOptions,
): Promise<ClientIdentity | null> {
  if (metadata.client_id_metadata_document_supported && hasClientDocument(origin)) {
    const clientId = `${origin}${CLIENT_DOCUMENT_PATH}`;
    return { clientId, clientSecret: null, authMethod: "none" };
  }
  if (metadata.registration_endpoint === undefined) return null;
  const methods = metadata.token_endpoint_auth_methods_supported;
  const method = !methods || methods.includes("none") ? "none" : chooseSecretMethod(methods);
  const server = { issuer: metadata.issuer, registration_endpoint: metadata.registration_endpoint };
  const response = await oauth.dynamicClientRegistrationRequest(
    server,
    { ...toClientMetadata(origin), token_endpoint_auth_method: method },
    toLibraryOptions(options),
  );
  const strict = await toStrictResponse(response);
  const registered = await oauth.processDynamicClientRegistrationResponse(strict);
  const { client_id: clientId, client_secret: secret, client_secret_expires_at: end } = registered;
  // Some register every client with a secret, whatever it has asked for.
  const takesSecrets = !methods || methods.some((known) => known.startsWith("client_secret_"));
  const isPublic = typeof secret !== "string" || secret === "" || !takesSecrets;
  return isPublic
    ? { clientId, clientSecret: null, authMethod: "none" }
    : {
        clientId,
        clientSecret: secret,
        authMethod: chooseSecretMethod(methods),
        ...(isInstant(end) ? { clientExpiresAt: end * 1_000 } : {}),
      };
}

/** Whether it is an instant in epoch seconds. RFC 7591, section 3.2.1: 0 says that the secret does not expire. */
function isInstant(end: unknown): end is number {
  return typeof end === "number" && Number.isInteger(end) && end > 0 && end < MAX_EPOCH_SECONDS;
}

/** Some leave `client_secret_expires_at` out, or respond with 200 (RFC 7591, section 3.2.1), which the library refuses. */
async function toStrictResponse(response: Response): Promise<Response> {
  if (!response.ok) return response;
  const text = await response.text();
  const client = parseJson(text);
  const isObject = typeof client === "object" && client !== null;
  return isObject
    ? Response.json({ client_secret_expires_at: 0, ...client }, { status: 201 })
    : new Response(text, { status: 201, headers: response.headers });
}

/** RFC 8414, section 2: without a list, `client_secret_basic` is supported. */
function chooseSecretMethod(methods: string[] | undefined): ProviderClient["authMethod"] {
  const isBasic = !methods || methods.includes("client_secret_basic");
  return isBasic || !methods.includes("client_secret_post")
    ? "client_secret_basic"
    : "client_secret_post";
}
