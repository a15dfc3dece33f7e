import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { launchBridge, SERVERS, startBridge } from "./start-bridge.ts";

const SECRET = "0123456789abcdef0123456789abcdef";

test("the command is split like in a shell, and no shell runs it", async () => {
  const bridge = await startBridge(
    `${SERVERS.odd} plain "two words" 'single $HOME' back\\ slash "quo\\"te" '' mid"dle"x '*' "a|b;c"`,
  );
  expect(JSON.parse(await bridge.callText("argv"))).toEqual([
    "plain",
    "two words",
    "single $HOME",
    "back slash",
    'quo"te',
    "",
    "middlex",
    "*",
    "a|b;c",
  ]);
});

test.each([
  ["server 'open", "quote at character 8"],
  ["server | tee log", 'quote "|"'],
  ["server $HOME", 'quote "$"'],
  ["server \\", "backslash"],
  ["  ", "empty"],
])("the command %j is refused with the reason", async (command, reason) => {
  const bridge = launchBridge(command);
  expect(await bridge.exited).toBe(2);
  expect(bridge.log()).toContain(reason);
});

test.each([
  ["PORT", "eighty"],
  ["MCP_CONCURRENCY", "some"],
  ["MCP_HANDOVER", "file"],
  ["MCP_MAX_IN_FLIGHT", "0"],
])("a wrong %s ends the bridge before the server starts", async (name, value) => {
  const bridge = launchBridge(`${SERVERS.odd} exit started`, { env: { [name]: value } });
  expect(await bridge.exited).toBe(2);
  expect(bridge.log()).toContain(name);
  expect(bridge.log()).not.toContain("missing started");
});

test("the server sees an allow-listed environment, the handover's variables, and nothing else", async () => {
  const bridge = await startBridge(SERVERS.odd, {
    env: {
      AWS_SECRET: "not for the server",
      PASSED: "on",
      MCP_ENV: "PASSED",
      LANG: "C.UTF-8",
      MCP_HEAP_MB: "99",
    },
    handover: `${JSON.stringify({ variables: { REGION: "eu" }, credentials: { API_KEY: "canary-0123" } })}\n`,
  });
  const environment: unknown = JSON.parse(await bridge.callText("environment"));
  expect(environment).toEqual({
    PATH: process.env["PATH"],
    HOME: process.env["HOME"],
    LANG: "C.UTF-8",
    PASSED: "on",
    REGION: "eu",
    API_KEY: "canary-0123",
    NODE_OPTIONS: "--max-old-space-size=99",
  });
});

test("a credential that the server prints is redacted from the log in every spelling", async () => {
  const canary = "cänary/+ 0123456789";
  const bridge = await startBridge(SERVERS.odd, {
    handover: `${JSON.stringify({ credentials: { API_KEY: canary }, secret: SECRET })}\n`,
  });
  const say = async (line: string) => {
    const body = { name: "say", arguments: { line } };
    await bridge.post("/tools/call", body, { authorization: `Bearer ${SECRET}` });
  };
  const base64 = Buffer.from(canary).toString("base64");
  await say(
    `plain ${canary} url ?key=${encodeURIComponent(canary)} base64 ${base64} secret ${SECRET}`,
  );
  await expect.poll(() => bridge.log()).toContain("base64 [redacted]");
  for (const leaked of [canary, encodeURIComponent(canary), base64.replace(/=+$/, ""), SECRET]) {
    expect(bridge.log()).not.toContain(leaked);
  }
});

test.each([
  ["not json", "not JSON"],
  ["[]", "not a JSON object"],
  ['{"variables":{"NODE_OPTIONS":"--require /tmp/x"}}', "NODE_OPTIONS is reserved"],
  ['{"credentials":{"LD_PRELOAD":"/tmp/x.so"}}', "LD_PRELOAD is reserved"],
  ['{"variables":{"lower":"x"}}', "A variable's name"],
  ['{"variables":{"A":1}}', "must map names to texts"],
  ['{"secret":"short"}', "at least 32 characters"],
  ['{"env":{}}', "a member other than"],
])("the handover %s is refused and nothing starts", async (line, reason) => {
  const bridge = launchBridge(`${SERVERS.odd} exit started`, { handover: `${line}\n` });
  expect(await bridge.exited).toBe(2);
  expect(bridge.log()).toContain(reason);
  expect(bridge.log()).not.toContain("missing started");
});

test("the bridge listens on other than loopback addresses only with a secret", async () => {
  const open = launchBridge(SERVERS.odd, { env: { HOST: "0.0.0.0" } });
  expect(await open.exited).toBe(2);
  expect(open.log()).toContain("needs a secret");
  const closed = await startBridge(SERVERS.odd, {
    env: { HOST: "0.0.0.0" },
    handover: `{"secret":"${SECRET}"}\n`,
  });
  expect((await fetch(`${closed.url}/health`)).status).toBe(401);
});

test("a server that exits before it is ready ends the bridge with exit code 4, its exit code and its last lines", async () => {
  const bridge = launchBridge(`${SERVERS.odd} exit 'the API key'`);
  expect(await bridge.exited).toBe(4);
  expect(bridge.log()).toContain("before it was ready: it exited with code 3");
  expect(bridge.log().trimEnd()).toMatch(/Its last lines:\n {2}missing the API key$/);
});

test("a server that closes its output before it is ready ends the bridge with exit code 4, and is terminated", async () => {
  const bridge = launchBridge(`${SERVERS.odd} close-stdout`);
  expect(await bridge.exited).toBe(4);
  expect(bridge.log()).toContain("it closed its output");
  expect(bridge.log().trimEnd()).toMatch(/Its last lines:\n {2}cannot read the configuration$/);
});

test("a program that does not exist ends the bridge with exit code 3", async () => {
  const bridge = launchBridge("/nowhere/server");
  expect(await bridge.exited).toBe(3);
  expect(bridge.log()).toContain("ENOENT");
});

test("a server that never answers the handshake ends the bridge with exit code 6", async () => {
  const bridge = launchBridge(`${SERVERS.odd} silent`, { env: { MCP_START_TIMEOUT_MS: "300" } });
  expect(await bridge.exited).toBe(6);
  expect(bridge.log()).toContain("did not answer the handshake");
});

test("a port in use ends the bridge with exit code 2 and names the port", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const address = taken.address();
  const port = String(typeof address === "object" ? address?.port : "");
  const bridge = launchBridge(SERVERS.odd, { env: { PORT: port } });
  expect(await bridge.exited).toBe(2);
  expect(bridge.log()).toContain("EADDRINUSE");
  taken.close();
});

test("SIGTERM lets a call in flight finish, accepts no new one, and exits with 0", async () => {
  const bridge = await startBridge(SERVERS.everything);
  const call = bridge.callText("trigger-long-running-operation", { duration: 1, steps: 2 });
  await expect.poll(() => bridge.log(), { interval: 10 }).toContain("ready");
  await new Promise((resolve) => setTimeout(resolve, 200));
  const stopped = bridge.stop();
  await expect(call).resolves.toContain("completed");
  expect(await stopped).toBe(0);
  await expect(fetch(bridge.url)).rejects.toThrow("fetch failed");
});
