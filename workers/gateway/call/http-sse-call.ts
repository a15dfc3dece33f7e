import {
  toHttpSseSessionKey,
  type HttpSseCall,
  type HttpSseCallResult,
  type HttpSseSessionKey,
} from "../../contract/rpc/http-sse-session.ts";
import type { FetchResult } from "../../upstream/guarded-fetch.ts";
import {
  cancelInHttpSseSession,
  sendInHttpSseSession,
  sendOnHttpSseConnection,
} from "../../upstream/http-sse-session.ts";
import type { Call } from "./call.ts";
import type { UpstreamRequest } from "./upstream-request.ts";

/**
 * Sends the call in its owner's session with an HTTP+SSE server. A call about a task needs the connection on which the
 * task was begun; null: it has ended.
 */
export async function sendOverHttpSse(
  call: Call,
  { body, id, progressToken }: UpstreamRequest,
): Promise<FetchResult | null> {
  const { endpoint, task } = call.route;
  const { clientCapabilities, method } = call.message;
  const request = {
    session: toSessionKey(call),
    endpoint,
    clientCapabilities,
    body,
    id,
    progressToken,
    via: call.upstreamOptions.via,
    task: task === null ? null : { id: task, awaitsResult: method === "tasks/result" },
  };
  const sent = await sendRequest(call, request);
  if (sent?.wasSentTwice) call.sendAgain("session_lost");
  if (sent?.ok) call.connectionUsed(sent.connection, sent.messageUrl);
  return sent;
}

async function sendRequest(
  { context: { env }, connection }: Call,
  request: HttpSseCall,
): Promise<HttpSseCallResult | null> {
  if (request.task === null) return sendInHttpSseSession(env, request);
  // Without a connection the task is one of a server that was reached otherwise before.
  return connection === null ? null : sendOnHttpSseConnection(env, connection, request);
}

/** Cancels the call, if it is in flight. */
export function cancelOverHttpSse(call: Call): Promise<void> {
  return cancelInHttpSseSession(
    call.context.env,
    toSessionKey(call),
    call.route.task === null ? null : call.connection,
    call.upstreamId,
  );
}

function toSessionKey({ route, context, lease }: Call): HttpSseSessionKey {
  const { slug } = context;
  if (lease) return toHttpSseSessionKey(slug, lease);
  const { endpoint, sessionOwner } = route;
  return { slug, serverId: endpoint.serverId, sessionOwner, holder: null };
}
