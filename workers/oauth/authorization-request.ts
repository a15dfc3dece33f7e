import {
  AuthorizationError,
  authorizationErrorRedirect,
  CimdFetchError,
  type AuthRequest,
} from "@cloudflare/workers-oauth-provider";
import {
  MAX_AUTHORIZATION_QUERY,
  type AuthorizationRequest as Answer,
} from "../contract/api/oauth.ts";
import type { OauthClient, OauthSettings } from "../contract/records/oauth.ts";
import { openDb, type Db } from "../db/database.ts";
import { OAUTH_SCOPE, parseResource, toResource, toUserId } from "../http/oauth-addresses.ts";
import type { Env } from "../runtime/env.ts";
import { openAuthorizationServer } from "./authorization-server.ts";
import { refuseClientDocument } from "./client-document.ts";
import type { GrantProps } from "./grants.ts";
import { cutName, describeRedirect, judgeRedirect, REDIRECT_RULE } from "./redirect-addresses.ts";

type Mistake = Extract<Answer, { kind: "mistake" }>;

/** A request of a client that is known, with a redirect address that the client has registered. */
interface ReadRequest {
  kind: "request";
  request: AuthRequest;
  client: OauthClient;
  /** Whether the code goes to a program on the person's own machine. */
  isLocal: boolean;
  /** The workspace that the request names; null: it names none. */
  slug: string | null;
}

/**
 * `mistake`: the client and its redirect address are known, and the client can learn of its mistake at `to`. The browser goes
 * there only by a click: with a wrong request on purpose, a client could lead a signed-in person to any address that it has
 * registered (RFC 9700, section 4.11.2). `refused`: they are not known, so that only the person reads the mistake.
 */
type AuthorizationRequestResult = ReadRequest | Mistake | { kind: "refused"; message: string };

/**
 * Reads an authorization request (RFC 6749, section 4.1.1; OAuth 2.1; RFC 8707). `query`: without the question mark.
 */
export async function readAuthorizationRequest(
  env: Env,
  origin: string,
  query: string,
): Promise<AuthorizationRequestResult> {
  const problemOfQuery = refuseQuery(query);
  if (problemOfQuery !== null) return { kind: "refused", message: problemOfQuery };
  const db = openDb(env.DB);
  const form = new URLSearchParams(query);
  const problem = refuseClientDocument(env, form, null);
  if (problem !== null)
    return {
      kind: "refused",
      message: `The client's metadata document is not fetched. ${problem}.`,
    };
  const redirect = form.get("redirect_uri");
  if (redirect !== null && judgeRedirect(redirect) !== "usable")
    return { kind: "refused", message: `The client's request is not valid: ${REDIRECT_RULE}.` };
  const named = form.get("resource");
  const slug = named === null ? null : parseResource(origin, named);
  if (slug !== null && form.getAll("resource").length === 1)
    form.set("resource", toResource(origin, slug));
  const server = openAuthorizationServer({ db, origin, slug });
  try {
    const address = new Request(`${server.issuer}/authorize?${form.toString()}`);
    const request = await server.api.parseAuthRequest(address);
    if (!request.codeChallenge) {
      const missing = "code_challenge is missing: this server requires PKCE with S256";
      const to = authorizationErrorRedirect(request, "invalid_request", missing);
      return toMistake(request.redirectUri, to, "invalid_request", missing);
    }
    const consent = await server.api.describeConsent(request);
    const { redirectHost, isLocal } = describeRedirect(request.redirectUri);
    const client = {
      id: consent.clientId,
      name: cutName(consent.clientName),
      host: consent.clientDomain ?? null,
      redirectHost,
    };
    return { kind: "request", request, client, isLocal, slug };
  } catch (error) {
    return toRefusal(error);
  }
}

/** Parameters that a request has once (RFC 6749, section 3.1); only resources can be several (RFC 8707, section 2). */
const SINGLE = [
  "client_id",
  "redirect_uri",
  "response_type",
  "scope",
  "state",
  "code_challenge",
  "code_challenge_method",
];

/** Why a query is not read, as a sentence for the person; null: it is. */
function refuseQuery(query: string): string | null {
  if (query.length > MAX_AUTHORIZATION_QUERY)
    return `The client's request is not valid: it has more than ${MAX_AUTHORIZATION_QUERY.toLocaleString("en")} characters. Its maker has to shorten what it sends, such as "state".`;
  const form = new URLSearchParams(query);
  const repeated = SINGLE.find((name) => form.getAll(name).length > 1);
  return repeated === undefined
    ? null
    : `The client's request is not valid: it has the parameter "${repeated}" more than once.`;
}

function toRefusal(error: unknown): AuthorizationRequestResult {
  if (error instanceof AuthorizationError) {
    const { redirectTo, redirectUri, code } = error;
    // Some of the library's sentences have their period.
    const description = error.description.replace(/\.$/, "");
    return redirectTo === undefined || redirectUri === undefined
      ? { kind: "refused", message: `The client's request is not valid: ${description}.` }
      : toMistake(redirectUri, redirectTo, code, description);
  }
  if (error instanceof CimdFetchError)
    return {
      kind: "refused",
      message: `The client's metadata document ${error.metadataUrl} cannot be read: its maker has to mend it.`,
    };
  throw error;
}

function toMistake(redirect: string, to: string, error: string, description: string): Mistake {
  return { kind: "mistake", error, description, ...describeRedirect(redirect), to };
}

/** Tells the client that the person, or the workspace, does not allow it. Returns where the browser goes. */
export function denyAuthorization({ request }: ReadRequest, description: string): string {
  return authorizationErrorRedirect(request, "access_denied", description);
}

/** Gives the client a code for a grant of a member. Returns where the browser goes. */
export async function allowAuthorization(
  db: Db,
  origin: string,
  { request }: ReadRequest,
  { slug, memberId, settings, props }: AllowedGrant,
): Promise<string> {
  const server = openAuthorizationServer({ db, origin, slug, settings });
  const { redirectTo } = await server.api.completeAuthorization({
    request: { ...request, resource: toResource(origin, slug) },
    userId: toUserId(slug, memberId),
    metadata: {},
    scope: [OAUTH_SCOPE],
    props,
    // Two machines of one person have the same client: the second sign-in must not end the first.
    revokeExistingGrants: false,
  });
  return redirectTo;
}

/** What a person allows, in which workspace. */
interface AllowedGrant {
  slug: string;
  memberId: string;
  settings: OauthSettings;
  props: GrantProps;
}
