import type { LogLine } from "../../workers/contract/hosting/host-protocol.ts";

const HEADER_BYTES = 8;
/** Stream number of standard error in a frame's header. */
const STDERR = 2;
/** Longer lines are cut; the bridge cuts its own at 2 KiB. */
const MAX_LINE_BYTES = 16 * 1024;

/**
 * Parses the engine's log stream into lines. A frame has an 8-byte header (stream, three zeros, length) and a payload
 * that begins with the line's time (Docker Engine API, ContainerAttach, "Stream format").
 */
export async function* readLogFrames(
  chunks: Iterable<Buffer> | AsyncIterable<Buffer | string>,
): AsyncGenerator<LogLine> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, Buffer.from(chunk)]);
    while (rest.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + rest.readUInt32BE(4);
      if (rest.length < end) break;
      const line = parseLine(rest.subarray(HEADER_BYTES, end).toString("utf8"), rest[0]);
      if (line) yield line;
      rest = rest.subarray(end);
    }
  }
}

function parseLine(payload: string, stream: number | undefined): LogLine | null {
  const space = payload.indexOf(" ");
  if (space < 0) return null;
  return {
    at: payload.slice(0, space),
    stream: stream === STDERR ? "stderr" : "stdout",
    text: payload.slice(space + 1, space + 1 + MAX_LINE_BYTES).replace(/\r?\n$/, ""),
  };
}
