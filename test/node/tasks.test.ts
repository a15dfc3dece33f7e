import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CallToolResultSchema, ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startEverythingUpstream } from "../fixtures/everything-upstream.mjs";
import {
  createOpenWorkspace,
  startLocalGateway,
  type LocalGateway,
} from "../fixtures/local-gateway.ts";
import { SERVERS, startBridge } from "./bridge/start-bridge.ts";

let gateway: LocalGateway;

beforeAll(async () => {
  gateway = await startLocalGateway();
});

afterAll(() => gateway.stop());

/** Starts the reference server until the test's end; returns its URL. */
async function startOverHttp(mode: string): Promise<string> {
  const upstream = await startEverythingUpstream(mode);
  onTestFinished(() => void upstream.close());
  return upstream.url;
}

async function startBehindBridge(): Promise<string> {
  return `${(await startBridge(SERVERS.everything)).url}/mcp`;
}

test.each([
  ["over Streamable HTTP", "research", () => startOverHttp("streamableHttp")],
  ["over HTTP+SSE", "research-sse", () => startOverHttp("sse")],
  ["behind a bridge", "research-bridge", startBehindBridge],
])(
  "a client of SDK v1 runs the research tool of the reference server %s as a task and responds to its question",
  async (_, slug, start) => {
    const { gatewayUrl, token } = await createOpenWorkspace(gateway.api, slug, [
      { slug: "up", url: await start() },
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
    const call = {
      name: "simulate-research-query",
      arguments: { topic: "python", ambiguous: true },
    };
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
  },
);
