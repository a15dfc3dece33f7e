import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test, vi } from "vitest";
import {
  bindings,
  callTool,
  change,
  makeWorkspace,
  modernRpc,
  post,
  upstreamStats,
  waitForRows,
} from "../../support/gateway-client.ts";
import {
  FORM_ELICITATION,
  initializeClient,
  listReceived,
  makeRequestingWorkspace,
  openCall,
  parseToolResult,
  readUpstream,
  sendMessage,
  waitForMessage,
} from "../../support/server-requests.ts";

describe("a server that closes a call's stream before its response", () => {
  test("an interrupted call stream is resumed with the last event's id, and no message is lost or sent twice", async () => {
    const client = await makeRequestingWorkspace("legacy", "resumed");
    const stream = await openCall(client, "breaking", { comesBack: true }, { progressToken: "p" });
    expect(parseToolResult(await waitForMessage(stream, 4))).toBe("whole");
    expect(stream.messages.map(({ params }) => params?.progress)).toEqual([1, 2, 3, undefined]);
    const { gets, messages } = await readUpstream("resumed");
    const called = messages.find(({ message }) => message.method === "tools/call");
    expect(gets).toEqual([{ session: called?.session, lastEventId: "2" }]);
    expect((await waitForRows("resumed", 1)).map(({ status }) => status)).toEqual(["ok"]);
  });

  test("a call whose stream cannot be resumed fails after a few attempts", async () => {
    const client = await makeRequestingWorkspace("legacy", "hung-up");
    const stream = await openCall(client, "breaking", { comesBack: false }, { progressToken: "p" });
    expect((await waitForMessage(stream, 3)).error).toMatchObject({
      code: -32603,
      data: { reason: "upstream_bad_response", server: "up" },
    });
    const { gets } = await readUpstream("hung-up");
    expect(gets.map(({ lastEventId }) => lastEventId)).toEqual(["2", "2", "2"]);
    expect(await waitForRows("hung-up", 1)).toMatchObject([
      { status: "error", errorCode: "upstream_bad_response" },
    ]);
  });
});

test("a silent stream carries keep-alive comments, also while a server request is open", async () => {
  const client = await initializeClient(await makeRequestingWorkspace("legacy", "comments"));
  const response = await post(
    client,
    {
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "ask", arguments: { questions: [FORM_ELICITATION] } },
    },
    { "mcp-session-id": client.session },
  );
  const body = response.body as ReadableStream<Uint8Array>;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (text.split(": keep-alive\n\n").length < 4) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader.cancel();
  expect(text).toMatch(/^event: message\ndata: .*\n\n(: keep-alive\n\n){3}/);
});

