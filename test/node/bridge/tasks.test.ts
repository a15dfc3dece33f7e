import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CallToolResultSchema, ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { expect, onTestFinished, test } from "vitest";
import { manage } from "../../../scripts/management-client.ts";
import { createOpenWorkspace, startLocalGateway } from "../../fixtures/local-gateway.ts";
import { SERVERS, startBridge, type RunningBridge } from "./start-bridge.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- the tests read any member of a message
type AnyMessage = any;

const VERSION = { "mcp-protocol-version": "2025-11-25" };
const NOT_FOUND = { code: -32602, message: "Task not found" };

/** A session of a legacy client with a bridge. */
class Session {
  readonly bridge: RunningBridge;
  headers: Record<string, string> = {
    ...VERSION,
    accept: "application/json, text/event-stream",
  };

  constructor(bridge: RunningBridge) {
    this.bridge = bridge;
  }

  static async open(bridge: RunningBridge): Promise<Session> {
    const session = new Session(bridge);
    const { response } = await session.initialize("2025-11-25");
    session.headers["mcp-session-id"] = response.headers.get("mcp-session-id") ?? "";
    return session;
  }

  initialize(protocolVersion: string) {
    const capabilities = { elicitation: {} };
    const clientInfo = { name: "test", version: "1" };
    return this.send("initialize", { protocolVersion, capabilities, clientInfo });
  }

  /** Sends a request. `messages`: what has arrived so far; `last`: its response. */
  async send(method: string, params: object) {
    const body = { jsonrpc: "2.0", id: 1, method, params };
    const response = await this.bridge.post("/mcp", body, this.headers);
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
    const messages: AnyMessage[] = [];
    const last: Promise<AnyMessage> = isStream ? readMessages(response, messages) : response.json();
    return { response, messages, last };
  }

  /** Begins a task; returns its id. */
  async begin(name: string, args: object = {}): Promise<string> {
    const { last } = await this.send("tools/call", { name, arguments: args, task: {} });
    return (await last).result.task.taskId;
  }

  respond(id: unknown, content: object) {
    const result = { action: "accept", content };
    return this.bridge.post("/mcp", { jsonrpc: "2.0", id, result }, this.headers);
  }
}

/** Reads the messages of an event stream to its end; returns the last one. */
async function readMessages(response: Response, messages: AnyMessage[]): Promise<AnyMessage> {
  let text = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (text + chunk).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines)
      if (line.startsWith("data: {")) messages.push(JSON.parse(line.slice("data: ".length)));
  }
  return messages.at(-1);
}

/** What the server has seen: refusals of its questions, and cancelled tasks. */
async function readSeen(bridge: RunningBridge) {
  return JSON.parse(await bridge.callText("seen"));
}

test("a question that a task sends before its client waits for the result reaches that client", async () => {
  const bridge = await startBridge(SERVERS.tasks);
  const session = await Session.open(bridge);
  const taskId = await session.begin("ask");
  const result = await session.send("tasks/result", { taskId });
  await expect.poll(() => result.messages.length).toBe(1);
  const [question] = result.messages;
  expect(question).toMatchObject({ method: "elicitation/create", params: { message: "Who?" } });
  await session.respond(question.id, { name: "Ada" });
  expect((await result.last).result.content[0].text).toBe('{"name":"Ada"}');
  const statuses = result.messages.filter(({ method }) => method === "notifications/tasks/status");
  expect(statuses.map(({ params }) => [params.taskId, params.status])).toEqual([
    [taskId, "completed"],
  ]);
});

test("a client that has disconnected gets a task's question again when it asks for the result again", async () => {
  const bridge = await startBridge(SERVERS.tasks);
  const session = await Session.open(bridge);
  const taskId = await session.begin("ask");
  const first = await session.send("tasks/result", { taskId });
  await expect.poll(() => first.messages.length).toBe(1);
  void first.last.catch(() => undefined);
  const cancel = { method: "notifications/cancelled", params: { requestId: 1 } };
  await bridge.post("/mcp", { jsonrpc: "2.0", ...cancel }, session.headers);
  await first.last;
  const second = await session.send("tasks/result", { taskId });
  await expect.poll(() => second.messages.length).toBe(1);
  await session.respond(second.messages[0].id, { name: "Grace" });
  expect((await second.last).result.content[0].text).toBe('{"name":"Grace"}');
});

test("only the session that began a task reaches it", async () => {
  const bridge = await startBridge(SERVERS.tasks);
  const [owner, other] = [await Session.open(bridge), await Session.open(bridge)];
  const taskId = await owner.begin("slow", { ms: 60_000 });
  const withoutSession = new Session(bridge);
  for (const session of [other, withoutSession])
    for (const method of ["tasks/get", "tasks/result", "tasks/cancel"])
      expect((await (await session.send(method, { taskId })).last).error).toEqual(NOT_FOUND);
  const { last } = await owner.send("tasks/get", { taskId });
  expect((await last).result).toMatchObject({ taskId, status: "working" });
  expect(await readSeen(bridge)).toEqual({ refusals: [], cancelled: [] });
  await owner.send("tasks/cancel", { taskId });
});

