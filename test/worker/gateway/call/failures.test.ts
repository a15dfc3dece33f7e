import { describe, expect, test } from "vitest";
import {
  callTool,
  change,
  makeWorkspace,
  modernRpc,
  post,
  readMessage,
  waitForRows,
  rpc,
  send,
  upstreamStats,
  type Message,
} from "../../support/gateway-client.ts";

describe("a server that fails a call", () => {
  test.concurrent.each([
    ["hang", "upstream_timeout"],
    ["drip", "upstream_timeout"],
    ["slow-chatter", "upstream_timeout"],
    ["late-stall", "upstream_timeout"],
    ["refuse", "upstream_unreachable"],
    ["mid-body", "upstream_unreachable"],
    ["401", "upstream_unauthorized"],
    ["403", "upstream_unauthorized"],
    ["500", "upstream_http_error"],
    ["redirect", "upstream_redirect"],
    ["wrong-id", "upstream_bad_response"],
    ["wrong-version", "upstream_bad_response"],
    ["no-result", "upstream_bad_response"],
    ["html", "upstream_bad_response"],
    ["garbage", "upstream_bad_response"],
    ["empty", "upstream_bad_response"],
    ["silent-end", "upstream_bad_response"],
    ["giant", "upstream_too_large"],
    ["giant-line", "upstream_too_large"],
    ["endless-line", "upstream_too_large"],
  ])(
    "by %s costs its caller an error %s with the caller's id, once, and no word of the server",
    async (fault, reason) => {
      const slug = `fail-${fault}`;
      const path = `/call/${fault}`;
      const client = await makeWorkspace(slug, { bad: path, good: "/ok" });
      const before = (await upstreamStats(path)).methods["tools/call"] ?? 0;
      const { response, message } = await callTool(client, "bad__echo", {
        secret: "argument-canary",
      });
      expect(response.status).toBe(200);
      expect(message.id).toEqual(expect.any(Number));
      expect(message.error).toMatchObject({ code: -32603, data: { reason, server: "bad" } });
      const said = JSON.stringify(message) + JSON.stringify([...response.headers]);
      for (const secret of [
        "127.0.0.1",
        "upstream-secret",
        "secret-upstream-detail",
        "nginx",
        "stolen",
        "argument-canary",
      ]) {
        expect(said).not.toContain(secret);
      }
      expect((await upstreamStats(path)).methods["tools/call"]).toBe(before + 1);
      expect((await callTool(client, "good__echo")).message.result).toBeDefined();
      const [row] = await waitForRows(slug, 2);
      expect(row).toMatchObject({
        status: "error",
        errorCode: reason,
        serverSlug: "bad",
        toolName: "echo",
      });
      expect(JSON.stringify(row)).not.toContain("argument-canary");
    },
  );

  test.concurrent.each(["giant-chunked", "gzip-bomb", "mid-big"])(
    "by %s after the answer began breaks that answer off, and the row says so",
    async (fault) => {
      const slug = `broken-${fault}`;
      const client = await makeWorkspace(slug, { bad: `/call/${fault}` });
      const response = await post(client, {
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: "echo" },
      });
      const message = await readMessage(response).catch(() => null);
      expect(message?.error?.data.reason ?? "upstream_broke_off").toMatch(/^upstream_/);
      const [row] = await waitForRows(slug, 1);
      expect(row?.status).toBe("error");
      expect(row?.errorCode).toMatch(/^upstream_(too_large|unreachable|bad_response)$/);
    },
  );

  test("a server that falls silent in the middle of a large response fails the call with upstream_timeout", async () => {
    const client = await makeWorkspace("silent-big", { bad: "/call/silent-big" });
    await callTool(client, "echo").catch(() => null);
    const [row] = await waitForRows("silent-big", 1);
    expect(row).toMatchObject({ status: "error", errorCode: "upstream_timeout" });
  });
});

test("the request to a server that never responds ends with the call", async () => {
  const client = await makeWorkspace("abandoned", { bad: "/call/hang" });
  const { closed } = await upstreamStats("/call/hang");
  await callTool(client, "echo");
  await waitForRows("abandoned", 1);
  expect((await upstreamStats("/call/hang")).closed).toBe(closed + 1);
});