describe.each(["legacy", "modern"])(
  "a legacy client's cancellation of a call of a %s server",
  (kind) => {
    test("a cancellation ends the call's stream without a response, and the audit row says that the client cancelled", async () => {
      const slug = `cancel-${kind}`;
      const client = await initializeClient(await makeRequestingWorkspace(kind, slug));
      const args = kind === "legacy" ? {} : { rounds: [{ one: FORM_ELICITATION }] };
      const tool = kind === "legacy" ? "waiting" : "ask";
      const stream = await openCall(client, tool, args, { id: "mine" });
      const requests = kind === "legacy" ? 0 : 1;
      await waitForMessage(stream, requests);
      const method = "notifications/cancelled";
      const stopped = await sendMessage(client, { method, params: { requestId: "mine" } });
      expect(stopped.status).toBe(202);
      expect(await stream.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
      expect(stream.messages).toHaveLength(requests);
      expect(await waitForRows(slug, 1)).toMatchObject([
        { status: "cancelled", errorCode: "client_cancelled" },
      ]);
      if (kind === "modern") return;
      await vi.waitFor(async () => {
        const [called] = await listReceived(slug, "tools/call");
        expect(called.id).not.toBe("mine");
        const cancelled = await listReceived(slug, method);
        expect(cancelled.map(({ params }) => params.requestId)).toEqual([called.id]);
      }, 10_000);
    });
  },
);

test("a cancellation from another session, without a session, or of another call stops no call", async () => {
  const made = await makeRequestingWorkspace("legacy", "not-mine");
  const client = await initializeClient(made);
  const questions = { questions: [FORM_ELICITATION] };
  const stream = await openCall(client, "ask", questions, { id: "mine" });
  const { id } = await waitForMessage(stream, 1);
  const cancel = { method: "notifications/cancelled", params: { requestId: "mine" } };
  await sendMessage(await initializeClient(made), cancel);
  await sendMessage(made, cancel);
  await sendMessage(client, { ...cancel, params: { requestId: "other" } });
  await scheduler.wait(1_800);
  expect(stream.hasEnded).toBe(false);
  await sendMessage(client, { id, result: { action: "decline" } });
  expect(parseToolResult(await waitForMessage(stream, 2))).toEqual([{ action: "decline" }]);
});

describe.each(["legacy", "sse"])("a revoked token's open call of a %s server", (kind) => {
  test("an open call of a revoked token ends with an error, and calls of other tokens continue", async () => {
    const slug = `revoked-${kind}`;
    const made = await makeRequestingWorkspace(kind, slug);
    const { token, record } = await change(slug, {
      type: "token.create",
      input: { label: "short" },
    });
    const client = await initializeClient({ slug, token });
    const other = await initializeClient(made);
    // An open server request extends both calls beyond the idle budget.
    const streams = [];
    for (const sender of [client, other])
      streams.push(await openCall(sender, "ask", { questions: [FORM_ELICITATION] }, { id: "c" }));
    const [mine, theirs] = streams;
    await Promise.all(streams.map((stream) => waitForMessage(stream, 1)));
    await change(slug, { type: "token.revoke", id: record.id });
    expect(await mine?.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
    expect(mine?.messages.at(-1)).toMatchObject({
      id: "c",
      error: { code: -32000, data: { reason: "token_revoked" } },
    });
    expect(mine?.messages).toHaveLength(2);
    expect(theirs?.hasEnded).toBe(false);
    const rows = await waitForRows(slug, 1);
    expect(rows).toMatchObject([{ status: "cancelled", errorCode: "token_revoked" }]);
    await theirs?.close();
  });
});

test("a call of a revoked token whose large response does not end gets an error, and the upstream request ends", async () => {
  const slug = "revoked-large";
  const client = await makeWorkspace(slug, { bad: "/call/endless-big/revoked" });
  const { closed } = await upstreamStats("/call/endless-big/revoked");
  const params = { name: "echo", arguments: {} };
  const response = await post(client, { jsonrpc: "2.0", id: 1, method: "tools/call", params });
  await change(slug, { type: "token.revoke", id: client.tokenId });
  expect(await response.text()).toContain('"reason":"token_revoked"');
  const rows = await waitForRows(slug, 1);
  expect(rows).toMatchObject([{ status: "cancelled", errorCode: "token_revoked" }]);
  await vi.waitFor(async () => {
    expect((await upstreamStats("/call/endless-big/revoked")).closed).toBe(closed + 1);
  }, 10_000);
});

test("two clients of one member with the same progress token on a shared session each get their own progress", async () => {
  const client = await makeRequestingWorkspace("legacy", "shared-progress");
  const streams = await Promise.all(
    [1, 2].map((value) =>
      openCall(client, "progress", { value, atOnce: 2 }, { id: 1, progressToken: "p" }),
    ),
  );
  for (const [index, stream] of streams.entries()) {
    await stream.waitUntil(({ hasEnded }) => hasEnded);
    const value = index + 1;
    expect(stream.messages.slice(0, -1)).toEqual([
      {
        jsonrpc: "2.0",
        method: "notifications/progress",
        params: { progressToken: "p", progress: value },
      },
    ]);
    expect(stream.messages.at(-1)).toMatchObject({ id: 1 });
    expect(parseToolResult(stream.messages.at(-1))).toBe(value);
  }
  const { messages } = await readUpstream("shared-progress");
  const calls = messages.filter(({ message }) => message.method === "tools/call");
  expect(new Set(calls.map(({ session }) => session)).size).toBe(1);
  expect(new Set(calls.map(({ message }) => message.params._meta.progressToken)).size).toBe(2);
});

test("a server request that is open while the Workspace object restarts still gets its response", async () => {
  const client = await initializeClient(await makeRequestingWorkspace("modern", "restarted"));
  const stream = await openCall(client, "ask", { rounds: [{ one: FORM_ELICITATION }] });
  const { id } = await waitForMessage(stream, 1);
  const stub = bindings.WORKSPACES.getByName("restarted");
  await runInDurableObject(stub, (_instance, state) => state.abort("restart")).catch(() => {});
  await sendMessage(client, { id, result: { action: "decline" } });
  expect(parseToolResult(await waitForMessage(stream, 2))).toEqual({ one: { action: "decline" } });
});

describe("streams", () => {
  test("progress reaches the client with its own token before the result, in both eras", async () => {
    const client = await makeWorkspace("progress", { ok: "/call/events" });
    const params = { name: "echo", _meta: { progressToken: "mine" } };
    const response = await post(client, { jsonrpc: "2.0", id: 7, method: "tools/call", params });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    const events = (await response.text())
      .split("\n")
      .filter((line) => line.startsWith("data: "))
      .map((line) => JSON.parse(line.slice(6)));
    expect(events).toMatchObject([
      { method: "notifications/progress", params: { progressToken: "mine", progress: 1 } },
      { id: 7, result: { content: [{ text: "evented" }] } },
    ]);
    const modern = await modernRpc(client, "tools/call", { name: "echo" });
    expect(modern.message.result).toMatchObject({
      resultType: "complete",
      content: [{ text: "evented" }],
    });
  });

  test("progress extends the total budget of a call, and comments do not", async () => {
    const client = await makeWorkspace("long", { slow: "/call/slow-progress" });
    const { message } = await callTool(client, "echo");
    expect(message.result.content[0].text).toBe("finished");
  });

  test("while a server is slow, the client gets keep-alive comments", async () => {
    const client = await makeWorkspace("keepalive", { slow: "/call/slow" });
    const response = await post(client, {
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "echo" },
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const text = await response.text();
    expect(text).toMatch(/^: keep-alive\n\n/);
    expect(text).toContain('"text":"late"');
  });

  test("a client that disconnects ends the upstream request, and the audit row says cancelled", async () => {
    const client = await makeWorkspace("hangup", { slow: "/call/slow-chatter/hangup" });
    const response = await post(client, {
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "echo" },
    });
    const before = (await upstreamStats("/call/slow-chatter/hangup")).closed;
    await response.body?.cancel();
    const [row] = await waitForRows("hangup", 1);
    expect(row).toMatchObject({ status: "cancelled", errorCode: "client_disconnected" });
    await expect
      .poll(async () => (await upstreamStats("/call/slow-chatter/hangup")).closed)
      .toBe(before + 1);
  });

  test("a large result reaches the client completely", async () => {
    const client = await makeWorkspace("big", { ok: "/call/big" });
    const { message } = await callTool(client, "echo");
    expect(message.result.content[0].text).toHaveLength(1024 * 1024);
    expect((await waitForRows("big", 1))[0]?.status).toBe("ok");
  });

  test("a server request without a capable client reaches no client, and the server gets an error", async () => {
    const client = await makeWorkspace("question", { ask: "/call/question" });
    const response = await post(client, {
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "echo" },
    });
    const text = await response.text();
    expect(text).not.toContain("password");
    expect(text).toContain("asked");
    await expect
      .poll(async () => (await upstreamStats("/call/question")).last?.body)
      .toContain("-32601");
  });
});
