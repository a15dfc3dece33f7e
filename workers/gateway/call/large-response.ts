import { bytesOf } from "../../upstream/guarded-fetch.ts";
import { RedactingStream, type Redactor } from "../../upstream/redaction.ts";
import { readDeclared, type ReadBody } from "./byte-stream.ts";
import type { Call } from "./call.ts";
import { JsonOutline } from "./json-outline.ts";
import { readCallMessage } from "./task-ids.ts";
import type { LargeResponse, UpstreamResponse } from "./upstream-response.ts";
import { watchCall } from "./watch-call.ts";

/** Responses up to this size are read whole: this takes less time than to relay them, and one that is bad gets an error. */
const WHOLE_BYTES = 1.5 * 1024 * 1024;
/** Bytes that are read before a larger response is relayed: in most, they show the id. */
const BEGINNING_BYTES = 4 * 1024;
/** Bytes that are relayed at a time: each read and write costs as much as the platform's relay of 64 KiB. */
const CHUNK_BYTES = 512 * 1024;

/** What is to be done with a large response; `read`: it cannot be relayed unchanged. */
type Verdict = "relay" | "read" | "foreign";

/** Reads the beginning of a large response, or all of it; null: the connection failed. */
export async function beginLargeResponse(
  call: Call,
  response: Response,
  length: number,
): Promise<LargeResponse | null> {
  const outline = new JsonOutline();
  const isWhole = length <= WHOLE_BYTES;
  const reader = isWhole ? null : (bytesOf(response)?.getReader({ mode: "byob" }) ?? null);
  try {
    const beginning = reader ? await readBeginning(reader) : await readAll(call, response);
    if (!beginning || (isWhole && beginning.length < length)) return null;
    outline.push(beginning);
    return { reader, length, beginning, outline };
  } catch {
    // Only the upstream's connection fails here.
    return null;
  }
}

async function readBeginning(
  reader: ReadableStreamBYOBReader,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const { value } = await reader.readAtLeast(BEGINNING_BYTES, new Uint8Array(CHUNK_BYTES));
  return value ?? null;
}

/** In one piece, which takes less time. The arrival of its parts is not seen, so the idle budget does not apply. */
async function readAll(call: Call, response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const timer = setInterval(() => call.receiveBytes(), call.budgets.keepAliveMs);
  try {
    return new Uint8Array(await response.arrayBuffer());
  } finally {
    clearInterval(timer);
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

/** The call's response, or why it is none; null: not all of it has been read. */
export function toWholeResponse(
  call: Call,
  { reader, beginning, outline }: LargeResponse,
): UpstreamResponse | null {
  if (reader !== null) return null;
  const message = readCallMessage(call, outline.end() ?? "");
  if (message.kind === "failed") return { kind: "failed", error: message };
  if (message.kind !== "response")
    return { kind: "failed", error: { code: "upstream_bad_response" } };
  const { redactor } = call;
  const bytes = redactor ? new RedactingStream(redactor).end(beginning) : beginning;
  return { kind: "bytes", bytes, reply: message };
}

/** The whole response as text: what has not arrived of it is read. */
export async function readLargeResponse(
  { reader, length, beginning }: LargeResponse,
  onBytes: () => void,
): Promise<ReadBody> {
  if (reader) return readDeclared(reader, length, onBytes, beginning);
  return { ok: true, text: new TextDecoder().decode(beginning) };
}

/** Ends a response that is not needed. The body is the peer's: it can have failed already. */
export async function discardLargeResponse({ reader }: LargeResponse): Promise<void> {
  await reader?.cancel().catch(() => undefined);
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
    await Promise.allSettled([large.reader?.cancel(), writer.abort(reason)]);
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
  while (reader && missing > 0) {
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
