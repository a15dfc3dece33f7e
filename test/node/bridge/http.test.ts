import { connect } from "node:net";
import { expect, test } from "vitest";
import { SERVERS, startBridge, type RunningBridge } from "./start-bridge.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const ACCEPT = { accept: "application/json, text/event-stream" };

const initialize = (id: number | string = 1) => ({
  jsonrpc: "2.0",
  id,
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "test", version: "1" },
  },
});

/** A modern request and its headers. */
function modern(method: string, params: Record<string, unknown> = {}) {
  const body = {
    jsonrpc: "2.0",
    id: 1,
    method,
    params: {
      ...params,
      _meta: {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": { elicitation: {} },
      },
    },
  };
  const name = params["name"] ?? params["uri"];
  const headers = {
    ...ACCEPT,
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": method,
    ...(typeof name === "string" ? { "mcp-name": name } : {}),
  };
  return [body, headers] as const;
}

test("tools are listed and called as plain JSON, and errors have a status and a code", async () => {
  const bridge = await startBridge(SERVERS.everything);
  const list = await bridge.post("/tools/list", "");
  const { tools } = (await list.json()) as { tools: { name: string }[] };
  expect(tools.map(({ name }) => name)).toContain("get-sum");
  expect(await bridge.callText("get-sum", { a: 2, b: 3 })).toContain("5");
  const refusals: [unknown, number][] = [
    ["{", 400],
    ["[]", 400],
    [{ arguments: {} }, 400],
    [{ name: "echo", arguments: [] }, 400],
  ];
  for (const [body, status] of refusals) {
    const response = await bridge.post("/tools/call", body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code: "bad_request" } });
  }
  expect((await fetch(`${bridge.url}/nothing`)).status).toBe(404);
});

test("a tool call that the server rejects is a 4xx with the server's message", async () => {
  const bridge = await startBridge(SERVERS.odd);
  const response = await bridge.post("/tools/call", { name: "unknown" });
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({ error: { code: -32602, message: "no such tool" } });
});

test("every route responds 401 to a request without the secret", async () => {
  const bridge = await startBridge(SERVERS.odd, { handover: `{"secret":"${SECRET}"}\n` });
  const routes = [
    ["GET", "/health"],
    ["POST", "/mcp"],
    ["GET", "/mcp"],
    ["DELETE", "/mcp"],
    ["POST", "/tools/list"],
    ["POST", "/tools/call"],
  ] as const;
  for (const [method, path] of routes) {
    for (const token of ["", "Bearer", `Bearer ${SECRET}x`, `Basic ${SECRET}`, SECRET]) {
      const headers = token === "" ? {} : { authorization: token };
      const response = await fetch(bridge.url + path, { method, headers });
      expect([path, token, response.status]).toEqual([path, token, 401]);
      await response.body?.cancel();
    }
  }
  const headers = { authorization: `Bearer ${SECRET}` };
  expect((await fetch(`${bridge.url}/health`, { headers })).status).toBe(200);
  expect((await bridge.post("/mcp", initialize(), { ...headers, ...ACCEPT })).status).toBe(200);
});

test("the bridge refuses requests of web pages: by DNS rebinding, or with an Origin", async () => {
  const bridge = await startBridge(SERVERS.odd);
  const rebound = await rawRequest(bridge.url, "GET /health HTTP/1.1\r\nHost: evil.example\r\n");
  expect(rebound).toMatch(/^HTTP\/1.1 403/);
  const foreign = await fetch(`${bridge.url}/health`, {
    headers: { origin: "https://evil.example" },
  });
  expect(foreign.status).toBe(403);
});

test("the bridge refuses a body larger than 4 MiB with 413 and continues to serve", async () => {
  const bridge = await startBridge(SERVERS.odd);
  const response = await bridge
    .post("/tools/call", "x".repeat(4 * 1024 * 1024 + 1))
    .catch(() => null);
  // The connection can be cut while the body is sent.
  expect(response?.status ?? 413).toBe(413);
  expect((await fetch(`${bridge.url}/health`)).status).toBe(200);
});

test("large numbers pass in both directions without a changed digit", async () => {
  const bridge = await startBridge(SERVERS.odd);
  const call =
    '{"jsonrpc":"2.0","id":12345678901234567890,"method":"tools/call",\n"params":{"name":"large-number",\n"arguments":{"number":98765432109876543210.5}}}';
  const response = await bridge.post("/mcp", call, ACCEPT);
  expect(await response.text()).toBe(
    '{"jsonrpc":"2.0","id":12345678901234567890,"result":{"content":[],"number":98765432109876543210.5}}',
  );
});

test("a session lives from initialize to DELETE, and an unknown session is a 404", async () => {
  const bridge = await startBridge(SERVERS.everything);
  const opened = await bridge.post("/mcp", initialize(), ACCEPT);
  const session = opened.headers.get("mcp-session-id") ?? "";
  expect(await opened.json()).toMatchObject({
    result: { protocolVersion: "2025-11-25", serverInfo: { name: "mcp-servers/everything" } },
  });
  const ping = { jsonrpc: "2.0", id: 2, method: "ping" };
  const headers = { ...ACCEPT, "mcp-session-id": session };
  expect((await bridge.post("/mcp", ping, headers)).status).toBe(200);
  expect((await fetch(`${bridge.url}/mcp`, { method: "DELETE", headers })).status).toBe(200);
  expect((await bridge.post("/mcp", ping, headers)).status).toBe(404);
});

test("a session's stream carries list changes", async () => {
  const bridge = await startBridge(SERVERS.conformance);
  const { events } = await openSession(bridge);
  await bridge.callText("test_trigger_tool_change");
  await expect.poll(() => events.text).toContain("notifications/tools/list_changed");
});