test("while a client waits for a task's result, other calls run, and the task can be cancelled", async () => {
  const bridge = await startBridge(SERVERS.tasks, { env: { MCP_CONCURRENCY: "serial" } });
  const session = await Session.open(bridge);
  const taskId = await session.begin("slow", { ms: 60_000 });
  const result = session.send("tasks/result", { taskId });
  expect(await readSeen(bridge)).toEqual({ refusals: [], cancelled: [] });
  const { last } = await session.send("tasks/cancel", { taskId });
  expect((await last).result).toMatchObject({ taskId, status: "cancelled" });
  expect((await (await result).last).result.content[0].text).toBe("cancelled");
});

test("the end of a session cancels its tasks and refuses their questions", async () => {
  const bridge = await startBridge(SERVERS.tasks);
  const session = await Session.open(bridge);
  const taskId = await session.begin("ask");
  await fetch(`${bridge.url}/mcp`, { method: "DELETE", headers: session.headers });
  await expect
    .poll(() => readSeen(bridge))
    .toEqual({
      refusals: ["No client waits for the result of this task"],
      cancelled: [taskId],
    });
});

test("the status of a task whose result no client waits for arrives on the stream of its session", async () => {
  const bridge = await startBridge(SERVERS.tasks);
  const [owner, other] = [await Session.open(bridge), await Session.open(bridge)];
  const streams = await Promise.all(
    [owner, other].map(async ({ headers }) => {
      const messages: AnyMessage[] = [];
      void readMessages(await fetch(`${bridge.url}/mcp`, { headers }), messages).catch(
        () => undefined,
      );
      return messages;
    }),
  );
  const taskId = await owner.begin("slow", { ms: 0 });
  await expect.poll(() => streams[0]?.length).toBe(1);
  const status = { method: "notifications/tasks/status", params: { taskId, status: "completed" } };
  expect(streams[0]).toMatchObject([status]);
  expect(streams[1]).toEqual([]);
});

test("tasks are declared without their list, to clients of 2025-11-25 only, and need a session", async () => {
  const session = new Session(await startBridge(SERVERS.tasks));
  const tasksOf = async (version: string) =>
    (await (await session.initialize(version)).last).result.capabilities.tasks;
  expect(await tasksOf("2025-11-25")).toEqual({ cancel: {}, requests: { tools: { call: {} } } });
  expect(await tasksOf("2025-06-18")).toBeUndefined();
  const { last } = await session.send("tools/call", { name: "slow", task: {} });
  expect((await last).error.message).toContain("Tasks need a session");
});

test("a running task has time to end after SIGTERM", async () => {
  const bridge = await startBridge(SERVERS.tasks);
  const taskId = await (await Session.open(bridge)).begin("slow", { ms: 500 });
  expect(await bridge.stop()).toBe(0);
  expect(bridge.log()).toContain(`${taskId} has ended`);
});

test("through the gateway, the questions of two clients' tasks reach the client that began each, and every message is recorded", async () => {
  const { url } = await startBridge(SERVERS.tasks);
  const gateway = await startLocalGateway();
  onTestFinished(() => gateway.stop());
  const workspace = await createOpenWorkspace(gateway.api, "hosted", [
    { slug: "hosted", url: `${url}/mcp` },
  ]);
  const texts = await Promise.all(["Ada", "Grace"].map((name) => askAs(name, workspace)));
  expect(texts).toEqual(['{"name":"Ada"}', '{"name":"Grace"}']);
  await expect
    .poll(async () => {
      const page = await manage(gateway.api, "GET", "/workspaces/hosted/tool-calls?limit=100");
      return (page as AnyMessage).items.filter(
        ({ method }: AnyMessage) => method === "tasks/result",
      );
    })
    .toMatchObject(texts.map(() => ({ toolName: "ask", status: "ok" })));
});

/** Runs the tool `ask` as a task with a client that answers with its name; returns the result's text. */
async function askAs(name: string, { gatewayUrl, token }: { gatewayUrl: string; token: string }) {
  const client = new Client({ name, version: "1.0.0" }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept", content: { name } }));
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(gatewayUrl), { requestInit }));
  onTestFinished(() => client.close());
  await client.listTools();
  const call = { name: "ask", arguments: {} };
  const begun = await client.experimental.tasks.callToolStream(call, CallToolResultSchema).next();
  const task = begun.value?.type === "taskCreated" ? begun.value.task : null;
  const result = await client.experimental.tasks.getTaskResult(
    task?.taskId ?? "",
    CallToolResultSchema,
  );
  const [content] = result.content;
  return content?.type === "text" ? content.text : null;
}
