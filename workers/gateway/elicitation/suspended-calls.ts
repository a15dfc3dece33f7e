import {
  SuspendedCallState,
  type SuspendedCallStart,
  type CallLease,
  type CallOrigin,
} from "../../contract/rpc/suspended-call.ts";
import { unseal } from "../../crypto/seal.ts";
import { acceptsServerRequests } from "../../mcp/client-capabilities.ts";
import { parseInputResponses } from "../../mcp/translate/elicitation.ts";
import { logFailure } from "../../runtime/log.ts";
import { suspendedCallsOf, workspacesOf } from "../../runtime/objects.ts";
import type { FetchResult } from "../../upstream/guarded-fetch.ts";
import type { Call } from "../call/call.ts";
import type { UpstreamRequest } from "../call/upstream-request.ts";

/** Whether the call's server can send requests that only a later HTTP request of the client can respond to. */
export function canBeSuspended({ message, route: { endpoint } }: Call): boolean {
  if (message.era === "legacy" || endpoint.era === "modern") return false;
  return (
    acceptsServerRequests(message.clientCapabilities) &&
    (endpoint.stateful || endpoint.transport === "sse")
  );
}

/**
 * Whether a SuspendedCall object sends the call. A call to a server that has never sent a request is sent by the Worker,
 * which costs neither an object nor a lease.
 */
export function mustBeHeld(call: Call): boolean {
  return call.route.asksClients && canBeSuspended(call);
}

/**
 * The suspended call that a modern client's request continues. Null: it continues none. `invalid`: its `requestState`
 * was not sealed here, has expired, or belongs to another call or token.
 */
export function openSuspendedCallState({
  message,
  route,
  context,
}: Call): SuspendedCallState | "invalid" | null {
  const { requestState } = message.values;
  if (message.era === "legacy" || route.endpoint.era === "modern" || requestState === undefined)
    return null;
  const text = typeof requestState === "string" ? requestState : "";
  const opened = SuspendedCallState.safeParse(
    unseal(context.env.MCPNEST_MASTER_KEYS, "suspended-call", text, Date.now()),
  );
  if (!opened.success) return "invalid";
  const { slug, digest, serverId, method, target } = opened.data;
  const isSameCall =
    slug === context.slug &&
    digest === context.boundTo &&
    serverId === route.endpoint.serverId &&
    method === message.method &&
    target === route.target;
  return isSameCall ? opened.data : "invalid";
}

/**
 * Acquires the lease that a held call needs, and binds it to the call. Null: done; else why it was refused.
 * @throws when the Workspace object cannot be reached
 */
export async function acquireLease(
  call: Call,
  origin: CallOrigin,
): Promise<"too_many" | "ambiguous" | null> {
  const { route, context } = call;
  const lease: CallLease = {
    holder: suspendedCallsOf(context.env).newUniqueId().toString(),
    digest: context.digest,
    serverId: route.endpoint.serverId,
    sessionOwner: route.sessionOwner,
    ownsSession: false,
    client: { name: call.message.clientName, version: call.message.clientVersion },
  };
  const workspace = workspacesOf(context.env).getByName(context.slug);
  const acquired = await workspace.acquireCallLease(lease, origin);
  if (acquired === "too_many" || acquired === "ambiguous") return acquired;
  call.leaseAcquired({ ...lease, ownsSession: acquired === "own" });
  return null;
}

/**
 * Sends the call through a SuspendedCall object.
 * @throws when the object cannot be reached
 */
export function startHeldCall(
  call: Call,
  request: UpstreamRequest,
  lease: CallLease,
): Promise<FetchResult> {
  const { headers, body } = request;
  return findHolder(call, lease.holder).begin(toStart(call, lease), { headers, body });
}

/**
 * Hands a call that was sent from here over to a SuspendedCall object. `messages`: an event stream of its server's
 * messages, from the first request on. Returns the object's event stream for the client.
 * @throws when the object cannot be reached
 */
export function handOverCall(
  call: Call,
  messages: ReadableStream<Uint8Array>,
  lease: CallLease,
): Promise<ReadableStream<Uint8Array>> {
  const messageUrl = call.messageUrl ?? call.route.endpoint.url;
  return findHolder(call, lease.holder).takeOver(toStart(call, lease), messages, messageUrl);
}

function toStart(call: Call, lease: CallLease): SuspendedCallStart {
  const { message, route, context, sessionId, progressToken, upstreamId } = call;
  const state: SuspendedCallState = {
    slug: context.slug,
    digest: context.boundTo,
    serverId: route.endpoint.serverId,
    method: message.method,
    target: route.target,
    holder: lease.holder,
    upstreamId,
    progressToken,
    sessionId,
    begunAt: call.begunAt,
  };
  return {
    endpoint: route.endpoint,
    id: upstreamId,
    sessionId,
    clientCapabilities: message.clientCapabilities,
    via: call.upstreamOptions.via,
    state,
    lease,
  };
}

/** @throws when the id is none of a SuspendedCall object */
function findHolder({ context: { env } }: Call, holder: string) {
  const suspendedCalls = suspendedCallsOf(env);
  return suspendedCalls.get(suspendedCalls.idFromString(holder));
}

/** Passes the client's responses to a suspended call and returns its event stream; null: the call is lost. */
export async function resumeSuspendedCall(
  call: Call,
  state: SuspendedCallState,
): Promise<Response | null> {
  call.resumeFrom(state);
  const responses = parseInputResponses(call.message);
  try {
    return await findHolder(call, state.holder).resume(responses);
  } catch (error) {
    logFailure("resume_suspended_call_failed", error);
    return null;
  }
}
