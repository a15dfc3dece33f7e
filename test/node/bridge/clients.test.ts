import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { connectV1, connectV2, type Gateway } from "../../fixtures/clients.ts";
import { SERVERS, startBridge, type BridgeOptions, type RunningBridge } from "./start-bridge.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const INFO = { name: "bridge-test", version: "1.0.0" };
const CAPABILITIES = { elicitation: {}, sampling: {}, roots: {} };
const SAMPLE = {
  role: "assistant" as const,
  model: "test",
  content: { type: "text" as const, text: "sampled" },
};

const openBridge = async (): Promise<Gateway> => {
  const { url } = await startBridge(SERVERS.everything, {
    env: { MCP_CONCURRENCY: "parallel" },
    handover: `{"secret":"${SECRET}"}\n`,
  });
  return { gatewayUrl: `${url}/mcp`, token: SECRET };
};

describe.each([
  ["a v1 client", connectV1],
  ["a v2 client in legacy mode", (gateway: Gateway) => connectV2(gateway, "legacy")],
  ["a v2 client in auto mode", (gateway: Gateway) => connectV2(gateway, "auto")],
  [
    "a v2 client pinned to 2026-07-28",
    (gateway: Gateway) => connectV2(gateway, { pin: "2026-07-28" }),
  ],
])("%s through the bridge", (_name, connect) => {
  test("a client lists, calls with progress, reads, gets prompts and completes", async () => {
    const client = await connect(await openBridge());
    onTestFinished(() => client.close());
    expect(await client.toolNames()).toContain("trigger-long-running-operation");
    expect(await client.promptNames()).toContain("args-prompt");
    const [uri = ""] = await client.resourceUris();
    expect(await client.read(uri)).not.toBe("");
    expect(await client.prompt("args-prompt", { city: "Oslo" })).toContain("Oslo");
    expect(await client.complete("completable-prompt", "department", "E")).toContain("Engineering");
    const seen: number[] = [];
    const args = { duration: 0.5, steps: 4 };
    await client.call("trigger-long-running-operation", args, (progress) => seen.push(progress));
    expect(seen).toEqual([1, 2, 3, 4]);
  });
});

test("a call can exceed the time limit only while progress arrives", async () => {
  const { url } = await startBridge(SERVERS.everything, { env: { MCP_CALL_TIMEOUT_MS: "400" } });
  const client = await connectV1({ gatewayUrl: `${url}/mcp`, token: SECRET });
  onTestFinished(() => client.close());
  const args = { duration: 1.2, steps: 6 };
  const result = await client.call("trigger-long-running-operation", args, () => undefined);
  expect(result).toContain("completed");
  const silent = { duration: 1.2, steps: 1 };
  const call = client.call("trigger-long-running-operation", silent, () => undefined);
  await expect(call).rejects.toThrow("did not respond in time");
});

test("two clients with equal ids and progress tokens get their own responses and progress", async () => {
  const gateway = await openBridge();
  const clients = await Promise.all([connectV1(gateway), connectV1(gateway)]);
  onTestFinished(async () => void (await Promise.all(clients.map((client) => client.close()))));
  const steps = [2, 5];
  const seen = [0, 0];
  const results = await Promise.all(
    clients.map((client, i) =>
      client.call("trigger-long-running-operation", { duration: 0.5, steps: steps[i] }, () => {
        seen[i] = (seen[i] ?? 0) + 1;
      }),
    ),
  );
  expect(results.map((text) => /Steps: (\d)/i.exec(text)?.[1])).toEqual(["2", "5"]);
  expect(seen).toEqual(steps);
});

/** A legacy client that responds to every server request and records them. */
async function connectRecordingV1(bridge: RunningBridge, name: string) {
  const received: string[] = [];
  const client = new ClientV1(INFO, { capabilities: CAPABILITIES });
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
    received.push(`elicitation ${params.message}`);
    return { action: "accept", content: { username: name, email: `${name}@example.com` } };
  });
  client.setRequestHandler(CreateMessageRequestSchema, () => {
    received.push("sampling");
    return SAMPLE;
  });
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [] }));
  await client.connect(new TransportV1(new URL(`${bridge.url}/mcp`)));
  onTestFinished(() => client.close());
  return { client, received };
}

