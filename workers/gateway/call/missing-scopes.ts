import { toOrigin } from "../../http/oauth-addresses.ts";
import { logFailure } from "../../runtime/log.ts";
import { workspacesOf } from "../../runtime/objects.ts";
import { parseChallenge } from "../../upstream/sign-in/challenge.ts";
import { readScopes, showScopes } from "../../upstream/sign-in/scopes.ts";
import { toScopeText } from "../account-page.ts";
import { readStart, toHttpError } from "./call-session.ts";
import type { Call } from "./call.ts";
import type { UpstreamResponse } from "./upstream-response.ts";

/**
 * The scopes for which a server refuses a call (RFC 6750, section 3.1; 2025-11-25, "Scope Challenge Handling"): empty: it
 * does not say which. Null: it does not refuse the call for that, or the gateway has not signed in there.
 */
export function findMissingScopes({ route }: Call, { status, headers }: Response): string[] | null {
  if (status !== 403 || route.endpoint.tokenVersion === undefined) return null;
  const challenge = parseChallenge(headers.get("www-authenticate"));
  return challenge?.error === "insufficient_scope" ? readScopes(challenge.scope ?? "") : null;
}

/** Records the scopes with the sign-in, and tells the caller what is missing and who can grant it. */
export async function refuseForScopes(
  call: Call,
  response: Response,
  scopes: string[],
): Promise<UpstreamResponse> {
  const error = toHttpError(call, response, call.redact(await readStart(response)));
  const advice = await describe(call, scopes);
  return { kind: "failed", error: { ...error, code: "needs_permission", advice } };
}

async function describe({ context, route }: Call, scopes: string[]): Promise<string> {
  const { serverId, serverSlug, account } = route.endpoint;
  const what =
    scopes.length === 0 ? "The server does not say which" : `The call needs ${showScopes(scopes)}`;
  const page = `${toOrigin(context.request)}/w/${context.slug}/servers/${serverSlug}`;
  const wanted = await workspacesOf(context.env)
    .getByName(context.slug)
    .reportMissingScopes(serverId, scopes, route.memberId ?? route.tokenId)
    .catch((error: unknown) => {
      logFailure("scopes_not_recorded", error, { workspace: context.slug });
      return null;
    });
  if (account) return `${what}. ${toScopeText(context, account, wanted?.canGrant !== false)}`;
  return wanted?.canGrant === false
    ? `${what}. Another sign-in does not help: the account with which the gateway signs in must get this right at the provider. ${page} has the details. Tell your admin.`
    : `${what}. An owner or admin of the workspace can grant it at ${page}. Tell your admin.`;
}
