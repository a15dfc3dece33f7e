import { describe, expect, inject, test } from "vitest";
import { DEFAULT_BUDGETS } from "../../../workers/contract/limits.ts";
import { readSse } from "../../../workers/mcp/sse.ts";
import { sendOverSse } from "../../../workers/upstream/http-sse.ts";

const BUDGETS = { ...DEFAULT_BUDGETS, connectMs: 400, firstByteMs: 400, idleMs: 400, totalMs: 700 };
const OPTIONS = { budgets: BUDGETS, allowPrivate: true };

const callText = (id: string) =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"echo","arguments":{"message":"hello"}}}`;

function call(fault: string, id = "7", signal?: AbortSignal) {
  const peer = {
    url: `${inject("eventStreamUrl")}/${fault}?from=http-sse`,
    headers: { authorization: `Bearer ${fault}` },
  };
  return sendOverSse(peer, callText(id), id, { ...OPTIONS, signal }, {});
}

async function messagesOf(fault: string, id?: string): Promise<Record<string, unknown>[]> {
  const sent = await call(fault, id);
  if (!sent.ok) throw new Error(sent.error.message);
  expect(sent.response.headers.get("content-type")).toBe("text/event-stream");
  const messages: Record<string, unknown>[] = [];
  if (!sent.response.body) return messages;
  for await (const event of readSse(sent.response.body)) messages.push(JSON.parse(event.data));
  return messages;
}

interface Posted {
  fault: string;
  message: { id?: unknown; method?: string; error?: unknown; params?: Record<string, unknown> };
  authorization: string | null;
}

async function stats(): Promise<{ open: number; posted: Posted[] }> {
  return (await fetch(`${inject("eventStreamUrl")}/stats?from=http-sse`)).json();
}

const openStreams = async () => (await stats()).open;

describe("a call over HTTP+SSE", () => {
  test("an HTTP+SSE call gets the server's messages up to the response, then the connection closes", async () => {
    expect(await messagesOf("plain")).toEqual([
      {
        jsonrpc: "2.0",
        method: "notifications/progress",
        params: { progressToken: "p", progress: 1 },
      },
      { jsonrpc: "2.0", id: "of-another", result: {} },
      { jsonrpc: "2.0", id: 7, result: { content: [{ type: "text", text: "echoed" }] } },
    ]);
    await expect.poll(openStreams).toBe(0);
    const posted = (await stats()).posted.filter(({ fault }) => fault === "plain");
    expect(posted.map(({ message }) => message.method)).toEqual([
      "initialize",
      "notifications/initialized",
      "tools/call",
    ]);
    expect(posted.map(({ authorization }) => authorization)).toEqual(
      Array.from({ length: 3 }, () => "Bearer plain"),
    );
    expect(posted[0]?.message.params).toMatchObject({
      capabilities: {},
      clientInfo: { name: "mcpnest" },
    });
  });

  test("an HTTP+SSE call passes over comments, a retry time, ids and other events before the endpoint", async () => {
    expect((await messagesOf("early-events")).at(-1)).toMatchObject({ id: 7 });
  });

  test("an HTTP+SSE call can have a string id", async () => {
    expect((await messagesOf("ok", '"a/1"')).at(-1)).toMatchObject({ id: "a/1" });
  });

  test("an HTTP+SSE call works with the reference server", async () => {
    const sent = await sendOverSse(
      { url: inject("everythingSseUrl"), headers: {} },
      callText("1"),
      "1",
      {
        ...OPTIONS,
        budgets: DEFAULT_BUDGETS,
      },
      {},
    );
    expect(sent.ok && (await sent.response.text())).toContain("Echo: hello");
  });

  test("an HTTP+SSE call relays server requests and names the URL for responses", async () => {
    const sent = await call("asks");
    if (!sent.ok || !sent.response.body) throw new Error("no stream");
    expect(new URL(sent.messageUrl).origin).toBe(new URL(inject("eventStreamUrl")).origin);
    const events = readSse(sent.response.body);
    const first = await events.next();
    expect(JSON.parse(first.done ? "" : first.value.data)).toMatchObject({
      method: "elicitation/create",
    });
    await events.return(undefined);
    await expect.poll(openStreams).toBe(0);
  });

  test.each([
    ["silent", "upstream_timeout"],
    ["closes", "upstream_bad_response"],
    ["other-event", "upstream_bad_response"],
    ["other-events", "upstream_bad_response"],
    ["foreign", "upstream_bad_response"],
    ["html", "upstream_bad_response"],
    ["unauthorized", "upstream_unauthorized"],
    ["refuses-posts", "upstream_unauthorized"],
    ["mute", "upstream_timeout"],
    ["chatter", "upstream_timeout"],
  ])("an HTTP+SSE call fails before it is sent: %s, %s", async (fault, code) => {
    expect(await call(fault)).toMatchObject({ ok: false, error: { code } });
    await expect.poll(openStreams).toBe(0);
    expect((await stats()).posted.filter((post) => post.fault === "foreign")).toEqual([]);
  });

  test.each(["drops", "giant-line"])(
    "an HTTP+SSE call ends without a response: %s",
    async (fault) => {
      expect(await messagesOf(fault)).toEqual([]);
      await expect.poll(openStreams).toBe(0);
    },
  );

  test("an HTTP+SSE call ends when its reader cancels", async () => {
    const sent = await call("mute-call");
    const reader = sent.ok ? sent.response.body?.getReader() : undefined;
    const pending = reader?.read();
    await reader?.cancel();
    expect((await pending)?.done).toBe(true);
    await expect.poll(openStreams).toBe(0);
  });

  test("an HTTP+SSE call ends when its signal aborts", async () => {
    const caller = new AbortController();
    const sent = await call("mute-call", "7", caller.signal);
    expect(await openStreams()).toBe(1);
    caller.abort();
    if (sent.ok) await sent.response.text().catch(() => undefined);
    await expect.poll(openStreams).toBe(0);
  });
});
