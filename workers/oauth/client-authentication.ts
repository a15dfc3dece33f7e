import type { OauthClient } from "../contract/records/oauth.ts";
import type { Db } from "../db/database.ts";
import type { Env } from "../runtime/env.ts";
import { openAuthorizationServer } from "./authorization-server.ts";
import { readClientId, refuseClientDocument } from "./client-document.ts";
import { oauthError } from "./oauth-responses.ts";
import { cutName, describeRedirect } from "./redirect-addresses.ts";

const CREDENTIALS = ["client_id", "client_secret", "client_assertion", "client_assertion_type"];
/** A text that is no token: the library authenticates the client that revokes it, and then does not change anything (RFC 7009). */
const NO_TOKEN = "none";

const UNAUTHENTICATED =
  "A client that does not authenticate cannot use identity assertions: register it with a secret, or sign with the key of its metadata document (private_key_jwt). Without either, sign the person in with consent.";

/**
 * Authenticates the client of a token request by its secret, or by a signature of the key in its metadata document. Returns the
 * client, or the response to one that is refused. Everybody can send the address of a document, which is public: a client that
 * only names itself gets nothing (draft-ietf-oauth-identity-assertion-authz-grant, section "Client Authentication").
 *
 * The library has no function that only authenticates, so that the client's credentials revoke a token that there is not.
 */
export async function authenticateClient(
  request: Request,
  form: URLSearchParams,
  { env, db, origin }: { env: Env; db: Db; origin: string },
): Promise<OauthClient | Response> {
  const authorization = request.headers.get("authorization");
  const problem = refuseClientDocument(env, form, authorization);
  if (problem !== null) return oauthError("invalid_client", problem, 401);
  const server = openAuthorizationServer({ db, origin, slug: null });
  const credentials = [...form].filter(([name]) => CREDENTIALS.includes(name));
  const body = new URLSearchParams([...credentials, ["token", NO_TOKEN]]).toString();
  const { method, headers } = request;
  const presented = ["client_secret", "client_assertion"].some((name) => form.get(name));
  const response = await server.fetch(
    new Request(`${server.issuer}/token`, { method, headers, body }),
  );
  if (!response.ok) return response;
  // The library has accepted what the request presents. A document can offer `none` beside a key.
  if (!presented && !/^basic[ \t]/i.test(authorization ?? ""))
    return oauthError("unauthorized_client", UNAUTHENTICATED);
  const id = readClientId(form, authorization) ?? "";
  const known = await server.api.lookupClient(id);
  if (!known) return oauthError("invalid_client", "Client not found", 401);
  const host = id.toLowerCase().startsWith("https:") ? new URL(id).hostname : null;
  const [redirect] = known.redirectUris;
  return {
    id,
    name: cutName(known.clientName ?? host ?? id),
    host,
    redirectHost: redirect === undefined ? (host ?? "") : describeRedirect(redirect).redirectHost,
  };
}
