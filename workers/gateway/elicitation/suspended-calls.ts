import {
  SuspendedCallState,
  type SuspendedCallStart,
  type CallLease,
} from "../../contract/rpc/suspended-call.ts";
import { unseal } from "../../crypto/seal.ts";
import { acceptsServerRequests } from "../../mcp/client-capabilities.ts";
import { isObject } from "../../mcp/json.ts";
import type { FetchResult } from "../../upstream/guarded-fetch.ts";
import { unreachable } from "../../upstream/guarded-fetch.ts";
import type { Call } from "../call/call.ts";
import type { UpstreamRequest } from "../call/upstream-request.ts";

/** Whether the call's server may ask the client something that only a later request can answer. */
export function mustBeSuspendable({ message, route: { endpoint } }: Call): boolean {
  if (message.era === "legacy" || endpoint.era === "modern") return false;
  return (
    acceptsServerRequests(message.clientCapabilities) &&
    (endpoint.stateful || endpoint.transport === "sse")
  );
}

/**
 * The held call that a modern client comes back to. Null: it does not come back; `invalid`: its `requestState` is not one
 * of ours, has expired, or is about another call or of another token.
 */
export function openSuspendedCallState({
  message,
  route,
  context,
}: Call): SuspendedCallState | "invalid" | null {
  const given = message.values["requestState"];
  if (message.era === "legacy" || route.endpoint.era === "modern" || given === undefined)
    return null;
  const ring = context.env.MCPNEST_MASTER_KEYS;
  const text = typeof given === "string" ? given : "";
  const opened = SuspendedCallState.safeParse(unseal(ring, "held-call", text, Date.now()));
  if (!opened.success) return "invalid";
  const { slug, digest, serverSlug, method, target } = opened.data;
  const isThis =
    slug === context.slug &&
    digest === context.digest &&
    serverSlug === route.endpoint.serverSlug &&
    method === message.method &&
    target === route.target;
  return isThis ? opened.data : "invalid";
}

/** Has the Workspace admit a call that may have to be held; null when it is. */
export async function acquireLease(
  call: Call,
): Promise<{ code: "too_many_suspended_calls" | "upstream_unreachable" } | null> {
  const { route, context } = call;
  const hold = {
    holder: crypto.randomUUID(),
    digest: context.digest,
    serverId: route.endpoint.serverId,
    sessionOwner: route.sessionOwner,
    ownsSession: false,
  };
  const admitted = await context.env.WORKSPACES.getByName(context.slug)
    .acquireCallLease(hold)
    .catch(() => null);
  if (admitted === null) return { code: "upstream_unreachable" };
  if (admitted === "too_many") return { code: "too_many_suspended_calls" };
  call.leaseAcquired({ ...hold, ownsSession: admitted === "own" });
  return null;
}

/** Has an object of its own make the call. */
export async function startSuspendableCall(
  call: Call,
  request: UpstreamRequest,
  hold: CallLease,
): Promise<FetchResult> {
  const { message, route, context, sessionId, progressToken } = call;
  const { holder } = hold;
  const state: SuspendedCallState = {
    slug: context.slug,
    digest: context.digest,
    serverSlug: route.endpoint.serverSlug,
    method: message.method,
    target: route.target,
    holder,
    upstreamId: request.id,
    progressToken,
    sessionId,
  };
  const start: SuspendedCallStart = {
    endpoint: route.endpoint,
    ...request,
    sessionId,
    clientCapabilities: message.clientCapabilities,
    state,
    hold,
  };
  try {
    return await context.env.SUSPENDED_CALLS.getByName(holder).begin(start);
  } catch {
    return { ok: false, error: unreachable() };
  }
}

/** Goes on with a held call; null: it is not held any more. */
export async function resumeSuspendedCall(
  call: Call,
  state: SuspendedCallState,
): Promise<Response | null> {
  const { message, context } = call;
  const given = message.values["inputResponses"];
  const responses = isObject(given) ? given : {};
  call.resumeFrom(state);
  try {
    return await context.env.SUSPENDED_CALLS.getByName(state.holder).answer(responses);
  } catch {
    return null;
  }
}
