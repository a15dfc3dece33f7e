import type { CallRoute } from "../../contract/rpc/admission.ts";
import type { McpRequest } from "../../mcp/message.ts";
import { ERROR } from "../../mcp/protocol.ts";
import { withTimeout } from "../../runtime/with-timeout.ts";
import { ClientStream, whenClientLeaves } from "../client/client-stream.ts";
import { errorResponse, eventStreamResponse, jsonResponse } from "../client/responses.ts";
import type { RequestContext } from "../context.ts";
import { openSuspendedCallState } from "../elicitation/suspended-calls.ts";
import { callUpstream, continueSuspendedCall } from "./call-upstream.ts";
import { Call } from "./call.ts";
import { sendCancellation } from "./relay-events.ts";
import { SessionStream } from "./session-stream.ts";
import { streamToClient } from "./stream-to-client.ts";
import { hasMatchingParamHeaders } from "./upstream-request.ts";
import type { UpstreamResponse } from "./upstream-response.ts";

/**
 * Relays an admitted call to its server, and the response to the client. Responses are read and checked first; event streams
 * are checked while they are relayed. When the server has not responded for a while, the response becomes an event stream with
 * keep-alive comments, by which a disconnected client is noticed.
 */
export async function relayCall(
  message: McpRequest,
  route: CallRoute,
  context: RequestContext,
): Promise<Response> {
  const call = new Call(message, route, context);
  // Before the first await: with its client, the platform ends a request that has not responded yet.
  whenClientLeaves(context.request, () => {
    if (call.isFinished) return;
    call.cancel();
    context.ctx.waitUntil(sendCancellation(call));
  });
  try {
    return await relay(call);
  } catch (error) {
    return jsonResponse(call.failInternally(error));
  }
}

async function relay(call: Call): Promise<Response> {
  const { message, route, context } = call;
  if (!hasMatchingParamHeaders(message, route, context.request.headers)) {
    call.finish("error", "header_mismatch");
    const text = "The Mcp-Param headers must repeat the arguments that the tool's schema annotates";
    return errorResponse(message.id, { code: ERROR.headerMismatch, message: text }, 400);
  }
  const suspended = openSuspendedCallState(call);
  if (suspended === "invalid") return suspendedCallNotFound(call);
  if (suspended) {
    const response = await continueSuspendedCall(call, suspended);
    return response ? respond(call, response, null) : suspendedCallNotFound(call);
  }
  const session = SessionStream.isNeeded(call) ? new SessionStream(call) : null;
  try {
    const pending = callUpstream(call, session);
    const first = session ? Promise.race([pending, session.firstMessageArrived]) : pending;
    const response = await withTimeout(first, call.budgets.keepAliveMs);
    return response === "late" || response === "session_message"
      ? respondAsStream(call, pending, session)
      : respond(call, response, session);
  } catch (error) {
    session?.close();
    throw error;
  }
}

function respond(call: Call, response: UpstreamResponse, session: SessionStream | null): Response {
  if (response.kind === "events" || response.kind === "input_required")
    return respondAsStream(call, Promise.resolve(response), session);
  session?.close();
  switch (response.kind) {
    case "failed":
      return jsonResponse(call.fail(response.error));
    case "message":
      call.finish(response.reply.status, response.reply.errorCode);
      return jsonResponse(response.reply.text, response.httpStatus);
    case "bytes":
      call.finish(response.reply.status, response.reply.errorCode);
      return jsonResponse(response.bytes);
  }
}

/** An event stream, which can begin before the upstream has sent anything. */
function respondAsStream(
  call: Call,
  pending: Promise<UpstreamResponse>,
  session: SessionStream | null,
): Response {
  const { readable, writable } = new IdentityTransformStream();
  const client = new ClientStream(writable);
  call.context.ctx.waitUntil(streamToClient(call, pending, session, client));
  return eventStreamResponse(readable);
}

/** The error response when the suspended call of a `requestState` does not exist any more. */
function suspendedCallNotFound(call: Call): Response {
  call.finish("error", "request_state_expired");
  const message = "The requestState is not valid any more: call again without it";
  const data = { reason: "request_state_expired" };
  return errorResponse(call.message.id, { code: ERROR.invalidParams, message, data });
}
