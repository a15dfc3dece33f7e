import type { Route } from "../contract/admission.ts";
import { MAX_RESPONSE_BYTES } from "../contract/limits.ts";
import { ERROR } from "../mcp/protocol.ts";
import type { McpRequest } from "../mcp/request.ts";
import { formatSse } from "../mcp/sse.ts";
import { within } from "../upstream/exchange.ts";
import { errorResponse, eventStreamResponse, jsonResponse } from "./answers.ts";
import { readToEnd } from "./byte-stream.ts";
import { Call } from "./call.ts";
import { KEEP_ALIVE, relayEvents } from "./event-relay.ts";
import type { Context } from "./gateway.ts";
import { readUpstreamMessage } from "./reply.ts";
import { callUpstream, type UpstreamAnswer } from "./upstream-call.ts";
import { paramHeadersMatch } from "./upstream-request.ts";

/**
 * Carries an admitted call to its server and the answer back: small answers are looked at, large ones and event
 * streams pass as they arrive. A server that has sent no headers for a while turns the answer into an event stream
 * with keep-alive comments, which is also how a client that hangs up is noticed.
 */
export async function relay(
  message: McpRequest,
  route: Route,
  context: Context,
): Promise<Response> {
  const call = new Call(message, route, context);
  if (!paramHeadersMatch(message, route, context.request.headers)) {
    call.settle("error", "header_mismatch");
    const text = "The Mcp-Param headers must repeat the arguments that the tool's schema annotates";
    return errorResponse(message.id, { code: ERROR.headerMismatch, message: text }, 400);
  }
  const answering = callUpstream(call);
  const answer = await within(answering, call.budgets.keepAliveMs);
  return answer === "late" ? respondLate(call, answering) : respond(call, answer);
}

function respond(call: Call, answer: UpstreamAnswer): Response {
  switch (answer.kind) {
    case "failed":
      return jsonResponse(call.fail(answer.error));
    case "message":
      call.settle(answer.reply.status, answer.reply.errorCode);
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
    case "events": {
      const { readable, writable } = new IdentityTransformStream();
      call.context.ctx.waitUntil(relayEvents(call, answer.response, writable.getWriter()));
      return eventStreamResponse(readable);
    }
  }
}

/** The answer as an event stream that has begun before the upstream said anything. */
function respondLate(call: Call, answering: Promise<UpstreamAnswer>): Response {
  const { readable, writable } = new IdentityTransformStream();
  const whole = answering.then((answer) => readWhole(call, answer));
  call.context.ctx.waitUntil(deliverLate(call, whole, writable.getWriter()));
  return eventStreamResponse(readable);
}

const encoder = new TextEncoder();

async function deliverLate(
  call: Call,
  answering: Promise<LateAnswer>,
  writer: WritableStreamDefaultWriter,
): Promise<void> {
  try {
    let answer: LateAnswer | "late" = "late";
    while (answer === "late") {
      await writer.write(KEEP_ALIVE);
      answer = await within(answering, call.budgets.keepAliveMs);
      if (answer === "late" && call.checkBudgets())
        answer = { kind: "failed", error: { code: "upstream_timeout" } };
    }
    if (answer.kind === "events") return await relayEvents(call, answer.response, writer);
    await writer.write(encoder.encode(formatSse(toMessageText(call, answer))));
    await writer.close();
  } catch {
    // Only the client's side throws here: it is gone.
    call.cancel();
  }
}

type LateAnswer = Exclude<UpstreamAnswer, { kind: "bytes" | "chunks" }>;

/** A large answer in one piece, since an event cannot be sent in several. */
async function readWhole(call: Call, answer: UpstreamAnswer): Promise<LateAnswer> {
  if (answer.kind !== "bytes" && answer.kind !== "chunks") return answer;
  const stream = answer.kind === "bytes" ? answer.body : answer.stream;
  const read = await readToEnd(stream, () => call.touch(false));
  if (!read.ok) return { kind: "failed", error: { code: read.code } };
  const reply = readUpstreamMessage(read.text, call.upstreamId, call.message, call.route);
  if (reply.kind !== "reply") return { kind: "failed", error: { code: "upstream_bad_response" } };
  return { kind: "message", reply, httpStatus: 200 };
}

function toMessageText(call: Call, answer: Exclude<LateAnswer, { kind: "events" }>): string {
  if (answer.kind === "failed") return call.fail(answer.error);
  call.settle(answer.reply.status, answer.reply.errorCode);
  return answer.reply.text;
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
  try {
    await body.pipeTo(writable, { signal: call.signal });
    call.settle("ok", null);
  } catch {
    if (call.context.request.signal.aborted) call.cancel();
    else call.fail({ code: "upstream_unreachable" });
  } finally {
    clearInterval(beat);
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
    call.settle("ok", null);
  } catch (error) {
    call.fail({
      code: error instanceof RangeError ? "upstream_too_large" : "upstream_unreachable",
    });
    await writer.abort(error).catch(() => undefined);
  } finally {
    clearInterval(beat);
  }
}
