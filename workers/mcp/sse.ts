import { CALL_STREAM_LIMITS, MAX_RESPONSE_BYTES } from "../contract/limits.ts";
import { ByteBuffer } from "./byte-buffer.ts";
import { StreamMeter } from "./stream-meter.ts";

/** One event of an event stream (WHATWG HTML, "Server-sent events"). */
export interface SseEvent {
  event: string;
  data: string;
  id: string | null;
  retry: number | null;
}

/** Thrown when the data of one event, or a line of another field, exceeds the limit. */
export class SseEventTooLarge extends Error {
  override readonly name = "SseEventTooLarge";
}

/** A comment, which readers skip. Its bytes tell that the stream is alive. */
export const SSE_COMMENT = ": keep-alive\n\n";

/** What a reader of an event stream can set. */
export interface SseOptions {
  /** Called when bytes arrive, those of comments and of unfinished events included. */
  onBytes?: () => void;
  /** Largest data of one event, in bytes. */
  maxBytes?: number;
  /** Limits what the stream carries; absent: to what a call's can. */
  meter?: StreamMeter | undefined;
}

/**
 * Yields the events of a stream. Comments and empty events are skipped; an event with only an `id` or a `retry` has
 * empty data. Throws `SseEventTooLarge`, `StreamFlood`, or the error of reading the body. Leaving the loop, or `return()` during a
 * read, cancels the body.
 */
export function readSse(
  body: ReadableStream<Uint8Array>,
  options: SseOptions = {},
): AsyncGenerator<SseEvent> {
  const reader = body.getReader();
  const events = readEvents(reader, options);
  const finish = events.return.bind(events);
  // A generator's own return() would wait for the pending read, which never ends if the server is silent.
  events.return = async (value) => {
    // The body is the peer's: it can have failed already.
    await reader.cancel().catch(() => undefined);
    return finish(value);
  };
  return events;
}

