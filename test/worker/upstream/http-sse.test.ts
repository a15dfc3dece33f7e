import { describe, expect, inject, test } from "vitest";
import { DEFAULT_BUDGETS } from "../../../workers/contract/limits.ts";
import { egressOf } from "../../../workers/upstream/egress.ts";
import { SseConnection } from "../../../workers/upstream/http-sse.ts";
import { bindings } from "../support/gateway-client.ts";

const BUDGETS = {
  ...DEFAULT_BUDGETS,
  connectMs: 1_500,
  firstByteMs: 1_500,
  idleMs: 1_500,
  totalMs: 3_000,
};

/** Opens a connection and initializes it. */
async function connect(fault: string, signal?: AbortSignal) {
  const peer = {
    url: `${inject("eventStreamUrl")}/${fault}?from=http-sse`,
    headers: { authorization: `Bearer ${fault}` },
  };
  const options = { budgets: BUDGETS, ...egressOf(bindings), signal };
  const opened = await SseConnection.open(peer, options);
  if (!opened.ok) return opened;
  const initialized = await opened.connection.initialize();
  if (!initialized.ok) opened.connection.close();
  return initialized.ok ? opened : initialized;
}

interface Posted {
  fault: string;
  message: { id?: unknown; method?: string; params?: Record<string, unknown> };
  authorization: string | null;
}

async function stats(): Promise<{ open: number; posted: Posted[] }> {
  return (await fetch(`${inject("eventStreamUrl")}/stats?from=http-sse`)).json();
}

const openStreams = async () => (await stats()).open;

describe("a connection over HTTP+SSE", () => {
  test("an HTTP+SSE connection begins with the handshake, and every message carries the credential", async () => {
    const opened = await connect("plain");
    if (!opened.ok) throw new Error(opened.error.message);
    const { connection } = opened;
    expect(new URL(connection.messageUrl).origin).toBe(new URL(inject("eventStreamUrl")).origin);
    expect(await connection.request("tools/list", {})).toMatchObject({
      ok: true,
      result: { tools: [{ name: "echo" }] },
    });
    connection.close();
    await expect.poll(openStreams).toBe(0);
    const posted = (await stats()).posted.filter(({ fault }) => fault === "plain");
    expect(posted.map(({ message }) => message.method)).toEqual([
      "initialize",
      "notifications/initialized",
      "tools/list",
    ]);
    expect(posted.map(({ authorization }) => authorization)).toEqual(
      Array.from({ length: 3 }, () => "Bearer plain"),
    );
    expect(posted[0]?.message.params).toMatchObject({
      capabilities: {},
      clientInfo: { name: "mcpnest" },
    });
  });

  test("an HTTP+SSE connection passes over comments, a retry time, ids and other events before the endpoint", async () => {
    const opened = await connect("early-events");
    expect(opened.ok).toBe(true);
    if (opened.ok) opened.connection.close();
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
  ])("an HTTP+SSE connection fails: %s, %s", async (fault, code) => {
    expect(await connect(fault)).toMatchObject({ ok: false, error: { code } });
    await expect.poll(openStreams).toBe(0);
    expect((await stats()).posted.filter((post) => post.fault === "foreign")).toEqual([]);
  });

  test.each([
    ["drops", "upstream_unreachable"],
    ["giant-line", "upstream_too_large"],
  ])("an HTTP+SSE request fails when its connection does: %s, %s", async (fault, code) => {
    const opened = await connect(fault);
    if (!opened.ok) throw new Error(opened.error.message);
    expect(await opened.connection.request("tools/call", { name: "echo" })).toMatchObject({
      ok: false,
      error: { code },
    });
    opened.connection.close();
    await expect.poll(openStreams).toBe(0);
  });

  test("an HTTP+SSE connection ends when its signal aborts", async () => {
    const caller = new AbortController();
    const opened = await connect("mute-call", caller.signal);
    expect(opened.ok && (await openStreams())).toBe(1);
    caller.abort();
    await expect.poll(openStreams).toBe(0);
  });
});
