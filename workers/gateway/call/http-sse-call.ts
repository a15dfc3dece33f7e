import {
  toHttpSseSessionKey,
  type HttpSseSessionKey,
} from "../../contract/rpc/http-sse-session.ts";
import type { FetchResult } from "../../upstream/guarded-fetch.ts";
import { cancelInHttpSseSession, sendInHttpSseSession } from "../../upstream/http-sse-session.ts";
import type { Call } from "./call.ts";
import type { UpstreamRequest } from "./upstream-request.ts";

/** Sends the call in its owner's session with an HTTP+SSE server. */
export async function sendOverHttpSse(
  call: Call,
  { body, id, progressToken }: UpstreamRequest,
): Promise<FetchResult> {
  const { endpoint } = call.route;
  const { clientCapabilities } = call.message;
  const session = toSessionKey(call);
  const request = { session, endpoint, clientCapabilities, body, id, progressToken };
  const sent = await sendInHttpSseSession(call.context.env, request);
  if (sent.ok) call.messageUrlReceived(sent.messageUrl);
  return sent;
}

/** Cancels the call, if it is in flight. */
export function cancelOverHttpSse(call: Call): Promise<void> {
  return cancelInHttpSseSession(call.context.env, toSessionKey(call), call.upstreamId);
}

function toSessionKey({ route, context, lease }: Call): HttpSseSessionKey {
  const { slug } = context;
  if (lease) return toHttpSseSessionKey(slug, lease);
  const { endpoint, sessionOwner } = route;
  return { slug, serverId: endpoint.serverId, sessionOwner, holder: null };
}