async function* readEvents(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  {
    onBytes = () => undefined,
    maxBytes = MAX_RESPONSE_BYTES,
    meter = new StreamMeter(CALL_STREAM_LIMITS),
  }: SseOptions,
): AsyncGenerator<SseEvent, undefined> {
  const parser = new EventParser(maxBytes, meter);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      meter.receiveBytes(value.length, Date.now());
      yield* parser.push(value);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Text of one event; line breaks in `data` are kept. */
export function formatSse(data: string, event = "message"): string {
  return `event: ${event}\ndata: ${data.replaceAll(/\r\n|\r|\n/g, "\ndata: ")}\n\n`;
}

const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const DATA_FIELD = [...new TextEncoder().encode("data:")];
const LINE_BREAK = Uint8Array.of(LF);
/** Bytes at the beginning of a line that tell what it is: a byte order mark, `data:` and a space. */
const HEAD_BYTES = BYTE_ORDER_MARK.length + DATA_FIELD.length + 1;

/**
 * Parses an event stream as its bytes arrive. The bytes of `data` are collected once; those of comments are not kept.
 * Other fields are short, and their lines are collected whole.
 */
class EventParser {
  readonly #maxBytes: number;
  readonly #meter: StreamMeter;
  readonly #data: ByteBuffer;
  /** The beginning of the current line, until it is known what it is; all of it, if it is another field than `data`. */
  readonly #line: ByteBuffer;
  #lineKind: "unknown" | "data" | "comment" | "other" = "unknown";
  #isFirstLine = true;
  #endedInCr = false;
  #hasData = false;
  #event = "message";
  #id: string | null = null;
  #retry: number | null = null;

  constructor(maxBytes: number, meter: StreamMeter) {
    this.#maxBytes = maxBytes;
    this.#meter = meter;
    this.#data = new ByteBuffer(maxBytes);
    this.#line = new ByteBuffer(Math.max(maxBytes, HEAD_BYTES));
  }

  /** Adds a chunk and yields the events that it completes. */
  *push(bytes: Uint8Array): Generator<SseEvent, undefined> {
    let start = this.#endedInCr && bytes[0] === LF ? 1 : 0;
    this.#endedInCr = bytes.length === 0 ? this.#endedInCr : bytes.at(-1) === CR;
    let lf = bytes.indexOf(LF, start);
    let cr = bytes.indexOf(CR, start);
    while (lf !== -1 || cr !== -1) {
      const end = lf === -1 || (cr !== -1 && cr < lf) ? cr : lf;
      this.#addToLine(bytes.subarray(start, end));
      const event = this.#endLine();
      if (event) yield event;
      start = end === cr && lf === cr + 1 ? end + 2 : end + 1;
      if (lf !== -1 && lf < start) lf = bytes.indexOf(LF, start);
      if (cr !== -1 && cr < start) cr = bytes.indexOf(CR, start);
    }
    this.#addToLine(bytes.subarray(start));
  }

  #addToLine(part: Uint8Array): void {
    if (part.length === 0 || this.#lineKind === "comment") return;
    if (this.#lineKind === "data") return this.#append(this.#data, part);
    if (this.#lineKind === "other") return this.#append(this.#line, part);
    const missing = HEAD_BYTES - this.#line.length;
    this.#append(this.#line, part.subarray(0, missing));
    if (this.#line.length < HEAD_BYTES) return;
    this.#classifyLine();
    this.#addToLine(part.subarray(missing));
  }

  /** Decides what the current line is by its collected beginning, which of data goes to the event. */
  #classifyLine(): void {
    const head = this.#line.bytes;
    const at = this.#isFirstLine && startsWith(head, BYTE_ORDER_MARK, 0) ? 3 : 0;
    if (head[at] === COLON) this.#lineKind = "comment";
    else if (startsWith(head, DATA_FIELD, at)) {
      this.#lineKind = "data";
      this.#beginDataLine();
      const valueAt = at + DATA_FIELD.length;
      this.#append(this.#data, head.subarray(head[valueAt] === SPACE ? valueAt + 1 : valueAt));
    } else {
      this.#lineKind = "other";
      return;
    }
    this.#line.clear();
  }

  /** Ends the current line. An empty line completes the event, which is returned if there is anything in it. */
  #endLine(): SseEvent | null {
    const isEmpty = this.#lineKind === "unknown" && this.#line.length === 0;
    if (this.#lineKind === "unknown" && !isEmpty) this.#classifyLine();
    this.#meter.receiveLine(this.#lineKind === "data");
    if (isEmpty) return this.#endEvent();
    if (this.#lineKind === "other") this.#readField(this.#line.takeText());
    this.#lineKind = "unknown";
    this.#isFirstLine = false;
    return null;
  }

  #endEvent(): SseEvent | null {
    this.#isFirstLine = false;
    const isAnything = this.#hasData || this.#id !== null || this.#retry !== null;
    const event = { event: this.#event, data: "", id: this.#id, retry: this.#retry };
    if (this.#hasData) event.data = this.#data.takeText();
    this.#hasData = false;
    this.#event = "message";
    this.#id = null;
    this.#retry = null;
    return isAnything ? event : null;
  }

  #readField(line: string): void {
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    // With a colon, the line would have been collected as data.
    if (field === "data") this.#beginDataLine();
    else if (field === "event") this.#event = value || "message";
    else if (field === "id") this.#id = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.#retry = Number(value);
  }

  #beginDataLine(): void {
    if (this.#hasData) this.#append(this.#data, LINE_BREAK);
    this.#hasData = true;
  }

  #append(buffer: ByteBuffer, bytes: Uint8Array): void {
    if (!buffer.append(bytes))
      throw new SseEventTooLarge(`An event is larger than ${this.#maxBytes} bytes`);
  }
}

function startsWith(bytes: Uint8Array, beginning: number[], at: number): boolean {
  return beginning.every((byte, i) => bytes[at + i] === byte);
}
