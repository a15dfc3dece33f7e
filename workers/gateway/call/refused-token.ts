import type { UpstreamError } from "../../contract/rpc/tool-catalogue.ts";
import { logFailure } from "../../runtime/log.ts";
import { workspacesOf } from "../../runtime/objects.ts";
import { parseChallenge } from "../../upstream/sign-in/challenge.ts";
import { toCauseText } from "../../upstream/sign-in/reason-text.ts";
import { carriesId, readStart, toHttpError } from "./call-session.ts";
import type { Call } from "./call.ts";
import { reauthorizeCall } from "./reauthorize-call.ts";
import { readCallMessage } from "./task-ids.ts";
import type { UpstreamResponse } from "./upstream-response.ts";

/** The server has refused the gateway's access token, and has not begun the call. */
export type TokenRefused = { kind: "token_refused"; error: UpstreamError };

type Failed = Extract<UpstreamResponse, { kind: "failed" }>;

/**
 * Whether a response refuses the access token of the gateway's sign-in (RFC 6750, section 3.1): only a challenge says that
 * the server has looked at nothing but the token. A call in a suspendable request, or over HTTP+SSE, is not sent again.
 */
export function isTokenRefusal({ route, lease }: Call, { status, headers }: Response): boolean {
  const { tokenVersion, transport } = route.endpoint;
  return (
    status === 401 &&
    tokenVersion !== undefined &&
    lease === null &&
    transport !== "sse" &&
    parseChallenge(headers.get("www-authenticate")) !== null
  );
}

/** Reads such a response. One that carries the call's id is the server's answer: it has read the call. */
export async function readTokenRefusal(
  call: Call,
  response: Response,
): Promise<UpstreamResponse | TokenRefused> {
  const text = call.redact(await readStart(response));
  const message = readCallMessage(call, text);
  if (message.kind === "response") return { kind: "message", reply: message, httpStatus: 200 };
  const error = toHttpError(call, response, text);
  return carriesId(text, call) ? { kind: "failed", error } : { kind: "token_refused", error };
}

/** Has the Workspace renew the token. Returns whether the call has another one now. */
export async function renewToken(call: Call): Promise<boolean> {
  try {
    return await reauthorizeCall(call, call.route.endpoint.tokenVersion);
  } catch (error) {
    logFailure("token_not_renewed", error, { workspace: call.context.slug });
    return false;
  }
}

/** The failure of a call whose token was refused and not renewed, with what is the matter with the sign-in. */
export async function failForToken(
  { route, context }: Call,
  error: Failed["error"],
): Promise<Failed> {
  const { serverId, account } = route.endpoint;
  const state = await workspacesOf(context.env)
    .getByName(context.slug)
    .findConnection(serverId, route.memberId ?? route.tokenId)
    .catch((failure: unknown) => {
      logFailure("sign_in_not_found", failure, { workspace: context.slug });
      return null;
    });
  if (state?.state !== "needs_sign_in" || state.reason === null) return { kind: "failed", error };
  const cause = toCauseText(state.reason, state.connection?.clientId ?? "");
  const code = account ? "needs_account" : "needs_sign_in";
  return { kind: "failed", error: { ...error, code, cause } };
}

/**
 * A call that a server has refused with 401 to a person's own key, and without a challenge, as servers with keys do: the
 * Workspace has the key confirmed, and the failure says that it is refused. The call is not sent again: the server can have
 * read it. Other responses are returned unchanged.
 */
export async function explainKeyRefusal(
  call: Call,
  response: UpstreamResponse,
): Promise<UpstreamResponse> {
  if (response.kind !== "failed" || response.error.status !== 401) return response;
  const { account, tokenVersion } = call.route.endpoint;
  if (account?.kind !== "key" || tokenVersion === undefined) return response;
  await renewToken(call);
  return failForToken(call, response.error);
}
