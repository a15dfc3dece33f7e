import {
  SuspendedCallState,
  type SuspendedCallStart,
  type CallLease,
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
export function mustBeSuspendable({ message, route: { endpoint } }: Call): boolean {
  if (message.era === "legacy" || endpoint.era === "modern") return false;
  return (
    acceptsServerRequests(message.clientCapabilities) &&
    (endpoint.stateful || endpoint.transport === "sse")
  );
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
    digest === context.digest &&
    serverId === route.endpoint.serverId &&
    method === message.method &&
    target === route.target;
  return isSameCall ? opened.data : "invalid";
}

/**
 * Acquires the lease that a suspendable call needs, and binds it to the call. Null: done; else why it was refused.
 * @throws when the Workspace object cannot be reached
 */
export async function acquireLease(
  call: Call,
): Promise<{ code: "too_many_suspended_calls" } | null> {
  const { route, context } = call;
  const lease: CallLease = {
    holder: crypto.randomUUID(),
    digest: context.digest,
    serverId: route.endpoint.serverId,
    sessionOwner: route.sessionOwner,
    ownsSession: false,
  };
  const acquired = await workspacesOf(context.env).getByName(context.slug).acquireCallLease(lease);
  if (acquired === "too_many") return { code: "too_many_suspended_calls" };
  call.leaseAcquired({ ...lease, ownsSession: acquired === "own" });
  return null;
}

/**
 * Sends the call through a SuspendedCall object.
 * @throws when the object cannot be reached
 */
export async function startSuspendableCall(
  call: Call,
  request: UpstreamRequest,
  lease: CallLease,
): Promise<FetchResult> {
  const { message, route, context, sessionId, progressToken } = call;
  const { holder } = lease;
  const state: SuspendedCallState = {
    slug: context.slug,
    digest: context.digest,
    serverId: route.endpoint.serverId,
    method: message.method,
    target: route.target,
    holder,
    upstreamId: request.id,
    progressToken,
    sessionId,
    begunAt: call.begunAt,
  };
  const start: SuspendedCallStart = {
    endpoint: route.endpoint,
    ...request,
    sessionId,
    clientCapabilities: message.clientCapabilities,
    via: call.upstreamOptions.via,
    state,
    lease,
  };
  return suspendedCallsOf(context.env).getByName(holder).begin(start);
}

/** Passes the client's responses to a suspended call and returns its event stream; null: the call is lost. */
export async function resumeSuspendedCall(
  call: Call,
  state: SuspendedCallState,
): Promise<Response | null> {
  call.resumeFrom(state);
  const responses = parseInputResponses(call.message);
  try {
    return await suspendedCallsOf(call.context.env).getByName(state.holder).resume(responses);
  } catch (error) {
    logFailure("resume_suspended_call_failed", error);
    return null;
  }
}
