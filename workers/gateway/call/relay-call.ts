import { MAX_RESPONSE_BYTES } from "../../contract/limits.ts";
import type { CallRoute } from "../../contract/rpc/admission.ts";
import type { McpRequest } from "../../mcp/message.ts";
import { ERROR } from "../../mcp/protocol.ts";
import { withTimeout } from "../../upstream/json-rpc.ts";
import { errorResponse, eventStreamResponse, jsonResponse } from "../client/responses.ts";
import type { RequestContext } from "../context.ts";
import { openSuspendedCallState } from "../elicitation/suspended-calls.ts";
import { callUpstream, continueSuspendedCall, type UpstreamResponse } from "./call-upstream.ts";
import { Call } from "./call.ts";
import { SessionStream } from "./session-stream.ts";
import { streamToClient } from "./stream-to-client.ts";
import { hasMatchingParamHeaders } from "./upstream-request.ts";
import { watchCall } from "./watch-call.ts";

/**
 * Carries an admitted call to its server and the answer back: small answers are looked at, large ones and event
 * streams pass as they arrive. A server that has sent no headers for a while turns the answer into an event stream
 * with keep-alive comments, which is also how a client that hangs up is noticed.
 */
export async function relayCall(
  message: McpRequest,
  route: CallRoute,
  context: RequestContext,
): Promise<Response> {
  const call = new Call(message, route, context);
  if (!hasMatchingParamHeaders(message, route, context.request.headers)) {
    call.finish("error", "header_mismatch");
    const text = "The Mcp-Param headers must repeat the arguments that the tool's schema annotates";
    return errorResponse(message.id, { code: ERROR.headerMismatch, message: text }, 400);
  }
  const held = openSuspendedCallState(call);
  if (held === "invalid") return suspendedCallNotFound(call);
  if (held) {
    const answer = await continueSuspendedCall(call, held);
    return answer ? respond(call, answer, null) : suspendedCallNotFound(call);
  }
  const session = SessionStream.suits(call) ? new SessionStream(call) : null;
  const answering = callUpstream(call, session);
  const first = session ? Promise.race([answering, session.spoke]) : answering;
  const answer = await withTimeout(first, call.budgets.keepAliveMs);
  return answer === "late" || answer === "spoke"
    ? stream(call, answering, session)
    : respond(call, answer, session);
}

function respond(call: Call, answer: UpstreamResponse, session: SessionStream | null): Response {
  if (answer.kind === "events" || answer.kind === "input_required")
    return stream(call, Promise.resolve(answer), session);
  session?.close();
  switch (answer.kind) {
    case "failed":
      return jsonResponse(call.fail(answer.error));
    case "message":
      call.finish(answer.reply.status, answer.reply.errorCode);
      return jsonResponse(answer.reply.text, answer.httpStatus);
    case "bytes": {
      const { readable, writable } = new FixedLengthStream(answer.length);
      call.context.ctx.waitUntil(pipeBody(call, answer.body, writable));
      return jsonResponse(readable);
    }
    case "chunks": {
      const { readable, writable } = new IdentityTransformStream();
      call.context.ctx.waitUntil(pipeChunks(call, answer.stream, writable));
      return jsonResponse(readable);
    }
  }
}

/** The answer as an event stream, which may begin before the upstream has said anything. */
function stream(
  call: Call,
  answering: Promise<UpstreamResponse>,
  session: SessionStream | null,
): Response {
  const { readable, writable } = new IdentityTransformStream();
  call.context.ctx.waitUntil(streamToClient(call, answering, session, writable.getWriter()));
  return eventStreamResponse(readable);
}

/** The server waits no longer for the answers that this request brings. */
function suspendedCallNotFound(call: Call): Response {
  call.finish("error", "request_state_expired");
  const message = "The requestState is not valid any more: call again without it";
  const data = { reason: "request_state_expired" };
  return errorResponse(call.message.id, { code: ERROR.invalidParams, message, data });
}

/** Passes a large result on as it comes, without a look at it. Once begun, a failure can only break the answer off. */
async function pipeBody(
  call: Call,
  body: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  const beat = setInterval(() => {
    // The bytes pass outside of this code, which cannot see a silence: the total budget alone applies.
    call.touch(false);
    call.checkBudgets();
  }, call.budgets.keepAliveMs);
  const watch = watchCall(call);
  try {
    await body.pipeTo(writable, { signal: call.signal });
    call.finish("ok", null);
  } catch {
    if (call.context.request.signal.aborted) call.cancel();
    else call.fail({ code: "upstream_unreachable" });
  } finally {
    clearInterval(beat);
    watch.stop();
  }
}

/** The same for a body of unknown length, which is counted. */
async function pipeChunks(
  call: Call,
  stream: AsyncIterable<Uint8Array>,
  writable: WritableStream,
): Promise<void> {
  const writer = writable.getWriter();
  const beat = setInterval(() => call.checkBudgets(), call.budgets.keepAliveMs);
  const watch = watchCall(call);
  let length = 0;
  try {
    for await (const chunk of stream) {
      call.touch(false);
      length += chunk.byteLength;
      if (length > MAX_RESPONSE_BYTES) throw new RangeError("too large");
      const written = await writer.write(chunk).then(
        () => true,
        () => false,
      );
      if (!written) return call.cancel();
    }
    await writer.close();
    call.finish("ok", null);
  } catch (error) {
    call.fail({
      code: error instanceof RangeError ? "upstream_too_large" : "upstream_unreachable",
    });
    await writer.abort(error).catch(() => undefined);
  } finally {
    clearInterval(beat);
    watch.stop();
  }
}
