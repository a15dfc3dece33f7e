import { openDb } from "../db/database.ts";
import { findOauthRecord } from "../db/oauth-records.ts";
import { findWorkspace } from "../db/workspaces.ts";
import {
  isAssertedGrant,
  parseOauthToken,
  parseResource,
  toOrigin,
  toResource,
} from "../http/oauth-addresses.ts";
import type { Env } from "../runtime/env.ts";
import { logFailure } from "../runtime/log.ts";
import { openAuthorizationServer } from "./authorization-server.ts";
import { refuseClientDocument } from "./client-document.ts";
import {
  acceptTokens,
  dropAccessToken,
  endGrant,
  GrantProps,
  IssuedTokens,
  wasIssued,
  type GrantPlace,
} from "./grants.ts";
import { RecordConflict } from "./oauth-records.ts";
import { oauthError, oauthJson } from "./oauth-responses.ts";
import { RefreshAnswer } from "./refresh-answer.ts";

type AuthorizationServer = ReturnType<typeof openAuthorizationServer>;

/** A request about a code or token of a grant. `reasons`: why the library has refused it; empty: it has not. */
interface TokenRequest {
  place: GrantPlace;
  server: AuthorizationServer;
  form: URLSearchParams;
  authorization: string;
  forward: () => Promise<Response>;
  reasons: string[];
  /** What the library handed back of the grant; null: nothing yet. */
  readProps: () => unknown;
}

const BUSY = "The gateway cannot do this now. Try again in a few seconds.";

/**
 * The token endpoint: redeems codes, refreshes and revokes (RFC 6749, section 3.2; RFC 7009). The library checks the client,
 * codes and tokens. The Workspace object then gets the digest of each access token, because it decides on every call.
 */
export async function handleTokenRequest(
  request: Request,
  form: URLSearchParams,
  env: Env,
): Promise<Response> {
  const problem = refuseClientDocument(env, form, request.headers.get("authorization"));
  if (problem !== null) return oauthError("invalid_client", problem, 401);
  const db = openDb(env.DB);
  const origin = toOrigin(request);
  const presented = form.get("code") ?? form.get("refresh_token") ?? form.get("token") ?? "";
  const token = parseOauthToken(presented);
  const workspace = token && (await findWorkspace(db, token.slug));
  // All grants have the one scope there is: a client that asks for others as well would get none.
  form.delete("scope");
  toCanonicalResources(form, origin);
  const reasons: string[] = [];
  let props: unknown = null;
  const server = openAuthorizationServer({
    db,
    origin,
    slug: workspace ? token.slug : null,
    ...(workspace ? { settings: workspace.oauth } : {}),
    onError: (reason) => reasons.push(reason),
    onExchange: (stored) => (props = stored),
  });
  const { method, headers } = request;
  const forward = () =>
    server.fetch(new Request(`${server.issuer}/token`, { method, headers, body: form.toString() }));
  // Nothing that a workspace has: the library names the fault.
  if (!workspace) return forward();
  const { idleDays } = workspace.oauth;
  const place = { env, db, workspaceId: workspace.id, idleDays, token };
  const authorization = headers.get("authorization") ?? "";
  const readProps = () => props;
  try {
    return await respond({ place, server, form, authorization, forward, reasons, readProps });
  } catch (error) {
    if (error instanceof RecordConflict)
      return oauthError("invalid_grant", "Another request has used this code or token.");
    logFailure("oauth_token_failed", error);
    return oauthError("temporarily_unavailable", BUSY, 503, { "retry-after": "5" });
  }
}

async function respond(known: TokenRequest): Promise<Response> {
  switch (known.form.get("grant_type")) {
    case "authorization_code": {
      const response = await known.forward();
      if (known.reasons.includes("code_replayed")) await endGrant(known.place, "reuse");
      return response.ok ? issue(known, response, GrantProps.parse(known.readProps())) : response;
    }
    case "refresh_token":
      return refresh(known);
    case null:
      return revoke(known);
    default:
      return known.forward();
  }
}

async function refresh(known: TokenRequest): Promise<Response> {
  const { place, form, authorization, reasons } = known;
  const [refreshToken = "", ...others] = [
    "refresh_token",
    "client_id",
    "client_secret",
    "client_assertion",
  ].map((name) => form.get(name) ?? "");
  const credentials = JSON.stringify([refreshToken, ...others, authorization]);
  const answer = new RefreshAnswer(place.db, credentials);
  const kept = await answer.claim();
  if (kept !== null) return oauthJson(JSON.parse(kept));
  try {
    const response = await known.forward();
    const issued = response.ok ? await issue(known, response, null) : response;
    if (issued.ok) await answer.keep(await issued.clone().text());
    else await answer.release();
    if (reasons.includes("refresh_token_mismatch") && (await wasIssued(place, refreshToken)))
      await endReused(known);
    return issued;
  } catch (error) {
    await answer.release();
    throw error;
  }
}

/** There is a copy of the refresh token: neither of its two holders is trusted any more (OAuth 2.1, section 4.3.1). */
async function endReused({ place, server }: TokenRequest): Promise<void> {
  await endGrant(place, "reuse");
  await server.api.revokeGrant(place.token.grant, place.token.userId);
}

/** Hands the library's tokens out once the workspace accepts them. */
async function issue(
  { place, server }: TokenRequest,
  response: Response,
  props: GrantProps | null,
): Promise<Response> {
  const issued = IssuedTokens.parse(await response.json());
  const outcome = await acceptTokens(place, issued, props);
  if (outcome.ok) return oauthJson(issued);
  const { code, message } = outcome.refusal;
  // The client tries again: a refresh token stays valid until its successor is used.
  if (code === "unavailable" || code === "database_full")
    return oauthError("temporarily_unavailable", message, 503, { "retry-after": "5" });
  await server.api.revokeGrant(place.token.grant, place.token.userId);
  return oauthError("invalid_grant", message);
}

/** The library revokes only what belongs to the client: what is gone then ends in the workspace, too. */
async function revoke({ place, server, form, forward }: TokenRequest): Promise<Response> {
  const { grant, userId } = place.token;
  const response = await forward();
  if (!response.ok) return response;
  const token = form.get("token") ?? "";
  // The library does not know such grants: who has the access token can give up that one.
  if (isAssertedGrant(grant)) {
    await dropAccessToken(place, token);
    return response;
  }
  if (!(await findOauthRecord(place.db, `grant:${userId}:${grant}`, Date.now())))
    await endGrant(place, "client");
  else if (!(await server.api.unwrapToken(token))) await dropAccessToken(place, token);
  return response;
}

/** Clients name the resource by the address that they have: of a workspace, of one server, or with a slash at the end. */
function toCanonicalResources(form: URLSearchParams, origin: string): void {
  const resources = form.getAll("resource");
  if (resources.length === 0) return;
  form.delete("resource");
  for (const resource of resources) {
    const slug = parseResource(origin, resource);
    form.append("resource", slug === null ? resource : toResource(origin, slug));
  }
}
