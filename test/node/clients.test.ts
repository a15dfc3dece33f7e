import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDemo, DEMO } from "../../scripts/demo-workspace.ts";
import { startExampleServers, type ExampleServer } from "../../scripts/example-servers.ts";
import { manage } from "../../scripts/management-client.ts";
import { findFreePort, waitForPort } from "../../scripts/ports.ts";
import { root } from "../../scripts/worker-bundle.ts";
import { connectV1, connectV2, type ConnectedClient, type Gateway } from "../fixtures/clients.ts";
import { startLocalGateway, type LocalGateway } from "../fixtures/local-gateway.ts";

let gateway: LocalGateway;
let examples: ExampleServer[];
let modernServer: ChildProcess;
let workspace: Gateway;

beforeAll(async () => {
  const port = await findFreePort();
  modernServer = spawn(process.execPath, [join(root, "test/conformance/fixture/serve.ts")], {
    env: { ...process.env, PORT: String(port), ERA: "modern" },
    stdio: ["pipe", "ignore", "inherit"],
  });
  [gateway, examples] = await Promise.all([
    startLocalGateway(),
    startExampleServers({}),
    waitForPort(port),
  ]);
  workspace = {
    gatewayUrl: `${gateway.api.apiUrl}/gw/${DEMO}`,
    token: await createDemo(gateway.api, examples),
  };
  // The demo has no modern server, and its rate limit is too low for tests.
  const modern = { slug: "modern", url: `http://127.0.0.1:${port}/mcp` };
  await manage(gateway.api, "POST", `/workspaces/${DEMO}/servers`, modern);
  const limits = { perAddressPerMinute: 1_000_000, perTokenPerMinute: null };
  await manage(gateway.api, "PATCH", `/workspaces/${DEMO}`, { limits });
});

afterAll(async () => {
  modernServer.kill();
  for (const example of examples) example.process.kill();
  await gateway.stop();
});

const clients: [string, (to: Gateway) => Promise<ConnectedClient>][] = [
  ["a v1 client", connectV1],
  ["a v2 client in legacy mode", (to) => connectV2(to, "legacy")],
  ["a v2 client in auto mode", (to) => connectV2(to, "auto")],
  ["a v2 client pinned to 2026-07-28", (to) => connectV2(to, { pin: "2026-07-28" })],
];

describe.each(clients)("%s", (_name, connect) => {
  let client: ConnectedClient;
  beforeAll(async () => {
    client = await connect(workspace);
  });
  afterAll(() => client.close());

  test("a client sees the tools of servers of both eras and both transports in one list", async () => {
    expect(await client.toolNames()).toEqual(
      expect.arrayContaining(["everything__echo", "everything_sse__echo", "test_simple_text"]),
    );
  });

  test("a client of the address of one server sees and calls the tools of that server only", async () => {
    const { gatewayUrl, token } = workspace;
    const single = await connect({ gatewayUrl: `${gatewayUrl}/everything`, token });
    const names = await single.toolNames();
    expect(names).toContain("everything__echo");
    expect(names.filter((name) => !name.startsWith("everything__"))).toEqual([]);
    expect(await single.call("everything__echo", { message: "one" })).toBe("Echo: one");
    await expect(single.call("test_simple_text")).rejects.toThrow("Unknown tool");
    await single.close();
  });

  test.each(["everything__echo", "everything_sse__echo"])(
    "a client calls %s of a legacy server",
    async (name) => {
      expect(await client.call(name, { message: "hello" })).toBe("Echo: hello");
    },
  );

  test("a client calls a tool of a modern server", async () => {
    expect(await client.call("test_simple_text")).toBe(
      "This is a simple text response for testing.",
    );
  });

  test.each([
    "everything__trigger-long-running-operation",
    "everything_sse__trigger-long-running-operation",
  ])("a client gets progress of %s while it runs", async (name) => {
    const progress: number[] = [];
    await client.call(name, { duration: 1, steps: 4 }, (value) => progress.push(value));
    expect(progress).toEqual([1, 2, 3, 4]);
  });

  test("a client gets progress of a modern server's tool", async () => {
    const progress: number[] = [];
    await client.call("test_tool_with_progress", {}, (value) => progress.push(value));
    expect(progress).toEqual([0, 50, 100]);
  });

  test("a client lists and gets prompts", async () => {
    expect(await client.promptNames()).toEqual(
      expect.arrayContaining(["everything__args-prompt", "test_prompt_with_arguments"]),
    );
    expect(await client.prompt("everything__args-prompt", { city: "Oslo" })).toContain("Oslo");
    expect(
      await client.prompt("test_prompt_with_arguments", { arg1: "one", arg2: "two" }),
    ).toContain("arg1='one', arg2='two'");
  });

  test("a client lists and reads resources", async () => {
    const uri = "demo://resource/static/document/architecture.md";
    expect(await client.resourceUris()).toEqual(
      expect.arrayContaining([uri, "test://static-text"]),
    );
    expect(await client.read(uri)).toContain("Architecture");
    expect(await client.read("demo://resource/dynamic/text/7")).toContain("7");
    expect(await client.read("test://static-text")).toContain("static text resource");
  });

  test("a client completes an argument of a prompt", async () => {
    expect(await client.complete("everything__completable-prompt", "department", "Eng")).toEqual([
      "Engineering",
    ]);
  });

  test("a client gets the reason why a tool call fails", async () => {
    await expect(client.call("no_such_tool")).rejects.toThrow(/no_such_tool|unknown|not found/i);
  });
});
