import { processDiscoveryResponse } from "oauth4webapi";
import { z } from "zod";
import type { UpstreamError } from "../../contract/rpc/tool-catalogue.ts";
import { parseJson } from "../../mcp/json.ts";
import { checkUpstreamUrl, discardBody, guardedFetch } from "../guarded-fetch.ts";
import { makeRequest, withTotalTimeout, type Peer, type UpstreamOptions } from "../json-rpc.ts";
import { quoteServer } from "../server-message.ts";
import { parseChallenge, type Challenge } from "./challenge.ts";
import { fetchBounded, ForbiddenEndpoint, ProviderDown } from "./provider-fetch.ts";
import { joinScopes, readScopes } from "./scopes.ts";

/** No real URL or scope is longer: what others send is stored and shown. */
const Text = z.string().max(2048);
const Texts = z.array(z.string().max(200)).max(200);
const ResourceMetadata = z.object({
  resource: Text,
  authorization_servers: z.array(Text).optional(),
  scopes_supported: Texts.optional(),
});

/** The metadata of an authorization server (RFC 8414), as far as the gateway uses it. */
export const ProviderMetadata = z.object({
  issuer: Text,
  authorization_endpoint: Text,
  token_endpoint: Text,
  registration_endpoint: Text.optional(),
  revocation_endpoint: Text.optional(),
  grant_types_supported: Texts.optional(),
  scopes_supported: Texts.optional(),
  code_challenge_methods_supported: Texts.optional(),
  token_endpoint_auth_methods_supported: Texts.optional(),
  client_id_metadata_document_supported: z.boolean().optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
});
export type ProviderMetadata = z.infer<typeof ProviderMetadata>;

/** Where clients of a server sign in. */
export interface Provider {
  /** The resource that tokens are asked for (RFC 8707). */
  resource: string;
  metadata: ProviderMetadata;
  /** The scopes to ask for; empty: the authorization server decides. */
  scopes: string[];
}

/** `none`: the server does not say that it wants a sign-in. */
export type Discovered =
  | { kind: "found"; provider: Provider }
  | { kind: "none" }
  | { kind: "unusable"; message: string };

/** Something in the metadata makes it unusable; the message says what, for an admin. */
class Unusable extends Error {
  override readonly name = "Unusable";
}

/** As `discover`, within the time that all of it can take. */
export async function discoverProvider(peer: Peer, options: UpstreamOptions): Promise<Discovered> {
  const found = await withTotalTimeout(options, (limited) => discover(peer, limited));
  if ("kind" in found) return found;
  const message = "The server asks for a sign-in, but its OAuth metadata did not arrive in time";
  return { kind: "unusable", message };
}

/**
 * Finds out where clients of a server sign in: by the challenge of its 401, or by the well-known addresses. Everything that
 * it reads is the server's or the authorization server's word: a resource or issuer that does not match is refused, since
 * the party that it names would get the tokens (RFC 9728, section 7.3; RFC 8414, section 3.3). `peer`: without credentials.
 */
async function discover(peer: Peer, options: UpstreamOptions): Promise<Discovered> {
  try {
    const challenge = await fetchChallenge(peer, options);
    const resource = await readResource(peer, challenge, options);
    if (!resource) return { kind: "none" };
    const metadata = await readMetadata(resource.issuer, options, resource.isGuess);
    if (!metadata) {
      if (resource.isGuess) return { kind: "none" };
      throw new Unusable(`the authorization server ${show(resource.issuer)} has no metadata`);
    }
    const scopes = chooseScopes(challenge, resource.scopes, metadata);
    return { kind: "found", provider: { resource: resource.resource, metadata, scopes } };
  } catch (error) {
    // These are about what others sent; anything else is a mistake here.
    if (error instanceof Unusable)
      return { kind: "unusable", message: `The server asks for a sign-in, but ${error.message}` };
    if (!(error instanceof ForbiddenEndpoint || error instanceof ProviderDown)) throw error;
    const message = `The server asks for a sign-in, but its OAuth metadata cannot be read: ${error.message}`;
    return { kind: "unusable", message };
  }
}

/**
 * The failure of a server that refused the gateway, in the light of what its metadata says; `error`: the refusal. `isPerPerson`:
 * each person has an account there, and none has connected it.
 */
export async function explainRefusal(
  peer: Peer,
  error: UpstreamError,
  isPerPerson: boolean,
  options: UpstreamOptions,
): Promise<UpstreamError> {
  const found = await discoverProvider(peer, options);
  if (found.kind === "none") return error;
  if (found.kind === "unusable") return { ...error, message: found.message };
  const { issuer } = found.provider.metadata;
  return {
    code: "needs_sign_in",
    message: `The server wants a sign-in at ${show(issuer)}. ${isPerPerson ? "No person has connected an account yet: each does so under “Your accounts”" : "An owner or admin can connect it on the server’s page"}`,
    ...(error.status === undefined ? {} : { status: error.status }),
    issuer,
  };
}

/** The challenge of the server's 401 or 403 to a request with the peer's headers; null: it sends none. */
export async function fetchChallenge(
  peer: Peer,
  options: UpstreamOptions,
): Promise<Challenge | null> {
  return (await fetchRefusal(peer, options))?.challenge ?? null;
}

/** The server's 401 or 403 to a request with the peer's headers, with its challenge if it sends one; null: it does not refuse it so. */
export async function fetchRefusal(
  peer: Peer,
  options: UpstreamOptions,
): Promise<{ status: 401 | 403; challenge: Challenge | null } | null> {
  const init = {
    method: "POST",
    headers: {
      ...peer.headers,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    },
    body: makeRequest("legacy", "ping").text,
  } as const;
  const sent = await guardedFetch(peer.url, init, options, options.budgets.firstByteMs);
  if (!sent.ok) return null;
  await discardBody(sent.response);
  const { status, headers } = sent.response;
  if (status !== 401 && status !== 403) return null;
  return { status, challenge: parseChallenge(headers.get("www-authenticate")) };
}

