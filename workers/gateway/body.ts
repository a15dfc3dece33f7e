import { MAX_REQUEST_BYTES } from "../contract/limits.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The request's body as text; null when it exceeds the limit, undefined when it is not UTF-8. */
export async function readBody(request: Request): Promise<string | null | undefined> {
  const bytes = request.headers.has("content-length")
    ? new Uint8Array(await request.arrayBuffer())
    : await readCounted(request);
  if (bytes === null || bytes.byteLength > MAX_REQUEST_BYTES) return null;
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
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
