import { supportsServerRequest } from "../../mcp/client-capabilities.ts";
import { SseWriter } from "../../mcp/sse-writer.ts";
import { formatSse } from "../../mcp/sse.ts";
import { logFailure } from "../../runtime/log.ts";
import type { MergedEvents, MessageSource } from "../../upstream/merged-events.ts";
import { formatFailure, UpstreamEvents, type NextMessage } from "../../upstream/upstream-events.ts";
import type { Call } from "../call/call.ts";
import { flushOutcomes } from "../call/record-outcome.ts";
import { acquireLease, canBeSuspended, handOverCall } from "./suspended-calls.ts";

/** Outcomes of other isolates' calls that have ended reach the Workspace object within this time. */
const OUTCOMES_ARRIVE_MS = 1_000;

/** The session's own stream, which stays open as long as the call. */
export type OwnStream = MessageSource & { close(): void };

/** The streams of a call that the Worker sent; `merged`: the messages of both. */
export interface CallStreams {
  events: UpstreamEvents;
  session: OwnStream | null;
  merged: MergedEvents;
}

/** A server's request; `text`: the message. `isCallStream`: it came on the call's own stream. */
interface FirstRequest {
  method: string;
  params: unknown;
  text: string;
  isCallStream: boolean;
}

/**
 * Suspends a call that is not held, at the first request that its server has ever sent: a SuspendedCall object takes the
 * call over, and gets the rest of the server's messages from here. Returns the object's stream; null: the client does not
 * support the request, or the call cannot be suspended.
 */
export async function suspendCall(
  call: Call,
  { method, params, text, isCallStream }: FirstRequest,
  streams: CallStreams,
): Promise<UpstreamEvents | null> {
  if (call.lease !== null || !canBeSuspended(call)) return null;
  if (!supportsServerRequest(call.message.clientCapabilities, method, params)) return null;
  const lease = await tryAcquireLease(call, isCallStream);
  if (lease === null) return null;
  const { readable, writable } = new IdentityTransformStream();
  const writer = new SseWriter(writable);
  call.context.ctx.waitUntil(passOn(text, streams, writer));
  try {
    const body = await handOverCall(call, readable, lease);
    const onBytes = () => call.receiveBytes();
    return new UpstreamEvents(body, call.redactor, { isRelayed: true, onBytes });
  } catch (error) {
    await writer.abort(new Error("The call was not taken over"));
    throw error;
  }
}

/**
 * The call's lease; null: it gets none. A request on a stream that calls share is this call's only if the caller has no
 * other call of the server in flight: a request must not reach another person.
 */
async function tryAcquireLease(call: Call, isCallStream: boolean) {
  const { context, route } = call;
  const isShared = !isCallStream || route.endpoint.transport === "sse";
  try {
    // A call that has ended counts as one in flight until its outcome has arrived.
    await flushOutcomes(context.env);
    const refused = await acquireLease(call, isShared ? "shared_stream" : "call_stream");
    if (refused === "ambiguous") {
      await scheduler.wait(OUTCOMES_ARRIVE_MS);
      await acquireLease(call, "shared_stream");
    }
  } catch (error) {
    logFailure("suspend_call_failed", error, { workspace: context.slug });
  }
  return call.lease;
}

/** Passes the server's messages on to the SuspendedCall object until either side ends. */
async function passOn(
  first: string,
  { events, session, merged }: CallStreams,
  writer: SseWriter,
): Promise<void> {
  events.onBytes = () => void writer.writeComment();
  // The object has ended the call.
  writer.closed.catch(() => events.cancel());
  let next: NextMessage = { data: first };
  while ("data" in next && (await writer.write(formatSse(next.data))))
    ({ next } = await merged.next());
  if ("code" in next) await writer.writeLast(formatFailure(next.code));
  await writer.close();
  events.cancel();
  session?.close();
}