describe("a server's own errors", () => {
  test("a server's errors reach the client unchanged, and the audit row has their kind", async () => {
    const client = await makeWorkspace("own-errors", {
      tool: "/call/tool-error",
      rpc: "/call/rpc-error",
    });
    expect((await callTool(client, "tool__echo")).message.result).toEqual({
      content: [{ type: "text", text: "failed" }],
      isError: true,
    });
    expect((await callTool(client, "rpc__echo")).message.error).toEqual({
      code: -32050,
      message: "server says no",
      data: { why: 1 },
    });
    const rows = await waitForRows("own-errors", 2);
    expect(rows.map((row) => [row.status, row.errorCode])).toEqual([
      ["error", "tool_error"],
      ["error", "rpc_-32050"],
    ]);
  });
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
    const client = await makeWorkspace("hangup", { slow: "/call/slow-chatter" });
    const response = await post(client, {
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "echo" },
    });
    const before = (await upstreamStats("/call/slow-chatter")).closed;
    await response.body?.cancel();
    const [row] = await waitForRows("hangup", 1);
    expect(row).toMatchObject({ status: "cancelled", errorCode: "client_disconnected" });
    expect((await upstreamStats("/call/slow-chatter")).closed).toBe(before + 1);
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
    await scheduler.wait(50);
    expect((await upstreamStats("/call/question")).last?.body).toContain("-32601");
  });
});

describe("upstream sessions", () => {
  test("a stateful server's session is opened once per member and shared by the member's calls", async () => {
    const client = await makeWorkspace("stateful", { s: "/session/many" });
    const sessions = [];
    for (let i = 0; i < 3; i++)
      sessions.push((await callTool(client, "echo")).message.result.content[0].text.split(" ")[1]);
    expect(new Set(sessions).size).toBe(1);
  });

  test("two members never share an upstream session, and two calls on one session never share an id", async () => {
    const one = await makeWorkspace("two-people", { s: "/session/many" });
    const { token } = await change("two-people", {
      type: "token.create",
      input: { label: "second" },
    });
    const call = async (client: { slug: string; token: string }) => {
      const response = await post(client, {
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: "echo" },
      });
      const message = JSON.parse(await response.text());
      expect(message.id).toBe(1);
      return message.result.content[0].text.split(" ");
    };
    const [a, b, c] = [await call(one), await call({ slug: "two-people", token }), await call(one)];
    expect(a[1]).not.toBe(b[1]);
    expect(a[1]).toBe(c[1]);
    expect(a[3]).not.toBe(c[3]);
  });

  test.each(["once", "restarts"])(
    "a session that the server has lost is renewed once, and the call succeeds: %s",
    async (lives) => {
      const client = await makeWorkspace(`forgetful-${lives}`, { s: `/session/${lives}` });
      for (let i = 0; i < 3; i++)
        expect((await callTool(client, "echo")).message.result).toBeDefined();
    },
  );
});

describe("lists", () => {
  test("all pages of a server's list are read and listed as one", async () => {
    const client = await makeWorkspace("pages", { p: "/list/pages" });
    const { message } = await rpc(client, "tools/list");
    expect(message.result.tools.map((tool: { name: string }) => tool.name)).toEqual([
      "t0",
      "t1",
      "t2",
      "t3",
      "t4",
    ]);
    expect(message.result.nextCursor).toBeUndefined();
  });

  test.each([
    ["endless-cursor", 50],
    ["repeated-cursor", 1],
    ["many-tools", 2000],
    ["bad-tools", 1],
  ])("%s leaves %i tools, and the tools of other servers are all listed", async (fault, count) => {
    const client = await makeWorkspace(`list-${fault}`, { bad: `/list/${fault}`, good: "/ok" });
    const names = await listAll(client);
    expect(names).toHaveLength(count + 2);
    expect(names.slice(-2)).toEqual(["echo", "add"]);
  });

  test.concurrent.each(["hang", "500", "401", "html", "giant", "refuse", "garbage", "redirect"])(
    "a server that always answers with %s is missing from the list, and nobody waits for it twice",
    async (fault) => {
      const client = await makeWorkspace(`down-${fault}`, { bad: `/any/${fault}`, good: "/ok" });
      const startedAt = Date.now();
      expect(await listAll(client)).toEqual(["echo", "add"]);
      // Less than the budget for which a list would wait for that server.
      expect(Date.now() - startedAt).toBeLessThan(1_500);
    },
  );

  test("the health page says in words what is wrong with which server", async () => {
    const client = await makeWorkspace("health", { bad: "/any/401", good: "/ok" });
    const headers = { authorization: `Bearer ${client.token}` };
    const health: Message["result"] = await (
      await send("/api/gw/health/health", { headers })
    ).json();
    expect(health.status).toBe("degraded");
    expect(health.servers).toMatchObject([
      {
        slug: "bad",
        status: "failing",
        check: { error: { message: "401 from the server: its credential is missing or expired" } },
      },
      { slug: "good", status: "ok", transport: "streamable-http", era: "legacy", tools: 2 },
    ]);
    expect((await send("/api/gw/health/health")).status).toBe(401);
  });
});

/** The tool names of every page of the gateway's list. */
async function listAll(client: { slug: string; token: string }): Promise<string[]> {
  const names: string[] = [];
  for (let cursor: string | undefined; ;) {
    const { message } = await rpc(client, "tools/list", cursor ? { cursor } : {});
    names.push(...message.result.tools.map((tool: { name: string }) => tool.name));
    cursor = message.result.nextCursor;
    if (!cursor) return names;
  }
}
