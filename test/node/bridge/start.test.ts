import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { launchBridge, SERVERS, startBridge } from "./start-bridge.ts";

const SECRET = "0123456789abcdef0123456789abcdef";

test("the bridge splits the command like a shell but runs no shell", async () => {
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
])("the bridge refuses the command %j with the reason", async (command, reason) => {
  const bridge = launchBridge(command);
  expect(await bridge.exited).toBe(2);
  expect(bridge.log()).toContain(reason);
});

test.each([
  ["PORT", "eighty"],
  ["MCP_CONCURRENCY", "some"],
  ["MCP_HANDOVER", "file"],
  ["MCP_MAX_IN_FLIGHT", "0"],
])("the bridge exits before it starts the server when %s is invalid", async (name, value) => {
  const bridge = launchBridge(`${SERVERS.odd} exit started`, { env: { [name]: value } });
  expect(await bridge.exited).toBe(2);
  expect(bridge.log()).toContain(name);
  expect(bridge.log()).not.toContain("missing started");
});

test("the server's environment contains only allow-listed variables and the handover's", async () => {
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
    // The bridge redacts results too.
    API_KEY: "[redacted]",
    NODE_OPTIONS: "--max-old-space-size=99",
  });
});

test("the log redacts the bridge's secret", async () => {
  const bridge = await startBridge(SERVERS.odd, {
    handover: `${JSON.stringify({ secret: SECRET })}\n`,
  });
  const body = { name: "say", arguments: { line: `my secret is ${SECRET}` } };
  await bridge.post("/tools/call", body, { authorization: `Bearer ${SECRET}` });
  await expect.poll(() => bridge.log()).toContain("server: my secret is [redacted]");
});

test.each([
  ["not json", "not JSON"],
  ["[]", "not a JSON object"],
  ['{"variables":{"NODE_OPTIONS":"--require /tmp/x"}}', "NODE_OPTIONS is reserved"],
  ['{"credentials":{"LD_PRELOAD":"/tmp/x.so"}}', "LD_PRELOAD is reserved"],
  ['{"variables":{"lower":"x"}}', "A variable's name"],
  ['{"variables":{"A":1}}', "must map names to strings"],
  ['{"secret":"short"}', "at least 32 characters"],
  ['{"env":{}}', "Only the members variables, credentials and secret are allowed"],
])("the bridge refuses the handover %s and starts no server", async (line, reason) => {
  const bridge = launchBridge(`${SERVERS.odd} exit started`, { handover: `${line}\n` });
  expect(await bridge.exited).toBe(2);
  expect(bridge.log()).toContain(reason);
  expect(bridge.log()).not.toContain("missing started");
});

test("the bridge listens on an address other than loopback only with a secret", async () => {
  const open = launchBridge(SERVERS.odd, { env: { HOST: "0.0.0.0" } });
  expect(await open.exited).toBe(2);
  expect(open.log()).toContain("needs a secret");
  const closed = await startBridge(SERVERS.odd, {
    env: { HOST: "0.0.0.0" },
    handover: `{"secret":"${SECRET}"}\n`,
  });
  expect((await fetch(`${closed.url}/health`)).status).toBe(401);
});

test.skipIf(process.platform !== "linux")(
  "the bridge exits before it starts the server when protection is required and its program is readable",
  async () => {
    const bridge = launchBridge(`${SERVERS.odd} exit started`, {
      env: { MCP_REQUIRE_PROTECTION: "1" },
    });
    expect(await bridge.exited).toBe(2);
    expect(bridge.log()).toContain("could read the memory of the bridge");
    expect(bridge.log()).not.toContain("missing started");
  },
);

test("the bridge exits with 4, the server's exit code and its last lines when the server exits before it is ready", async () => {
  const bridge = launchBridge(`${SERVERS.odd} exit 'the API key'`);
  expect(await bridge.exited).toBe(4);
  expect(bridge.log()).toContain("before it was ready: it exited with code 3");
  expect(bridge.log().trimEnd()).toMatch(/Its last lines:\n {2}missing the API key$/);
});

test("the bridge ends the server and exits with 4 when the server closes its output before it is ready", async () => {
  const bridge = launchBridge(`${SERVERS.odd} close-stdout`);
  expect(await bridge.exited).toBe(4);
  expect(bridge.log()).toContain("it closed its output");
  expect(bridge.log().trimEnd()).toMatch(/Its last lines:\n {2}cannot read the configuration$/);
});

test("the bridge exits with 3 when the program does not exist", async () => {
  const bridge = launchBridge("/nowhere/server");
  expect(await bridge.exited).toBe(3);
  expect(bridge.log()).toContain("ENOENT");
});

test("the bridge exits with 6 when the server never responds to the handshake", async () => {
  const bridge = launchBridge(`${SERVERS.odd} silent`, { env: { MCP_START_TIMEOUT_MS: "300" } });
  expect(await bridge.exited).toBe(6);
  expect(bridge.log()).toContain("did not respond to the handshake");
});

test("the bridge exits with 2 when the port is in use", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const address = taken.address();
  const port = String(typeof address === "object" ? address?.port : "");
  const bridge = launchBridge(SERVERS.odd, { env: { PORT: port } });
  expect(await bridge.exited).toBe(2);
  expect(bridge.log()).toContain("EADDRINUSE");
  taken.close();
});

test("the bridge finishes the call in flight, accepts no new one and exits with 0 on SIGTERM", async () => {
  const bridge = await startBridge(SERVERS.everything);
  const call = bridge.callText("trigger-long-running-operation", { duration: 1, steps: 2 });
  await expect.poll(() => bridge.log(), { interval: 10 }).toContain("ready");
  await new Promise((resolve) => setTimeout(resolve, 200));
  const stopped = bridge.stop();
  await expect(call).resolves.toContain("completed");
  expect(await stopped).toBe(0);
  await expect(fetch(bridge.url)).rejects.toThrow("fetch failed");
});
