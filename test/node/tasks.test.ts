import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CallToolResultSchema, ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEverythingUpstream } from "../fixtures/everything-upstream.mjs";
import {
  createOpenWorkspace,
  startLocalGateway,
  type LocalGateway,
} from "../fixtures/local-gateway.ts";

let gateway: LocalGateway;
let upstream: { url: string; close(): unknown };

beforeAll(async () => {
  [gateway, upstream] = await Promise.all([
    startLocalGateway(),
    startEverythingUpstream("streamableHttp"),
  ]);
});

afterAll(async () => {
  await gateway.stop();
  upstream.close();
});

test("a client of SDK v1 runs the reference server's research tool as a task and responds to its question", async () => {
  const { gatewayUrl, token } = await createOpenWorkspace(gateway.api, "research", [
    { slug: "up", url: upstream.url },
  ]);
  const client = new Client(
    { name: "researcher", version: "1.0.0" },
    { capabilities: { elicitation: { form: {} } } },
  );
  client.setRequestHandler(ElicitRequestSchema, () => ({
    action: "accept",
    content: { interpretation: "snake" },
  }));
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(gatewayUrl), { requestInit }));
  // The SDK learns from the list which tools require a task.
  const { tools } = await client.listTools();
  expect(tools.find(({ name }) => name === "simulate-research-query")?.execution).toEqual({
    taskSupport: "required",
  });
  const call = { name: "simulate-research-query", arguments: { topic: "python", ambiguous: true } };
  const ids = new Set<string>();
  const kinds = new Set<string>();
  let text = "";
  for await (const message of client.experimental.tasks.callToolStream(
    call,
    CallToolResultSchema,
  )) {
    kinds.add(message.type);
    if (message.type === "taskCreated" || message.type === "taskStatus")
      ids.add(message.task.taskId);
    if (message.type === "result") text = JSON.stringify(message.result);
    if (message.type === "error") throw message.error;
  }
  await client.close();
  expect([...kinds]).toEqual(["taskCreated", "taskStatus", "result"]);
  expect(ids.size).toBe(1);
  expect(text).toContain("python (snake)");
});
