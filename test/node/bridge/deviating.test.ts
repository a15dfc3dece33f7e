import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { launchBridge, SERVERS, startBridge, type RunningBridge } from "./start-bridge.ts";

const ACCEPT = { accept: "application/json, text/event-stream" };

/** The params of `initialize` that the server accepted, which its tool returns. */
const acceptedParams = async (bridge: RunningBridge) =>
  JSON.parse(await bridge.callText("call")) as { protocolVersion: string; capabilities: object };

const health = async (bridge: RunningBridge) => {
  const response = await fetch(`${bridge.url}/health`);
  return [response.status, await response.json()];
};

/** A tool call over `/mcp`. */
const postCall = (bridge: RunningBridge, params: Record<string, unknown>) =>
  bridge.post("/mcp", { jsonrpc: "2.0", id: 7, method: "tools/call", params }, ACCEPT);

test.each(["bom", "banner", "string-ids", "glued", "nulls"])(
  "the bridge serves a server that deviates from the framing or the form of messages (%s)",
  async (deviation) => {
    const bridge = await startBridge(SERVERS.deviating(deviation));
    const list = await bridge.post("/tools/list", "");
    expect(await list.json()).toMatchObject({ tools: [{ name: "call" }] });
    expect((await acceptedParams(bridge)).protocolVersion).toBe("2025-11-25");
    expect(await health(bridge)).toEqual([200, { status: "ok" }]);
  },
);

test("members that are null do not reach the client in a result or in a list", async () => {
  const bridge = await startBridge(SERVERS.deviating("nulls"));
  const { result } = (await (await postCall(bridge, { name: "call" })).json()) as {
    result: object;
  };
  expect(Object.keys(result)).toEqual(["content"]);
  const list = await bridge.post("/mcp", { jsonrpc: "2.0", id: 8, method: "tools/list" }, ACCEPT);
  expect(Object.keys(((await list.json()) as { result: object }).result)).toEqual(["tools"]);
});

test.each([
  ["no-result", -32603, "The response has no result"],
  ["list-result", -32603, "The response's result is not an object"],
  ["text-error", -32603, "the backend is down"],
  ["no-id", -32700, "cannot read the request"],
])(
  "a response that no client can read ends its call with an error (%s)",
  async (deviation, code, message) => {
    const bridge = await startBridge(SERVERS.deviating(deviation));
    const response = await postCall(bridge, { name: "call" });
    expect(await response.json()).toEqual({ jsonrpc: "2.0", id: 7, error: { code, message } });
  },
);

test("the bridge reads a request body that begins with a byte order mark", async () => {
  const bridge = await startBridge(SERVERS.deviating("none"));
  const call = { jsonrpc: "2.0", id: 7, method: "tools/call", params: { name: "call" } };
  const response = await bridge.post("/mcp", `\uFEFF${JSON.stringify(call)}`, ACCEPT);
  expect(await response.json()).toMatchObject({ id: 7, result: { content: [{ type: "text" }] } });
});

test.each(["no-ping", "ping-error", "no-ping-but-notifications"])(
  "a server without a response to ping is healthy while it sends any other message (%s)",
  async (deviation) => {
    const bridge = await startBridge(SERVERS.deviating(deviation));
    expect(await health(bridge)).toEqual([200, { status: "ok" }]);
    expect(await health(bridge)).toEqual([200, { status: "ok" }]);
  },
);

test("a server that is busy with a call is healthy until the call's time limit, and unhealthy when it stays silent", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bridge-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "blocked");
  const bridge = await startBridge(SERVERS.deviating(`blocked ${file}`), {
    env: { MCP_CALL_TIMEOUT_MS: "6000" },
  });
  const call = bridge.post("/tools/call", { name: "call" });
  await expect.poll(() => existsSync(file)).toBe(true);
  // The server is blocked now: it answers neither ping nor tools/list.
  expect(await health(bridge)).toEqual([200, { status: "ok" }]);
  expect((await call).status).toBe(504);
  expect(await health(bridge)).toEqual([503, { status: "unresponsive" }]);
});

test.each([
  ["refuse-capabilities", "2025-11-25", {}],
  ["refuse-members", "2025-11-25", { elicitation: {}, sampling: {}, roots: {} }],
  ["refuse-version", "2024-11-05", { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} }],
  ["refuse-and-exit", "2025-11-25", {}],
  ["refuse-and-exit-late", "2025-11-25", {}],
  ["exit-silently", "2025-11-25", {}],
])(
  "the bridge offers less to a server that refuses initialize (%s)",
  async (deviation, protocolVersion, capabilities) => {
    const bridge = await startBridge(SERVERS.deviating(deviation));
    expect(await acceptedParams(bridge)).toMatchObject({ protocolVersion, capabilities });
    expect(bridge.log()).toContain("the server refused initialize");
  },
);

test("the bridge exits with 4 and the server's message when the server refuses every offer", async () => {
  const bridge = launchBridge(SERVERS.deviating("refuse-all"));
  expect(await bridge.exited).toBe(4);
  expect(bridge.log()).toContain("error -32603 (the license has expired)");
});

test("the bridge exits with the count of unreadable lines when the server's output is no MCP", async () => {
  const bridge = launchBridge(`node -e "setInterval(() => console.log('{'), 20)"`, {
    env: { MCP_START_TIMEOUT_MS: "1500" },
  });
  expect(await bridge.exited).toBe(6);
  expect(bridge.log()).toMatch(/lines of its output that are not MCP messages: \d+/);
});

test.each([
  ["a text", "text"],
  ["a list", []],
  ["a number", 5],
  ["an invalid related task", { "io.modelcontextprotocol/related-task": "task-1" }],
])(
  "the bridge refuses a request whose _meta is %s, which the server would ignore, and serves the next call",
  async (_, meta) => {
    const bridge = await startBridge(SERVERS.everything);
    const echo = { name: "echo", arguments: { message: "hello" } };
    const refused = await postCall(bridge, { ...echo, _meta: meta });
    expect(await refused.json()).toMatchObject({ id: 7, error: { code: -32602 } });
    expect(await bridge.callText("echo", { message: "next" })).toContain("next");
  },
);

test("a null _meta is an absent one", async () => {
  const bridge = await startBridge(SERVERS.everything);
  const params = { name: "echo", arguments: { message: "hello" }, _meta: null };
  const response = await postCall(bridge, params);
  expect(await response.json()).toMatchObject({ result: { content: [{ text: "Echo: hello" }] } });
});

test("the bridge itself refuses a feature that the server does not declare, so that no call waits for it", async () => {
  const bridge = await startBridge(SERVERS.deviating("none"));
  const list = { jsonrpc: "2.0", id: 7, method: "prompts/list" };
  const response = await bridge.post("/mcp", list, ACCEPT);
  expect(await response.json()).toMatchObject({ id: 7, error: { code: -32601 } });
});
