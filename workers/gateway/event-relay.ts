import { MAX_SSE_LINE_BYTES } from "../contract/limits.ts";
import { META_LOG_LEVEL } from "../mcp/protocol.ts";
import { formatSse, readSse, SseLineTooLong } from "../mcp/sse.ts";
import { notify } from "../upstream/exchange.ts";
import type { Call } from "./call.ts";
import { readUpstreamMessage, type UpstreamMessage } from "./reply.ts";

const encoder = new TextEncoder();
/** A comment: what keeps a quiet stream open, and shows whether anybody still reads it. */
export const KEEP_ALIVE = encoder.encode(": keep-alive\n\n");

/**
 * Passes an upstream's event stream on, event by event, until the answer to the call has been sent. What the server
 * says to nobody in particular is dropped; what it asks is refused, since nothing tells whom it asks. A client that is
 * gone is noticed by a write that fails, so a quiet stream carries comments.
 */
export async function relayEvents(
  call: Call,
  response: Response,
  writer: WritableStreamDefaultWriter,
): Promise<void> {
  const beat = setInterval(() => {
    call.checkBudgets();
    void writer.write(KEEP_ALIVE).catch(() => call.cancel());
  }, call.budgets.keepAliveMs);
  try {
    const text = await relayUntilAnswer(call, response, (data) =>
      writer.write(encoder.encode(formatSse(data))),
    );
    clearInterval(beat);
    await writer.write(encoder.encode(formatSse(text)));
    await writer.close();
  } catch {
    // Only the client's side throws here: it is gone.
    call.cancel();
    tellCancelled(call);
  } finally {
    clearInterval(beat);
  }
}

/** Forwards notifications; returns the final message for the client, an error of ours if the server gave none. */
async function relayUntilAnswer(
  call: Call,
  response: Response,
  forward: (data: string) => Promise<void>,
): Promise<string> {
  const body: ReadableStream<Uint8Array> | null = response.body;
  if (!body) return call.fail({ code: "upstream_bad_response" });
  const events = readSse(body, { maxLineBytes: MAX_SSE_LINE_BYTES });
  call.signal.addEventListener("abort", () => void events.return(undefined), { once: true });
  try {
    for (;;) {
      const next = await nextEvent(events);
      if ("code" in next) return call.fail(next);
      const message = readUpstreamMessage(next.data, call.upstreamId, call.message, call.route);
      call.touch(message.kind === "notification" && message.method === "notifications/progress");
      if (message.kind === "reply") {
        call.settle(message.status, message.errorCode);
        return message.text;
      }
      if (message.kind === "request") refuseQuestion(call, message);
      if (message.kind === "notification" && isForClient(call, message.method))
        await forward(next.data);
    }
  } finally {
    await events.return(undefined);
  }
}

type Next =
  | { data: string }
  | { code: "upstream_too_large" | "upstream_unreachable" | "upstream_bad_response" };

async function nextEvent(events: AsyncGenerator<{ data: string }>): Promise<Next> {
  try {
    const next = await events.next();
    return next.done ? { code: "upstream_bad_response" } : { data: next.value.data };
  } catch (error) {
    return {
      code: error instanceof SseLineTooLong ? "upstream_too_large" : "upstream_unreachable",
    };
  }
}

/**
 * On the stream of a call belong its progress and its log messages; the latter reach a modern client only when its
 * request asked for them (2026-07-28, logging).
 */
function isForClient(call: Call, method: string): boolean {
  if (method === "notifications/progress") return true;
  if (method !== "notifications/message") return false;
  if (call.message.era === "legacy") return true;
  const meta = call.message.values["_meta"];
  return typeof meta === "object" && meta !== null && META_LOG_LEVEL in meta;
}

/** The gateway declares no client capabilities, so a server that asks anyway is told that it cannot. */
function refuseQuestion(call: Call, question: Extract<UpstreamMessage, { kind: "request" }>): void {
  if (call.route.endpoint.era === "modern" || call.route.endpoint.transport === "sse") return;
  const error = '{"code":-32601,"message":"This client cannot be asked"}';
  post(call, `{"jsonrpc":"2.0","id":${question.id},"error":${error}}`);
}

/** In the legacy era hanging up is no cancellation: the server must be told. */
function tellCancelled(call: Call): void {
  if (call.route.endpoint.era === "modern" || call.sessionId === null) return;
  post(
    call,
    `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${call.upstreamId}}}`,
  );
}

function post(call: Call, text: string): void {
  call.context.ctx.waitUntil(
    notify(call.route.endpoint, text, call.sessionId, call.upstreamOptions),
  );
}
