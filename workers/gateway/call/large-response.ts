import { JsonOutline } from "../../mcp/json-outline.ts";
import { RedactingStream, type Redactor } from "../../upstream/redaction.ts";
import { readDeclared, type ReadBody } from "./byte-stream.ts";
import type { Call } from "./call.ts";
import { readCallMessage } from "./task-ids.ts";
import type { LargeResponse, UpstreamResponse } from "./upstream-response.ts";
import { watchCall } from "./watch-call.ts";

/** Responses up to this size are read whole: this takes less time than to relay them, and one that is bad gets an error. */
const WHOLE_BYTES = 1.5 * 1024 * 1024;
/** Bytes that are read before a larger response is relayed: in most, they show the id. */
const BEGINNING_BYTES = 4 * 1024;
/** Bytes of a whole response that have the time of the idle budget. */
const PIECE_BYTES = 128 * 1024;
/** Bytes that are relayed at a time: each read and write costs as much as the platform's relay of 64 KiB. */
const CHUNK_BYTES = 512 * 1024;

/** What is to be done with a large response; `read`: it cannot be relayed unchanged. */
type Verdict = "relay" | "read" | "foreign";

/** Reads the beginning of a large response, or all of it; null: the connection failed. `onBytes`: called when bytes arrive. */
export async function beginLargeResponse(
  body: ReadableStream<Uint8Array>,
  length: number,
  onBytes: () => void,
): Promise<LargeResponse | null> {
  const reader = body.getReader({ mode: "byob" });
  const isWhole = length <= WHOLE_BYTES;
  let bytes = new Uint8Array(isWhole ? length : CHUNK_BYTES);
  let received = 0;
  try {
    do {
      const missing = isWhole ? Math.min(length - received, PIECE_BYTES) : BEGINNING_BYTES;
      const { done, value } = await reader.readAtLeast(missing, bytes.subarray(received));
      if (done) return null;
      onBytes();
      // Every read hands the memory over, and back in its result.
      bytes = new Uint8Array(value.buffer);
      received += value.length;
    } while (isWhole && received < length);
    const beginning = bytes.subarray(0, received);
    const outline = new JsonOutline();
    outline.push(beginning);
    return { reader, length, beginning, outline };
  } catch {
    // Only the upstream's connection fails here.
    return null;
  }
}

/** Judges a response by its beginning, as far as that shows the message. */
export function judgeBeginning(call: Call, { outline, beginning }: LargeResponse): Verdict {
  const found = outline.readBeginning();
  // A byte order mark is left out when the response is read.
  if (!found) return beginning[0] === 0xef ? "read" : "foreign";
  const { members, next } = found;
  const { jsonrpc, id, error, method } = members;
  const isOther = jsonrpc !== undefined && jsonrpc !== "2.0";
  const sent: unknown = JSON.parse(call.upstreamId);
  if (isOther || (id !== undefined && id !== sent && id !== String(sent))) return "foreign";
  const isNoResult = error !== undefined || method !== undefined || next === "error";
  return isNoResult || next === "method" || (id !== undefined && id !== sent) ? "read" : "relay";
}

/** The call's response of which all has been read; null: it is none, or not all has been read. */
export function toWholeResponse(
  call: Call,
  { beginning, length, outline }: LargeResponse,
): UpstreamResponse | null {
  if (beginning.length < length) return null;
  const message = readCallMessage(call, outline.end() ?? "");
  if (message.kind === "failed") return { kind: "failed", error: message };
  if (message.kind !== "response")
    return { kind: "failed", error: { code: "upstream_bad_response" } };
  const { redactor } = call;
  const bytes = redactor ? new RedactingStream(redactor).end(beginning) : beginning;
  return { kind: "bytes", bytes, reply: message };
}

/** Reads the whole response as text. */
export function readLargeResponse(large: LargeResponse, onBytes: () => void): Promise<ReadBody> {
  return readDeclared(large.reader, large.length, onBytes, large.beginning);
}

/** Ends a response that is not needed. The body is the peer's: it can have failed already. */
export async function discardLargeResponse({ reader }: LargeResponse): Promise<void> {
  await reader.cancel().catch(() => undefined);
}

/**
 * Relays a large response as it arrives, without the credentials that the server was sent. Its last bytes follow when
 * it is known to be the call's whole response. Otherwise it breaks off, which is all that can be done after its begin.
 */
export async function relayLargeResponse(
  call: Call,
  large: LargeResponse,
  redactor: Redactor | null,
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  const timer = setInterval(() => {
    // A client that reads slowly delays the bytes, so idle time says nothing: only the other budgets apply.
    call.receiveBytes();
    call.checkBudgets();
  }, call.budgets.keepAliveMs);
  const watch = watchCall(call);
  const writer = writable.getWriter();
  const breakOff = async () => {
    // The platform takes an error with this property for a lost connection, and does not log it.
    const reason = Object.assign(new Error("The response broke off"), { retryable: true });
    await Promise.allSettled([large.reader.cancel(), writer.abort(reason)]);
  };
  const onStop = () => void breakOff();
  call.signal.addEventListener("abort", onStop, { once: true });
  try {
    const last = await relayBytes(call, large, redactor, writer);
    const message = last && readCallMessage(call, large.outline.end() ?? "");
    if (message?.kind === "response") {
      await writer.write(last ?? new Uint8Array(0));
      await writer.close();
      call.finish(message.status, message.errorCode);
      return;
    }
    await breakOff();
    if (last) call.fail(message?.kind === "failed" ? message : { code: "upstream_bad_response" });
    else call.fail({ code: "upstream_unreachable" });
  } catch {
    // Only the connection to the upstream or to the client fails here.
    await breakOff();
    if (call.context.request.signal.aborted) call.cancel();
    else call.fail({ code: "upstream_unreachable" });
  } finally {
    clearInterval(timer);
    watch.stop();
  }
}

/** Relays all bytes but the last ones, which it returns; null: the response is shorter than declared. */
async function relayBytes(
  call: Call,
  { reader, length, beginning, outline }: LargeResponse,
  redactor: Redactor | null,
  writer: WritableStreamDefaultWriter<Uint8Array>,
): Promise<Uint8Array | null> {
  const redacting = redactor && new RedactingStream(redactor);
  let missing = length - beginning.length;
  let last = beginning;
  /** Memory that is not in use: every read hands it over, and back in its result. */
  let spare: Uint8Array<ArrayBuffer> = new Uint8Array(CHUNK_BYTES);
  while (missing > 0) {
    const { done, value } = await reader.readAtLeast(Math.min(missing, CHUNK_BYTES), spare);
    if (done || call.stopReason !== null) return null;
    missing -= value.length;
    outline.push(value);
    await writer.write(redacting ? redacting.push(last) : last);
    spare = new Uint8Array(last.buffer);
    last = value;
  }
  return redacting ? redacting.end(last) : last;
}
