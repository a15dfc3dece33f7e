import type { Budgets } from "../contract/limits.ts";
import { withTimeout } from "../runtime/with-timeout.ts";

/** A body up to this size arrives in few packets: it is read in one piece, and has the time of one piece. */
const ONE_PIECE_BYTES = 64 * 1024;

/** The message of a 408, for a body that does not arrive within its time budgets. */
export const BODY_TOO_LATE = "The body did not arrive in time: send the request again";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** The message of a 400, for a body whose client has left before its end. */
export const BODY_INCOMPLETE = "The request ended before its body was complete";

type Body = ArrayBuffer | "too_large" | "too_late" | "incomplete";

/** Reads a request's body within its limit and its time budgets; a body that exceeds one of them is cancelled. */
export async function readBody(
  request: Request,
  maxBytes: number,
  budgets: Budgets,
): Promise<Body> {
  try {
    return await receive(request, maxBytes, budgets);
  } catch {
    // Only the client's connection fails here.
    return "incomplete";
  }
}

async function receive(
  request: Request,
  maxBytes: number,
  { bodyIdleMs, bodyTotalMs }: Budgets,
): Promise<Body> {
  const declared = Number(request.headers.get("content-length") ?? Infinity);
  if (declared <= ONE_PIECE_BYTES) {
    const bytes = await withTimeout(request.arrayBuffer(), Math.min(bodyIdleMs, bodyTotalMs));
    if (bytes === "late") return "too_late";
    return bytes.byteLength > maxBytes ? "too_large" : bytes;
  }
  const body: ReadableStream<Uint8Array> | null = request.body;
  if (!body) return new ArrayBuffer(0);
  const reader = body.getReader();
  if (declared !== Infinity && declared > maxBytes) return cancel(reader, "too_large");
  const chunks: Uint8Array[] = [];
  let length = 0;
  const endsAt = Date.now() + bodyTotalMs;
  for (;;) {
    const ms = Math.min(bodyIdleMs, endsAt - Date.now());
    const chunk = await withTimeout(reader.read(), ms);
    if (chunk === "late") return cancel(reader, "too_late");
    if (chunk.done) return new Blob(chunks).arrayBuffer();
    length += chunk.value.byteLength;
    if (length > maxBytes) return cancel(reader, "too_large");
    chunks.push(chunk.value);
  }
}

/**
 * Stops the reception of a large body that is not read. A small one has arrived, and to cancel it makes a request that
 * comes through a Pages function hang.
 */
export function dropBody(request: Request): void {
  const declared = Number(request.headers.get("content-length") ?? Infinity);
  if (request.bodyUsed || declared <= ONE_PIECE_BYTES) return;
  // A sender that has left needs no cancellation.
  request.body?.cancel().catch(() => undefined);
}

/** The text of UTF-8 without its byte order mark; null: the bytes are not UTF-8. */
export function decodeUtf8(bytes: ArrayBuffer): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    // Only invalid UTF-8 makes a fatal decoder throw.
    return null;
  }
}

async function cancel<T>(reader: ReadableStreamDefaultReader<Uint8Array>, problem: T): Promise<T> {
  await reader.cancel();
  return problem;
}