const PARALLEL: BridgeOptions = { env: { MCP_CONCURRENCY: "parallel" } };

test("server requests reach a legacy client on the stream of its call", async () => {
  const bridge = await startBridge(SERVERS.conformance, PARALLEL);
  const { client, received } = await connectRecordingV1(bridge, "ada");
  const elicited = await client.callTool({
    name: "test_elicitation",
    arguments: { message: "who?" },
  });
  expect(JSON.stringify(elicited)).toContain("ada");
  const sampled = await client.callTool({ name: "test_sampling", arguments: { prompt: "say" } });
  expect(JSON.stringify(sampled)).toContain("sampled");
  expect(received).toEqual(["elicitation who?", "sampling"]);
});

test("server requests reach a modern client as input_required", async () => {
  const bridge = await startBridge(SERVERS.conformance, PARALLEL);
  const client = new ClientV2(INFO, {
    capabilities: CAPABILITIES,
    versionNegotiation: { mode: { pin: "2026-07-28" } },
  });
  client.setRequestHandler("elicitation/create", () => ({
    action: "accept",
    content: { username: "grace", email: "grace@example.com" },
  }));
  client.setRequestHandler("sampling/createMessage", () => SAMPLE);
  await client.connect(new TransportV2(new URL(`${bridge.url}/mcp`)));
  onTestFinished(() => client.close());
  const elicited = await client.callTool({
    name: "test_elicitation",
    arguments: { message: "who?" },
  });
  expect(JSON.stringify(elicited)).toContain("grace");
  const sampled = await client.callTool({ name: "test_sampling", arguments: { prompt: "say" } });
  expect(JSON.stringify(sampled)).toContain("sampled");
});

test("each of several concurrent clients gets only its call's server requests", async () => {
  const bridge = await startBridge(SERVERS.conformance, PARALLEL);
  const names = ["ada", "grace", "edsger", "barbara"];
  const clients = await Promise.all(names.map((name) => connectRecordingV1(bridge, name)));
  // After the first server request the tool runs alone; before, the origin of concurrent requests is unknown.
  await clients[0]?.client.callTool({ name: "test_elicitation", arguments: { message: "first" } });
  const results = await Promise.all(
    clients.map(({ client }, i) =>
      client.callTool({ name: "test_elicitation", arguments: { message: `to ${names[i]}` } }),
    ),
  );
  expect(
    results.map((result) => names.find((name) => JSON.stringify(result).includes(`${name}@`))),
  ).toEqual(names);
  expect(clients.map(({ received }) => received.at(-1))).toEqual(
    names.map((name) => `elicitation to ${name}`),
  );
});

test("a server request waits until only one call can be its origin", async () => {
  const bridge = await startBridge(SERVERS.everything, PARALLEL);
  const received: string[] = [];
  const connect = async (name: string) => {
    const client = new ClientV1(INFO, { capabilities: CAPABILITIES });
    client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [] }));
    client.setRequestHandler(ElicitRequestSchema, () => {
      received.push(name);
      return { action: "decline" };
    });
    await client.connect(new TransportV1(new URL(`${bridge.url}/mcp`)));
    onTestFinished(() => client.close());
    return client;
  };
  const [busy, eliciting] = [await connect("busy"), await connect("eliciting")];
  const arguments_ = { duration: 1, steps: 1 };
  const long = busy.callTool({ name: "trigger-long-running-operation", arguments: arguments_ });
  const result = await eliciting.callTool({ name: "trigger-elicitation-request", arguments: {} });
  expect(JSON.stringify(result)).toContain("declined");
  expect(received).toEqual(["eliciting"]);
  await long;
});

