import { MAX_REQUEST_BYTES } from "../../contract/limits.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/**
 * The request's body as text; null when it exceeds the limit, undefined when it is not UTF-8. The entry checks have judged
 * a declared length.
 */
export async function readBody(request: Request): Promise<string | null | undefined> {
  const declared = request.headers.get("content-length");
  if (declared !== null) {
    // Not as bytes, to be decoded here: the platform makes several times as much garbage of those.
    const text = await request.text();
    return isReplaced(text, Number(declared)) ? undefined : text;
  }
  const bytes = await readCounted(request);
  if (bytes === null) return null;
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Whether U+FFFD stands in the text for bytes that are not UTF-8: it is three bytes long, they are one or two. A character
 * of four bytes that lacks its last one is as long as that, and is let through as U+FFFD.
 */
function isReplaced(text: string, length: number): boolean {
  return text.includes("\uFFFD") && encoder.encode(text).byteLength !== length;
}

/** A body of undeclared length, read up to the limit. */
async function readCounted(request: Request): Promise<Uint8Array | null> {
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
