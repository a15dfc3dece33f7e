import { MAX_RESPONSE_BYTES } from "../../contract/limits.ts";
import type { UpstreamErrorCode } from "../../contract/rpc/tool-catalogue.ts";
import { ByteBuffer } from "../../mcp/byte-buffer.ts";

/** A body as text, or why it could not be read. */
export type ReadBody = { ok: true; text: string } | { ok: false; code: UpstreamErrorCode };

/** Reads a whole body as text, up to the limit on upstream responses. `onBytes`: called when bytes arrive. */
export async function readToEnd(
  body: ReadableStream<Uint8Array>,
  onBytes: () => void,
): Promise<ReadBody> {
  const buffer = new ByteBuffer(MAX_RESPONSE_BYTES);
  try {
    // Leaving the loop cancels the body.
    for await (const chunk of body) {
      onBytes();
      if (!buffer.append(chunk)) return { ok: false, code: "upstream_too_large" };
    }
  } catch {
    // Only the upstream's connection, or its abort, fails here.
    return { ok: false, code: "upstream_unreachable" };
  }
  return { ok: true, text: buffer.takeText() };
}

/**
 * Reads a body of declared length as text. It reads into one buffer and stops at the length: `readToEnd` takes several times
 * as long for a small body, and most responses are small.
 */
export async function readDeclared(
  reader: ReadableStreamBYOBReader,
  length: number,
  onBytes: () => void,
): Promise<ReadBody> {
  let bytes = new Uint8Array(length);
  let received = 0;
  try {
    while (received < length) {
      const { done, value } = await reader.read(bytes.subarray(received));
      if (done) break;
      onBytes();
      // Every read hands the memory over, and back in its result.
      bytes = new Uint8Array(value.buffer);
      received += value.byteLength;
    }
  } catch {
    // Only the upstream's connection fails here.
    return { ok: false, code: "upstream_unreachable" };
  }
  return { ok: true, text: new TextDecoder().decode(bytes.subarray(0, received)) };
}
