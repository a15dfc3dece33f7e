import type { Endpoint } from "../../contract/rpc/admission.ts";
import { formatSse } from "../../mcp/sse.ts";
import { requestInput } from "../elicitation/server-requests.ts";
import { readToEnd } from "./byte-stream.ts";
import { callUpstream, type UpstreamResponse } from "./call-upstream.ts";
import { stopped, type Call } from "./call.ts";
import {
  relayEvents,
  sendCancellation,
  type RelayResult,
  type SendToClient,
} from "./relay-events.ts";
import type { SessionStream } from "./session-stream.ts";
import { readUpstreamMessage } from "./upstream-message.ts";
import { watchCall } from "./watch-call.ts";

/** A server that keeps asking is not going to answer. */
const MAX_ROUNDS = 20;

const encoder = new TextEncoder();
/** A comment: what keeps a quiet stream open, and shows whether anybody still reads it. */
export const KEEP_ALIVE = encoder.encode(": keep-alive\n\n");

/**
 * Writes what comes of a call to the client's event stream, up to the answer. A client that is gone is noticed by a write
 * that fails, so a quiet stream carries comments.
 */
export async function streamToClient(
  call: Call,
  answering: Promise<UpstreamResponse>,
  session: SessionStream | null,
  writer: WritableStreamDefaultWriter,
): Promise<void> {
  const send: SendToClient = (text) => writer.write(encoder.encode(formatSse(text)));
  const beat = setInterval(() => {
    call.checkBudgets();
    void writer.write(KEEP_ALIVE).catch(() => call.cancel());
  }, call.budgets.keepAliveMs);
  const watch = watchCall(call);
  void session?.relay(send).catch(() => call.cancel());
  try {
    const text = await answerText(call, answering, send);
    clearInterval(beat);
    if (text !== null) await send(text);
    await writer.close();
  } catch {
    // Only the client's side throws here: it is gone.
    call.cancel();
  } finally {
    clearInterval(beat);
    watch.stop();
    session?.close();
  }
  if (call.stopReason !== null) await sendCancellation(call);
}

/** The message that answers the call, after as many rounds of questions as it takes; null: nobody wants it any more. */
async function answerText(
  call: Call,
  answering: Promise<UpstreamResponse>,
  send: SendToClient,
): Promise<string | null> {
  let next = answering;
  for (let number = 1; number <= MAX_ROUNDS; number++) {
    const outcome = await oneRound(call, next, send);
    if (outcome.kind === "final") return outcome.text;
    if (outcome.kind === "stopped") return null;
    const responses = await requestInput(call, outcome.inputRequired, send);
    if (!responses) return call.stopReason === null ? call.fail({ code: "input_required" }) : null;
    // The person has answered: from here on it is the server that is waited for.
    call.touch(false);
    if (!(await reauthorizeCall(call))) return call.fail({ code: "upstream_unreachable" });
    next = callUpstream(call, null, {
      number,
      responses,
      state: outcome.inputRequired.requestState,
    });
  }
  return call.fail({ code: "upstream_bad_response" });
}

/** A person may think for long: whether the call is still allowed, and where it goes, is asked again. */
async function reauthorizeCall(call: Call): Promise<boolean> {
  const { route, message, context } = call;
  const text = await context.env.WORKSPACES.getByName(context.slug)
    .reauthorize({
      digest: context.digest,
      era: message.era,
      method: message.method,
      serverSlug: route.endpoint.serverSlug,
      key: route.target ?? "",
    })
    .catch(() => "null");
  // The other end of the RPC is this same deployable.
  const endpoint = JSON.parse(text) as Endpoint | null;
  const { serverId, url } = route.endpoint;
  if (endpoint?.serverId !== serverId || endpoint.url !== url) return false;
  call.route = { ...route, endpoint };
  return true;
}

async function oneRound(
  call: Call,
  answering: Promise<UpstreamResponse>,
  send: SendToClient,
): Promise<RelayResult> {
  const whole = answering.then((answer) => readWhole(call, answer));
  const answer = await Promise.race([whole, stopped(call.signal)]);
  if (answer === "stopped") {
    if (call.stopReason !== "upstream_timeout") return { kind: "stopped" };
    return { kind: "final", text: call.fail({ code: "upstream_timeout" }) };
  }
  switch (answer.kind) {
    case "events":
      return relayEvents(call, answer.events, send);
    case "input_required":
      return answer;
    case "failed":
      return { kind: "final", text: call.fail(answer.error) };
    case "message":
      call.finish(answer.reply.status, answer.reply.errorCode);
      return { kind: "final", text: answer.reply.text };
  }
}

/** A large answer in one piece, since an event cannot be sent in several. */
async function readWhole(
  call: Call,
  answer: UpstreamResponse,
): Promise<Exclude<UpstreamResponse, { kind: "bytes" | "chunks" }>> {
  if (answer.kind !== "bytes" && answer.kind !== "chunks") return answer;
  const stream = answer.kind === "bytes" ? answer.body : answer.stream;
  const read = await readToEnd(stream, () => call.touch(false));
  if (!read.ok) return { kind: "failed", error: { code: read.code } };
  const reply = readUpstreamMessage(read.text, call.upstreamId, call.message, call.route);
  if (reply.kind === "input_required") return reply;
  if (reply.kind === "response") return { kind: "message", reply, httpStatus: 200 };
  return { kind: "failed", error: { code: "upstream_bad_response" } };
}
