import { describe, expect, test } from "vitest";
import { formatSse, readSse, SseEventTooLarge, type SseEvent } from "../../../workers/mcp/sse.ts";

const MAX_BYTES = 100;
const encoder = new TextEncoder();

function bodyOf(...chunks: (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) {
        controller.enqueue(typeof chunk === "string" ? encoder.encode(chunk) : chunk);
      }
      controller.close();
    },
  });
}

async function eventsOf(...chunks: (string | Uint8Array)[]): Promise<SseEvent[]> {
  const events: SseEvent[] = [];
  for await (const event of readSse(bodyOf(...chunks), { maxBytes: MAX_BYTES })) events.push(event);
  return events;
}

const message = (data: string) => ({ event: "message", data, id: null, retry: null });

describe("reading an event stream", () => {
  test("lines end in LF, CR or CRLF, also within one stream", async () => {
    for (const end of ["\n", "\r", "\r\n"]) {
      const stream = ["event: a", "data: 1", "data: 2", "", "data: 3", "", ""].join(end);
      expect(await eventsOf(stream)).toEqual([{ ...message("1\n2"), event: "a" }, message("3")]);
    }
    expect(await eventsOf("data: 1\r", "\n", "\ndata: 2\n\n")).toEqual([
      message("1"),
      message("2"),
    ]);
  });

  test("a stream reads the same wherever its chunks are cut", async () => {
    const bytes = encoder.encode(
      "\uFEFFid: 7\r\nevent: e\r\ndata: ä€😀\r\ndata\r\n\r\n: c\r\ndata:x\r\n\r\n",
    );
    const whole = await eventsOf(bytes);
    expect(whole).toEqual([{ event: "e", data: "ä€😀\n", id: "7", retry: null }, message("x")]);
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(await eventsOf(bytes.slice(0, cut), bytes.slice(cut))).toEqual(whole);
    }
    expect(await eventsOf(...[...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  test("comments, unknown fields and events without anything yield nothing", async () => {
    expect(await eventsOf(": hi\n\nfoo: bar\n\nevent: x\n\ndata: y\nretry: no\n\n")).toEqual([
      message("y"),
    ]);
  });

  test("an event with only id or retry has empty data", async () => {
    expect(await eventsOf("retry: 5\nid: 1\n\n")).toEqual([
      { event: "message", data: "", id: "1", retry: 5 },
    ]);
  });

  test("each event has its own name and retry time", async () => {
    expect(await eventsOf("event: endpoint\nretry: 10\ndata: /m\n\nevent:\ndata: y\n\n")).toEqual([
      { event: "endpoint", data: "/m", id: null, retry: 10 },
      message("y"),
    ]);
  });

  test("an event that the stream cuts off is dropped", async () => {
    expect(await eventsOf("data: 1\n\ndata: 2\n")).toEqual([message("1")]);
  });

  test("invalid UTF-8 is replaced", async () => {
    const bytes = Uint8Array.of(
      ...encoder.encode("data: a"),
      0xff,
      0xc3,
      ...encoder.encode("\n\n"),
    );
    expect(await eventsOf(bytes)).toEqual([message("a\uFFFD\uFFFD")]);
  });

  test("an event can have data up to the limit in bytes, on one line or on several", async () => {
    const fits = "x".repeat(MAX_BYTES);
    const half = "€".repeat(16);
    expect(await eventsOf(`event: e\nid: 1\ndata: ${fits}\n\n`)).toEqual([
      { event: "e", data: fits, id: "1", retry: null },
    ]);
    // Two times 48 bytes, and the line break between them.
    expect(await eventsOf(`data:${half}\ndata:${half}\n\n`)).toEqual([message(`${half}\n${half}`)]);
    for (const tooLarge of [
      `data: ${fits}x\n\n`,
      `data: ${fits}x`,
      "data: xxxxx\n".repeat(17),
      "data\n".repeat(102),
      `data: ${"€".repeat(34)}\n\n`,
    ])
      await expect(eventsOf(tooLarge)).rejects.toThrow(SseEventTooLarge);
  });

  test("a line of another field that never ends is refused", async () => {
    for (const piece of ["xxxxxx", "id: xx"])
      await expect(eventsOf(...Array.from({ length: 20 }, () => piece))).rejects.toThrow(
        SseEventTooLarge,
      );
  });

  test("events before one that is too large arrive", async () => {
    const events = readSse(bodyOf(`data: 1\n\ndata: ${"x".repeat(101)}\n\n`), {
      maxBytes: MAX_BYTES,
    });
    expect((await events.next()).value).toEqual(message("1"));
    await expect(events.next()).rejects.toThrow(SseEventTooLarge);
  });

  test("comments count towards no limit, be they many, long or without an end", async () => {
    const comment = `: ${"c".repeat(500)}`;
    expect(await eventsOf(": keep-alive\n".repeat(50), `${comment}\n`, "data: 1\n\n")).toEqual([
      message("1"),
    ]);
    expect(await eventsOf(`data: 1\n${comment}\ndata: 2\n\n`)).toEqual([message("1\n2")]);
    expect(await eventsOf("data: 1\n\n", ...Array.from({ length: 9 }, () => comment))).toEqual([
      message("1"),
    ]);
  });

  test("every chunk of bytes is reported, those of comments and of unfinished events included", async () => {
    let chunks = 0;
    const body = bodyOf(": hi", "\n", "data: 1", "\n\n", ": end");
    for await (const _event of readSse(body, { onBytes: () => chunks++ })) void _event;
    expect(chunks).toBe(5);
  });

  test("leaving the loop cancels the body", async () => {
    const { body, cancelled } = endless("data: 1\n\n");
    for await (const _event of readSse(body, { maxBytes: MAX_BYTES })) break;
    expect(cancelled()).toBe(true);
  });

  test("returning while a read is pending cancels the body at once", async () => {
    const { body, cancelled } = endless("data: 1\n\n");
    const events = readSse(body, { maxBytes: MAX_BYTES });
    await events.next();
    const pending = events.next();
    await events.return(undefined);
    expect(cancelled()).toBe(true);
    expect((await pending).done).toBe(true);
  });

  test("many small chunks of one line cost no more than the line", async () => {
    const piece = encoder.encode("x".repeat(16));
    const body = bodyOf("data: ", ...Array.from({ length: 30_000 }, () => piece), "\n\n");
    // Copying the line with every chunk would exceed the time limit of a test.
    for await (const event of readSse(body)) expect(event.data.length).toBe(480_000);
  });
});

/** A body that sends one piece and then nothing more. */
function endless(first: string) {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(first)),
    cancel: () => {
      cancelled = true;
    },
  });
  return { body, cancelled: () => cancelled };
}

test("a formatted event is read back unchanged, line breaks included", async () => {
  expect(await eventsOf(formatSse("one\ntwo"), formatSse("{}", "endpoint"))).toEqual([
    message("one\ntwo"),
    { ...message("{}"), event: "endpoint" },
  ]);
});
