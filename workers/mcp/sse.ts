/** One event of an event stream (WHATWG HTML, "Server-sent events"). */
export interface SseEvent {
  event: string;
  data: string;
  id: string | null;
  retry: number | null;
}

/** Thrown when a line or the data of one event exceeds the limit. */
export class SseLineTooLong extends Error {
  override readonly name = "SseLineTooLong";
}

/**
 * Yields the events of a stream. Comments and empty events are skipped; an event with only an `id` or a `retry` has
 * empty data. Throws `SseLineTooLong`, or the error of reading the body. Leaving the loop, or `return()` during a read,
 * cancels the body.
 */
export function readSse(
  body: ReadableStream<Uint8Array>,
  limits: { maxLineBytes: number },
): AsyncGenerator<SseEvent> {
  const reader = body.getReader();
  const events = readEvents(reader, limits);
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
  limits: { maxLineBytes: number },
): AsyncGenerator<SseEvent, undefined> {
  const lines = new LineSplitter(limits.maxLineBytes);
  let event = newEvent();
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const line of lines.push(value)) {
        if (line === "") {
          if (event.lines.length > 0 || event.id !== null || event.retry !== null)
            yield toSseEvent(event);
          event = newEvent();
          size = 0;
          continue;
        }
        if (line.startsWith(":")) continue;
        size += line.length;
        if (size > limits.maxLineBytes) throw new SseLineTooLong("The event is too large");
        addLine(event, line);
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Text of one event; line breaks in `data` are kept. */
export function formatSse(data: string, event = "message"): string {
  return `event: ${event}\ndata: ${data.replaceAll(/\r\n|\r|\n/g, "\ndata: ")}\n\n`;
}

interface OpenEvent {
  event: string;
  lines: string[];
  id: string | null;
  retry: number | null;
}

function newEvent(): OpenEvent {
  return { event: "message", lines: [], id: null, retry: null };
}

function toSseEvent({ event, lines, id, retry }: OpenEvent): SseEvent {
  return { event, data: lines.join("\n"), id, retry };
}

function addLine(event: OpenEvent, line: string): void {
  const colon = line.indexOf(":");
  const field = colon === -1 ? line : line.slice(0, colon);
  const value = colon === -1 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
  if (field === "data") event.lines.push(value);
  else if (field === "event") event.event = value || "message";
  else if (field === "id") event.id = value;
  else if (field === "retry" && /^\d+$/.test(value)) event.retry = Number(value);
}

/** Splits bytes into lines that end in CR, LF or CRLF. */
class LineSplitter {
  readonly #maxLength: number;
  readonly #decoder = new TextDecoder();
  #parts: string[] = [];
  #length = 0;
  #endedInCr = false;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  push(bytes: Uint8Array): string[] {
    let text = this.#decoder.decode(bytes, { stream: true });
    if (text === "") return [];
    const afterCr = this.#endedInCr;
    this.#endedInCr = text.endsWith("\r");
    if (afterCr && text.startsWith("\n")) text = text.slice(1);
    const lines = text.split(/\r\n|\r|\n/);
    const rest = lines.pop() ?? "";
    const whole = lines.map((line, i) => (i === 0 ? this.#completeLine(line) : this.#check(line)));
    this.#parts.push(rest);
    this.#length += rest.length;
    this.#checkLength(this.#length);
    return whole;
  }

  #completeLine(end: string): string {
    const line = this.#check(this.#parts.join("") + end);
    this.#parts = [];
    this.#length = 0;
    return line;
  }

  #check(line: string): string {
    this.#checkLength(line.length);
    return line;
  }

  #checkLength(length: number): void {
    if (length > this.#maxLength) throw new SseLineTooLong("A line is too long");
  }
}