interface Resource {
  resource: string;
  issuer: string;
  scopes: string[];
  /** Whether only a 401 says that there is an authorization server, as before the revision 2025-06-18. */
  isGuess: boolean;
}

async function readResource(
  { url }: Peer,
  challenge: Challenge | null,
  options: UpstreamOptions,
): Promise<Resource | null> {
  const named = challenge?.resourceMetadata ?? null;
  const { origin, pathname } = new URL(url);
  if (named !== null && URL.parse(named, url)?.origin !== origin)
    throw new Unusable(`its metadata is at another origin: ${show(named)}`);
  const wellKnown = `${origin}/.well-known/oauth-protected-resource`;
  const places =
    named !== null
      ? [new URL(named, url).href]
      : [...(pathname === "/" ? [] : [`${wellKnown}${pathname}`]), wellKnown];
  for (const place of places) {
    const json = await fetchJson(place, options, named === null);
    if (json === null) continue;
    const parsed = ResourceMetadata.safeParse(json);
    if (!parsed.success && named === null) continue;
    if (!parsed.success) throw new Unusable(`its metadata at ${show(place)} is not valid`);
    return toResource(url, parsed.data);
  }
  if (named !== null) throw new Unusable(`its metadata at ${show(named)} cannot be read`);
  if (!challenge) return null;
  return { resource: url, issuer: origin, scopes: [], isGuess: true };
}

function toResource(url: string, metadata: z.infer<typeof ResourceMetadata>): Resource {
  const { resource, authorization_servers: servers = [], scopes_supported: scopes = [] } = metadata;
  const named = URL.parse(resource);
  const server = new URL(url);
  const isWithin =
    named?.origin === server.origin &&
    `${server.pathname}/`.startsWith(named.pathname.replace(/\/?$/, "/"));
  if (!isWithin)
    throw new Unusable(`its metadata is for another resource than its URL: ${show(resource)}`);
  const [issuer] = servers;
  if (issuer === undefined || !URL.canParse(issuer))
    throw new Unusable("its metadata names no authorization server");
  return { resource, issuer, scopes, isGuess: false };
}

/** Null: there is none at any of its well-known addresses. */
async function readMetadata(
  issuer: string,
  options: UpstreamOptions,
  isGuess: boolean,
): Promise<ProviderMetadata | null> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname === "/" ? "" : pathname.replace(/\/$/, "");
  const places = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    ...(path === "" ? [] : [`${origin}${path}/.well-known/openid-configuration`]),
  ];
  for (const place of places) {
    const json = await fetchJson(place, options, isGuess);
    if (json === null) continue;
    return checkMetadata(issuer, json, options);
  }
  return null;
}

async function checkMetadata(
  issuer: string,
  json: unknown,
  options: UpstreamOptions,
): Promise<ProviderMetadata> {
  const metadata = ProviderMetadata.safeParse(json).data;
  if (!metadata) throw new Unusable(`the metadata of ${show(issuer)} is not valid`);
  const response = Response.json(metadata);
  // The library compares the issuer.
  const isOwn = await processDiscoveryResponse(new URL(issuer), response).then(
    () => true,
    () => false,
  );
  if (!isOwn)
    throw new Unusable(
      `the metadata of ${show(issuer)} is that of another issuer: ${show(metadata.issuer)}`,
    );
  if (!metadata.code_challenge_methods_supported?.includes("S256"))
    throw new Unusable(`${show(issuer)} does not support PKCE with S256`);
  const { authorization_endpoint, token_endpoint, registration_endpoint, revocation_endpoint } =
    metadata;
  for (const endpoint of [
    authorization_endpoint,
    token_endpoint,
    registration_endpoint,
    revocation_endpoint,
  ]) {
    const problem = endpoint === undefined ? null : checkUpstreamUrl(endpoint, options);
    if (problem !== null)
      throw new Unusable(`${show(issuer)} names an endpoint that is not allowed: ${problem}`);
  }
  return metadata;
}

/**
 * The scopes to ask for (2025-11-25, "Scope selection"): those of the challenge, else all that the resource supports, else
 * none, so that the authorization server decides. `offline_access` is added where that server knows it: without, some give
 * no refresh token.
 */
function chooseScopes(
  challenge: Challenge | null,
  supported: string[],
  { scopes_supported: known = [] }: ProviderMetadata,
): string[] {
  const named = readScopes(challenge?.scope ?? "");
  const asked = named.length > 0 ? named : joinScopes(supported);
  const isMissing =
    asked.length > 0 && known.includes("offline_access") && !asked.includes("offline_access");
  return isMissing ? [...asked, "offline_access"] : asked;
}

/** Null: there is no JSON object at this address. `isGuess`: the server has not named it, so that a failure says nothing. */
async function fetchJson(
  url: string,
  options: UpstreamOptions,
  isGuess: boolean,
): Promise<unknown> {
  const request = { method: "GET", headers: { accept: "application/json" } };
  const response = await fetchBounded(url, request, options).catch((error: unknown) => {
    if (isGuess && (error instanceof ProviderDown || error instanceof ForbiddenEndpoint))
      return null;
    throw error;
  });
  if (!response) return null;
  if (response.status !== 200) return null;
  const json = parseJson(await response.text());
  return typeof json === "object" && json !== null ? json : null;
}

/** An address from the metadata, for a sentence: it is the server's text. */
function show(text: string): string {
  return quoteServer(text, { url: "http://none.invalid/", headers: {}, credentials: [] }) ?? "…";
}
