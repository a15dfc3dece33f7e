import { MAX_RESPONSE_BYTES } from "../../contract/limits.ts";
import type { UpstreamErrorCode } from "../../contract/rpc/tool-catalogue.ts";

/**
 * Yields the chunks that were read already, then the rest of the body. Leaving the loop early cancels the body; the
 * signal cancels it too, and throws.
 */
export async function* continueBody(
  head: Uint8Array[],
  reader: ReadableStreamDefaultReader<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let done = false;
  // A cancellation fails only when the upstream's connection has failed.
  signal.addEventListener("abort", () => void reader.cancel().catch(() => undefined), {
    once: true,
  });
  try {
    yield* head;
    for (;;) {
      const next = await reader.read();
      signal.throwIfAborted();
      done = next.done;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // As above: only the upstream's connection fails here.
    if (!done) await reader.cancel().catch(() => undefined);
  }
}

/** Reads a whole stream as text, up to the limit on upstream responses. `onChunk`: called for every chunk. */
export async function readToEnd(
  stream: AsyncIterable<Uint8Array>,
  onChunk: () => void,
): Promise<{ ok: true; text: string } | { ok: false; code: UpstreamErrorCode }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      onChunk();
      length += chunk.byteLength;
      if (length > MAX_RESPONSE_BYTES) return { ok: false, code: "upstream_too_large" };
      chunks.push(chunk);
    }
  } catch {
    // Only the upstream's connection, or its abort, fails here.
    return { ok: false, code: "upstream_unreachable" };
  }
  return { ok: true, text: decodeAll(chunks) };
}

/** Decodes the chunks of one UTF-8 text. */
export function decodeAll(chunks: Uint8Array[]): string {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode();
}