test("resource updates reach the subscribers, and the server gets the first subscription and the last unsubscription", async () => {
  const bridge = await startBridge(SERVERS.odd);
  const [one, other] = [await openSession(bridge), await openSession(bridge)];
  const send = (method: string, uri: string, { headers }: typeof one) =>
    bridge.post("/mcp", { jsonrpc: "2.0", id: 2, method, params: { uri } }, headers);
  await send("resources/subscribe", "test://a", one);
  await send("resources/subscribe", "test://b", one);
  await send("resources/subscribe", "test://b", other);
  expect(JSON.parse(await bridge.callText("subscribed"))).toEqual(["test://a", "test://b"]);
  await bridge.callText("touch", { uri: "test://a" });
  await bridge.callText("touch", { uri: "test://b" });
  await expect.poll(() => other.events.text).toContain("test://b");
  expect(one.events.text).toContain("test://a");
  expect(other.events.text).not.toContain("test://a");
  await send("resources/unsubscribe", "test://a", one);
  await fetch(`${bridge.url}/mcp`, { method: "DELETE", headers: one.headers });
  expect(JSON.parse(await bridge.callText("subscribed"))).toEqual(["test://b"]);
  await fetch(`${bridge.url}/mcp`, { method: "DELETE", headers: other.headers });
  expect(JSON.parse(await bridge.callText("subscribed"))).toEqual([]);
  await expect.poll(() => other.events.hasEnded).toBe(true);
});

test("subscriptions/listen acknowledges the supported filter and puts the subscription id on every message", async () => {
  const bridge = await startBridge(SERVERS.conformance);
  const [body, headers] = modern("subscriptions/listen", {
    notifications: { toolsListChanged: true, resourceSubscriptions: ["test://watched-resource"] },
  });
  const stream = await bridge.post("/mcp", { ...body, id: "sub-1" }, headers);
  const events = collectEvents(stream);
  await expect.poll(() => events.text).toContain("subscriptions/acknowledged");
  await bridge.callText("test_trigger_prompt_change");
  await bridge.callText("test_trigger_tool_change");
  await expect.poll(() => events.text).toContain("tools/list_changed");
  expect(events.text).not.toContain("prompts/list_changed");
  const messages = [...events.text.matchAll(/^data: (.*)$/gm)].map(([, json = ""]) =>
    JSON.parse(json),
  );
  expect(messages[0].params.notifications).toEqual({
    toolsListChanged: true,
    resourceSubscriptions: ["test://watched-resource"],
  });
  for (const { params } of messages) {
    expect(params._meta["io.modelcontextprotocol/subscriptionId"]).toBe("sub-1");
  }
});

test("a disconnect cancels a modern call at the server but not a legacy call", async () => {
  const bridge = await startBridge(SERVERS.odd, {
    env: { MCP_CONCURRENCY: "parallel", MCP_CALL_TIMEOUT_MS: "1500" },
  });
  const abort = async (body: unknown, headers: Record<string, string>) => {
    const end = new AbortController();
    const options = { method: "POST", body: JSON.stringify(body), headers, signal: end.signal };
    const call = fetch(`${bridge.url}/mcp`, options).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 150));
    end.abort();
    await call;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return JSON.parse(await bridge.callText("cancelled")) as unknown[];
  };
  const params = { name: "never", arguments: {} };
  const legacy = { jsonrpc: "2.0", id: 1, method: "tools/call", params };
  expect(await abort(legacy, ACCEPT)).toHaveLength(0);
  expect(await abort(...modern("tools/call", params))).toHaveLength(1);
});

test("notifications/cancelled ends only a call of the same session", async () => {
  const bridge = await startBridge(SERVERS.odd, {
    env: { MCP_CONCURRENCY: "parallel", MCP_CALL_TIMEOUT_MS: "1500" },
  });
  const [{ headers: one }, { headers: other }] = [
    await openSession(bridge),
    await openSession(bridge),
  ];
  const call = { jsonrpc: "2.0", id: "same", method: "tools/call", params: { name: "never" } };
  const responses = [bridge.post("/mcp", call, one), bridge.post("/mcp", call, other)];
  await new Promise((resolve) => setTimeout(resolve, 150));
  const cancel = {
    jsonrpc: "2.0",
    method: "notifications/cancelled",
    params: { requestId: "same" },
  };
  expect((await bridge.post("/mcp", cancel, one)).status).toBe(202);
  expect(await (await responses[0])?.json()).toMatchObject({
    id: "same",
    error: { data: { reason: "server_cancelled" } },
  });
  const still = await Promise.race([
    responses[1],
    new Promise((resolve) => setTimeout(resolve, 200, "waits")),
  ]);
  expect(still).toBe("waits");
});

/** A session with its event stream open. */
async function openSession(bridge: RunningBridge) {
  const response = await bridge.post("/mcp", initialize(), ACCEPT);
  const headers = { ...ACCEPT, "mcp-session-id": response.headers.get("mcp-session-id") ?? "" };
  return { headers, events: collectEvents(await fetch(`${bridge.url}/mcp`, { headers })) };
}

/** Sends the text of an HTTP request and returns the text of the response. */
function rawRequest(url: string, head: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(`${head}Connection: close\r\n\r\n`);
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (chunk) => (text += String(chunk)));
    socket.on("close", () => resolve(text));
  });
}

/** The text that a stream has received so far. */
function collectEvents(response: Response): { text: string; hasEnded: boolean } {
  const events = { text: "", hasEnded: false };
  void (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? [])
      events.text += decoder.decode(chunk, { stream: true });
    events.hasEnded = true;
  })().catch(() => undefined);
  return events;
}