test("server requests of unknown origin reach no client, and later ones reach their own client", async () => {
  const bridge = await startBridge(SERVERS.conformance, PARALLEL);
  const [one, other] = await Promise.all([
    connectRecordingV1(bridge, "ada"),
    connectRecordingV1(bridge, "grace"),
  ]);
  const elicit = ({ client }: typeof one) =>
    client.callTool({ name: "test_elicitation_of_two", arguments: {} });
  // The tool sends its first two server requests while both calls are open.
  const results = await Promise.all([elicit(one), elicit(other)]);
  expect(results.map(({ isError }) => isError)).toEqual([true, true]);
  expect([one.received, other.received]).toEqual([[], []]);
  const [toOne, toOther] = await Promise.all([elicit(one), elicit(other)]);
  expect([one.received.length, other.received.length]).toEqual([1, 1]);
  expect(JSON.stringify(toOne)).toContain("ada@example.com");
  expect(JSON.stringify(toOther)).toContain("grace@example.com");
});

test("a client without the capability gets no server request, and its call ends", async () => {
  const bridge = await startBridge(SERVERS.conformance, PARALLEL);
  const client = new ClientV1(INFO);
  await client.connect(new TransportV1(new URL(`${bridge.url}/mcp`)));
  onTestFinished(() => client.close());
  const result = await client.callTool({
    name: "test_elicitation",
    arguments: { message: "who?" },
  });
  expect(result.isError).toBe(true);
});

test("other clients can use the server while a user responds to a server request", async () => {
  const bridge = await startBridge(SERVERS.conformance);
  let answer: (value: { action: "decline" }) => void = () => undefined;
  const client = new ClientV1(INFO, { capabilities: CAPABILITIES });
  client.setRequestHandler(ElicitRequestSchema, () => new Promise((resolve) => (answer = resolve)));
  await client.connect(new TransportV1(new URL(`${bridge.url}/mcp`)));
  onTestFinished(() => client.close());
  const eliciting = client.callTool({ name: "test_elicitation", arguments: { message: "who?" } });
  await expect.poll(() => bridge.callText("test_simple_text")).toContain("simple text");
  answer({ action: "decline" });
  expect(JSON.stringify(await eliciting)).toContain("decline");
});

test("the memory server keeps all of 32 concurrent writes", async () => {
  const folder = await temporaryFolder();
  const bridge = await startBridge(SERVERS.memory, {
    handover: `${JSON.stringify({ variables: { MEMORY_FILE_PATH: join(folder, "memory.jsonl") } })}\n`,
  });
  const names = Array.from({ length: 32 }, (_, i) => `entity-${i}`);
  const write = (name: string) =>
    bridge.call("create_entities", { entities: [{ name, entityType: "thing", observations: [] }] });
  await Promise.all(names.map(write));
  const graph = JSON.stringify(await bridge.call("read_graph"));
  expect(names.filter((name) => graph.includes(name))).toEqual(names);
});

test("the filesystem server keeps all of 16 concurrent edits of a file", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "file.txt");
  const lines = Array.from({ length: 16 }, (_, i) => `line ${i} old`);
  await writeFile(path, lines.join("\n"));
  const bridge = await startBridge(SERVERS.filesystem(folder));
  const edit = (line: string) =>
    bridge.call("edit_file", {
      path,
      edits: [{ oldText: line, newText: line.replace("old", "new") }],
    });
  await Promise.all(lines.map(edit));
  expect((await readFile(path, "utf8")).match(/new/g)).toHaveLength(16);
});

test.each([
  ["parallel", "count", "together"],
  ["serial-writes", "count", "alone"],
  ["serial-writes", "read-count", "together"],
  ["serial", "read-count", "alone"],
])("with MCP_CONCURRENCY=%s, calls of %s run %s", async (concurrency, tool, how) => {
  const bridge = await startBridge(SERVERS.odd, { env: { MCP_CONCURRENCY: concurrency } });
  const most = await Promise.all(Array.from({ length: 8 }, () => bridge.callText(tool)));
  expect(Math.max(...most.map(Number)) > 1).toBe(how === "together");
});

test("a write waits for earlier reads, and later reads wait for the write", async () => {
  const bridge = await startBridge(SERVERS.odd);
  const tools = [
    "read-count",
    "read-count",
    "count",
    "read-count",
    "read-count",
    "count",
    "read-count",
  ];
  const most = await Promise.all(tools.map((tool) => bridge.callText(tool)));
  expect(most.filter((_, i) => tools[i] === "count")).toEqual(["1", "1"]);
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "mcpnest-bridge-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
