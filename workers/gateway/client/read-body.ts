import { MAX_REQUEST_BYTES } from "../../contract/limits.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/**
 * Reads the request's body as text. Null: it exceeds the limit; undefined: it is not UTF-8, or its client has left before
 * its end. The entry checks have compared a declared length with the limit.
 */
export async function readBody(request: Request): Promise<string | null | undefined> {
  try {
    return await readText(request);
  } catch {
    // Only the client's connection fails here.
    return undefined;
  }
}

async function readText(request: Request): Promise<string | null | undefined> {
  const declared = request.headers.get("content-length");
  if (declared !== null) {
    // `text()` allocates several times less memory than reading bytes and decoding them.
    const text = await request.text();
    return hasReplacedBytes(text, Number(declared)) ? undefined : text;
  }
  const bytes = await readUpToLimit(request);
  if (bytes === null) return null;
  try {
    return decoder.decode(bytes);
  } catch {
    // Only invalid UTF-8 makes a fatal decoder throw.
    return undefined;
  }
}

/**
 * Whether the text has U+FFFD in place of bytes that are not UTF-8: U+FFFD has three bytes, an invalid sequence one or
 * two. A four-byte character without its last byte has three bytes as well, and passes as U+FFFD.
 */
function hasReplacedBytes(text: string, length: number): boolean {
  return text.includes("\uFFFD") && encoder.encode(text).byteLength !== length;
}

/** Reads a body of undeclared length; null: it exceeds the limit. */
async function readUpToLimit(request: Request): Promise<Uint8Array | null> {
  const body: ReadableStream<Uint8Array> | null = request.body;
  const reader = body?.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.byteLength;
    if (length > MAX_REQUEST_BYTES) return null;
    chunks.push(value);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
