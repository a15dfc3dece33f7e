import { formatError } from "../../mcp/json-rpc.ts";
import { ERROR } from "../../mcp/protocol.ts";
import { logFailure } from "../../runtime/log.ts";
import { ClientDisconnected, type ClientStream } from "../client/client-stream.ts";
import { toStopError } from "../client/stop-error.ts";
import { requestInput } from "../elicitation/server-requests.ts";
import { callUpstream } from "./call-upstream.ts";
import { waitForStop, type Call } from "./call.ts";
import { reauthorizeCall } from "./reauthorize-call.ts";
import {
  relayEvents,
  sendCancellation,
  type RelayResult,
  type SendToClient,
} from "./relay-events.ts";
import type { SessionStream } from "./session-stream.ts";
import type { UpstreamResponse } from "./upstream-response.ts";
import { watchCall } from "./watch-call.ts";

/** Most rounds of input requests in one call. A server that requests more input is not going to send a result. */
const MAX_ROUNDS = 20;

/** A call ends at most this long after its time limit. */
const BUDGET_CHECK_MS = 500;

/**
 * Writes a call to the client's event stream: notifications, server requests, and at the end the response. A
 * disconnected client is noticed by a write that fails, so a quiet stream carries keep-alive comments.
 */
export async function streamToClient(
  call: Call,
  pending: Promise<UpstreamResponse>,
  session: SessionStream | null,
  client: ClientStream,
): Promise<void> {
  const { keepAliveMs } = call.budgets;
  const keepAlive = setInterval(() => {
    void client.sendKeepAlive().catch(() => call.cancel());
  }, keepAliveMs);
  // A time limit can have ended before the stream began.
  call.checkBudgets();
  const check = setInterval(() => call.checkBudgets(), Math.min(keepAliveMs, BUDGET_CHECK_MS));
  const watch = watchCall(call);
  const sendToClient: SendToClient = (text) => client.sendToClient(text);
  // A modern client gets the messages of both streams in one order, because a server request ends the response.
  const isMerged = call.message.era === "modern";
  if (!isMerged) relaySession(call, session, sendToClient);
  const messages = isMerged ? session : null;
  try {
    const text = (await awaitResponse(call, pending, sendToClient, messages)) ?? formatEnd(call);
    clearInterval(keepAlive);
    if (text !== null) await client.sendToClient(text);
    await client.close();
  } catch (error) {
    if (error instanceof ClientDisconnected) call.cancel();
    else await sendInternalError(call, error, client);
  } finally {
    clearInterval(keepAlive);
    clearInterval(check);
    watch.stop();
    // The object that holds the call reads on.
    if (call.lease === null) session?.close();
  }
  await sendCancellation(call);
}

/** Relays the messages of the session's own stream beside the call. */
function relaySession(call: Call, session: SessionStream | null, sendToClient: SendToClient): void {
  void session?.relay(sendToClient).catch((error: unknown) => {
    if (error instanceof ClientDisconnected) call.cancel();
    // The call goes on: its result comes on another stream.
    else logFailure("session_stream_failed", error, { workspace: call.context.slug });
  });
}

/** The response to a call that ended with its client's right to it; null: the client wants none. Without it a client waits. */
function formatEnd({ message, stopReason: reason }: Call): string | null {
  switch (reason) {
    case "token_revoked": {
      const text = "The call was ended: its token is not valid any more";
      return formatError(message.id, { code: ERROR.unauthorized, message: text, data: { reason } });
    }
    case "access_revoked": {
      const text = "The call was ended: it is not allowed any more";
      return formatError(message.id, {
        code: ERROR.toolNotAllowed,
        message: text,
        data: { reason },
      });
    }
    case "workspace_stopped":
    case "member_suspended":
    case "token_suspended":
    case "client_blocked":
      return formatError(message.id, toStopError(reason));
    default:
      return null;
  }
}

/** Ends the stream after an unexpected failure of the gateway. */
async function sendInternalError(call: Call, error: unknown, client: ClientStream): Promise<void> {
  const text = call.failInternally(error);
  try {
    await client.sendToClient(text);
    await client.close();
  } catch {
    // The client has disconnected: there is no one to send the error to.
  }
}

/** The response to the call, after as many rounds of input requests as the server needs; null: the call was stopped. */
async function awaitResponse(
  call: Call,
  pending: Promise<UpstreamResponse>,
  sendToClient: SendToClient,
  session: SessionStream | null,
): Promise<string | null> {
  let next = pending;
  for (let number = 1; number <= MAX_ROUNDS; number++) {
    const result = await relayRound(call, next, sendToClient, session);
    if (result.kind === "final") return result.text;
    if (result.kind === "stopped") return null;
    const responses = await requestInput(call, result.inputRequired, sendToClient);
    if (!responses) return call.stopReason === null ? call.fail({ code: "input_required" }) : null;
    // The client has responded: from here on the server's time budgets apply again.
    call.receiveMessage(false);
    const state = result.inputRequired.requestState;
    if (!(await reauthorizeCall(call))) return call.fail({ code: "upstream_unreachable" });
    next = callUpstream(call, null, { number, responses, state });
  }
  return call.fail({ code: "upstream_bad_response" });
}

/** Relays one round of the call, up to its response or to the input that the server requests. */
async function relayRound(
  call: Call,
  pending: Promise<UpstreamResponse>,
  sendToClient: SendToClient,
  session: SessionStream | null,
): Promise<RelayResult> {
  const whole = pending.then(toText);
  const response = await Promise.race([whole, waitForStop(call.signal)]);
  if (response === "stopped") {
    if (call.stopReason !== "upstream_timeout") return { kind: "stopped" };
    return { kind: "final", text: call.fail({ code: "upstream_timeout" }) };
  }
  switch (response.kind) {
    case "events":
      return relayEvents(call, response.events, sendToClient, session);
    case "input_required":
      return response;
    case "failed":
      return { kind: "final", text: call.fail(response.error) };
    case "message":
      call.finish(response.reply.status, response.reply.errorCode);
      return { kind: "final", text: response.reply.text };
  }
}

/** A response that is text, because one event must hold it. */
function toText(response: UpstreamResponse): Exclude<UpstreamResponse, { kind: "bytes" }> {
  if (response.kind !== "bytes") return response;
  const text = new TextDecoder().decode(response.bytes);
  return { kind: "message", reply: { ...response.reply, text }, httpStatus: 200 };
}
