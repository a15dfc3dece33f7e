import { Hono, type Context } from "hono";
import { z } from "zod";
import { openDb } from "../db/database.ts";
import { makeRoomForClient } from "../db/oauth-records.ts";
import { isAllowedHost } from "../http/allowed-host.ts";
import { clientAddress } from "../http/client-address.ts";
import {
  ISSUER_PATH,
  OAUTH_GATEWAY_PATH,
  OAUTH_SCOPE,
  toOrigin,
  toResource,
} from "../http/oauth-addresses.ts";
import { toSignInOrigin } from "../http/own-origin.ts";
import { decodeUtf8, readBody } from "../http/read-body.ts";
import { passesStrangerLimit, STRANGER_WAIT_SECONDS } from "../http/stranger-limit.ts";
import type { Env } from "../runtime/env.ts";
import { logFailure } from "../runtime/log.ts";
import { budgetsOf } from "../runtime/settings.ts";
import { redeemAssertion } from "./assertion-grant.ts";
import { ASSERTION_PROFILE, isIdentityAssertion } from "./assertion.ts";
import { openAuthorizationServer } from "./authorization-server.ts";
import { oauthError, oauthJson } from "./oauth-responses.ts";
import { refuseRegistration } from "./redirect-addresses.ts";
import { handleTokenRequest } from "./token-endpoint.ts";
import { exchangeToken, JWT_BEARER, WORKLOAD_GRANT_TYPES } from "./token-exchange.ts";

type C = Context<{ Bindings: Env }>;

/** What the library says of the authorization server. */
const Metadata = z.looseObject({ grant_types_supported: z.array(z.string()) });

/** The metadata of a client that registers; the library reads its members. */
const Registration = z.looseObject({});

/** A workload's token can have been used up by the attempt. */
const BUSY =
  "The gateway cannot do this now. Try again in a few seconds, with a new token of the issuer if one was exchanged.";

/** A registration with many redirect addresses has about 2 KB, a client assertion likewise. */
const MAX_BODY_BYTES = 16 * 1024;
/** Registered clients that no person uses yet. */
const MAX_UNUSED_CLIENTS = 10_000;

/**
 * The endpoints of the authorization server, and the metadata by which clients find it (RFC 8414, RFC 9728). The address at
 * which people consent is a page of the dashboard.
 */
export const oauth = new Hono<{ Bindings: Env }>({ strict: false })
  .use(async (c, next) => {
    if (!isAllowedHost(c.req.header("host") ?? "", c.env.ALLOWED_HOSTS))
      return oauthError("invalid_request", "This host name is not served here.", 403);
    return next();
  })
  .get(`/.well-known/oauth-protected-resource${OAUTH_GATEWAY_PATH}/:slug/:server?`, (c) =>
    describeResource(c.req.raw, c.req.param("slug"), c.env.ALLOWED_HOSTS),
  )
  .all(`/.well-known/oauth-authorization-server${ISSUER_PATH}`, serveMetadata)
  .all(`${ISSUER_PATH}/register`, register)
  .all(`${ISSUER_PATH}/token`, async (c) => {
    const body = await receive(c);
    if (body instanceof Response) return body;
    const form = new URLSearchParams(body);
    const grantType = form.get("grant_type") ?? "";
    if (!WORKLOAD_GRANT_TYPES.includes(grantType) || c.req.method !== "POST")
      return handleTokenRequest(c.req.raw, form, c.env);
    // The same grant type for a person's client and for a workload: the token says what it is.
    return grantType === JWT_BEARER && (await isIdentityAssertion(form.get("assertion") ?? ""))
      ? redeemAssertion(c.req.raw, form, c.env)
      : exchangeToken(c.req.raw, form, c.env);
  })
  .onError((error) => {
    logFailure("oauth_failed", error);
    return oauthError("temporarily_unavailable", BUSY, 503, { "retry-after": "5" });
  });

/** The metadata of every slug: it does not reveal which workspaces there are. */
function describeResource(request: Request, slug: string, allowedHosts: string): Response {
  const isServed = (host: string) => isAllowedHost(host, allowedHosts);
  const signInOrigin = toSignInOrigin(request.headers.get("host") ?? "", isServed);
  return oauthJson({
    resource: toResource(toOrigin(request), slug),
    authorization_servers: [`${signInOrigin}${ISSUER_PATH}`],
    scopes_supported: [OAUTH_SCOPE],
    bearer_methods_supported: ["header"],
    resource_name: "mcpnest",
  });
}

async function serveMetadata(c: C): Promise<Response> {
  const response = await forward(c, new URL(c.req.url).pathname);
  if (!response.ok || c.req.method !== "GET") return response;
  // The list would name every workspace.
  const { protected_resources: _, ...metadata } = Metadata.parse(await response.json());
  const grantTypes = [...metadata.grant_types_supported, ...WORKLOAD_GRANT_TYPES];
  return oauthJson({
    ...metadata,
    grant_types_supported: grantTypes,
    authorization_grant_profiles_supported: [ASSERTION_PROFILE],
  });
}

async function register(c: C): Promise<Response> {
  const body = await receive(c);
  if (body instanceof Response) return body;
  // The library words mistakes in redirect addresses as those of other metadata.
  const metadata = c.req.method === "POST" ? readRegistration(body) : null;
  const refused = metadata && refuseRegistration(metadata);
  if (refused) return oauthError(refused.code, refused.description);
  if (c.req.method === "POST") await makeRoomForClient(openDb(c.env.DB), MAX_UNUSED_CLIENTS);
  return forward(c, `${ISSUER_PATH}/register`, body);
}

/** Null: it is none, as the library then says. */
function readRegistration(body: string): Record<string, unknown> | null {
  try {
    return Registration.safeParse(JSON.parse(body)).data ?? null;
  } catch {
    // Only the client's text fails here.
    return null;
  }
}

/** A request that concerns no workspace yet. */
function forward(c: C, path: string, body = ""): Promise<Response> {
  const { method, headers } = c.req.raw;
  const origin = toOrigin(c.req.raw);
  const server = openAuthorizationServer({ db: openDb(c.env.DB), origin, slug: null });
  const init = { method, headers, ...(body === "" ? {} : { body }) };
  return server.fetch(new Request(`${origin}${path}`, init));
}

/** Reads the body of a stranger's request, within the limits of strangers. */
async function receive(c: C): Promise<string | Response> {
  const address = clientAddress(c.req.raw, c.env.CLIENT_ADDRESS_HEADER);
  if (!(await passesStrangerLimit(c.env, address))) {
    const headers = { "retry-after": String(STRANGER_WAIT_SECONDS) };
    return oauthError("temporarily_unavailable", "Too many requests from here.", 429, headers);
  }
  const body = await readBody(c.req.raw, MAX_BODY_BYTES, budgetsOf(c.env));
  if (body === "too_large") return oauthError("invalid_request", "The body is too large.", 413);
  if (typeof body === "string")
    return oauthError("invalid_request", "The body did not arrive completely.", 400);
  return decodeUtf8(body) ?? oauthError("invalid_request", "The body is not UTF-8.", 400);
}
