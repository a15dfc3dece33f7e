import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { SERVERS, startBridge, type RunningBridge } from "./start-bridge.ts";

const PARALLEL = { env: { MCP_CONCURRENCY: "parallel" } };

/** Whether the bridge still serves calls. */
const isServing = async (bridge: RunningBridge) => (await bridge.callText("count")) !== "";

test("a call gets an error and the bridge exits with 5 and the last lines when the server dies during the call", async () => {
  const bridge = await startBridge(SERVERS.odd, PARALLEL);
  const other = bridge.post("/tools/call", { name: "never" });
  await sleep(100);
  const response = await bridge.post("/tools/call", { name: "log-and-die" });
  expect(response.status).toBe(502);
  expect(await response.json()).toMatchObject({ error: { code: "server_ended" } });
  expect((await other).status).toBe(502);
  expect(await bridge.exited).toBe(5);
  expect(bridge.log()).toContain("it exited with code 7");
  expect(bridge.log().trimEnd()).toMatch(/Its last lines:\n {2}the last words$/);
});

test("a call times out and is cancelled at the server when the server never responds, and other calls succeed", async () => {
  const bridge = await startBridge(SERVERS.odd, { env: { MCP_CALL_TIMEOUT_MS: "300" } });
  const response = await bridge.post("/tools/call", { name: "never" });
  expect(response.status).toBe(504);
  expect(JSON.parse(await bridge.callText("cancelled"))).toHaveLength(1);
});

test("a server that floods its stderr is not blocked, and the log drops lines", async () => {
  const bridge = await startBridge(SERVERS.odd);
  expect(await bridge.callText("stderr-flood")).toBe("done");
  // The next line logs the number of dropped lines.
  await sleep(100);
  await bridge.callText("say", { line: "afterwards" });
  await expect
    .poll(() => bridge.log())
    .toMatch(/\d{4,} lines of the server's stderr were left out/);
  const lines = bridge.log().split("\n");
  expect(lines.length).toBeLessThan(1000);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(2100);
});

test.each(["stdout-flood", "garbage"])(
  "the bridge skips output that is not a message (%s)",
  async (tool) => {
    const bridge = await startBridge(SERVERS.odd);
    expect(await bridge.callText(tool)).toBe("done");
    expect(await isServing(bridge)).toBe(true);
  },
);

test("a response larger than 8 MiB fails only its own call, at once", async () => {
  const bridge = await startBridge(SERVERS.odd, PARALLEL);
  const response = await bridge.post("/mcp", {
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: { name: "huge-line" },
  });
  expect(await response.json()).toMatchObject({
    id: 1,
    error: { data: { reason: "server_too_large" } },
  });
  expect(await isServing(bridge)).toBe(true);
});

test("calls are refused or time out and health reports it when the server stops reading", async () => {
  const bridge = await startBridge(SERVERS.odd, {
    env: { MCP_CALL_TIMEOUT_MS: "500", MCP_CONCURRENCY: "parallel" },
  });
  await bridge.callText("deaf");
  const line = "x".repeat(3 * 1024 * 1024);
  const calls = Array.from({ length: 6 }, () =>
    bridge.post("/tools/call", { name: "say", arguments: { line } }),
  );
  const statuses = (await Promise.all(calls)).map(({ status }) => status);
  expect(statuses).toContain(504);
  expect(statuses).toContain(502);
  const health = await fetch(`${bridge.url}/health`);
  expect([health.status, await health.json()]).toEqual([503, { status: "unresponsive" }]);
});

test("a process that the server started ends with the server", async () => {
  const bridge = await startBridge(SERVERS.odd);
  const pid = Number(await bridge.callText("fork"));
  expect(isRunning(pid)).toBe(true);
  const response = await bridge.post("/tools/call", { name: "die" });
  expect(response.status).toBe(502);
  expect(await bridge.exited).toBe(5);
  await expect.poll(() => isRunning(pid)).toBe(false);
});

test("the bridge refuses calls beyond the waiting limit with 503 and serves the waiting ones", async () => {
  const bridge = await startBridge(SERVERS.odd, {
    env: { MCP_CONCURRENCY: "serial", MCP_CALL_TIMEOUT_MS: "30000" },
  });
  const calls = Array.from({ length: 600 }, () =>
    bridge.post("/tools/call", { name: "count", arguments: { ms: 10 } }),
  );
  const statuses = (await Promise.all(calls)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(500);
  expect(new Set(statuses)).toEqual(new Set([200, 503]));
});

/** Whether a process runs; a zombie process does not. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}

test("a server that floods list_changed waits, and a client's stream gets the first and the last in each second", async () => {
  const bridge = await startBridge(SERVERS.odd);
  const listening = await bridge.post(
    "/mcp",
    {
      jsonrpc: "2.0",
      id: 1,
      method: "subscriptions/listen",
      params: {
        notifications: { toolsListChanged: true },
        _meta: {
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientCapabilities": {},
        },
      },
    },
    {
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "subscriptions/listen",
    },
  );
  let received = "";
  const reading = (async () => {
    const body = listening.body?.pipeThrough(new TextDecoderStream()) ?? [];
    for await (const text of body) received += text;
  })().catch(() => undefined);
  expect(await bridge.callText("announce-flood")).toBe("done");
  await sleep(1_100);
  const changes = received.split("notifications/tools/list_changed").length - 1;
  expect(changes).toBeGreaterThan(1);
  // The flood of 20,000 is read in five seconds or so.
  expect(changes).toBeLessThan(100);
  expect(bridge.log()).toMatch(/the server writes more than 5000 lines/);
  await bridge.stop();
  await reading;
});

test("progress that the client did not ask for does not extend a call", async () => {
  const bridge = await startBridge(SERVERS.odd, { env: { MCP_CALL_TIMEOUT_MS: "500" } });
  const response = await bridge.post("/tools/call", { name: "guess-progress" });
  expect(response.status).toBe(504);
});
