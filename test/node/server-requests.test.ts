import { spawn, type ChildProcess } from "node:child_process";
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
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findFreePort, waitForPort } from "../../scripts/ports.ts";
import { root } from "../../scripts/worker-bundle.ts";
import { startAskingUpstream } from "../fixtures/asking-upstream.mjs";
import type { Gateway } from "../fixtures/clients.ts";
import {
  createOpenWorkspace,
  startLocalGateway,
  type LocalGateway,
} from "../fixtures/local-gateway.ts";

const INFO = { name: "responder", version: "1.0.0" };
const CAPABILITIES = { elicitation: { form: {} }, sampling: {}, roots: {} };

/** A client that responds to server requests; `received` has a text for each. */
interface RespondingClient {
  received: string[];
  /** Calls a tool; returns the first text of its result. */
  call(name: string, args?: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

let gateway: LocalGateway;
let upstream: { url: string; close(): unknown };
const fixtures: ChildProcess[] = [];
const workspaces = new Map<string, Gateway>();

beforeAll(async () => {
  [gateway, upstream] = await Promise.all([
    startLocalGateway({ BUDGETS: '{"firstByteMs":5000,"idleMs":5000}' }),
    startAskingUpstream(),
  ]);
  const urls: [string, string][] = [
    ["session-stream", `${upstream.url}/legacy/real`],
    ["sse", `${upstream.url}/sse/real`],
  ];
  for (const era of ["legacy", "modern"]) urls.push([era, await startFixture(era)]);
  for (const [slug, url] of urls)
    workspaces.set(slug, await createOpenWorkspace(gateway.api, slug, [{ slug: "up", url }]));
});

afterAll(async () => {
  for (const fixture of fixtures) fixture.kill();
  await gateway.stop();
  await upstream.close();
});

async function startFixture(era: string): Promise<string> {
  const port = await findFreePort();
  const program = join(root, "test/conformance/fixture/serve.ts");
  const env = { ...process.env, PORT: String(port), ERA: era };
  fixtures.push(spawn(process.execPath, [program], { env, stdio: ["pipe", "ignore", "inherit"] }));
  await waitForPort(port);
  return `http://127.0.0.1:${port}/mcp`;
}

/** Returns a response to each kind of server request; a text field gets `my <name>`. Adds requests to `received`. */
function makeResponses(received: string[]) {
  return {
    form: (params: { message: string; requestedSchema?: unknown }) => {
      received.push(params.message);
      const fields = Object.keys(Object(Object(params.requestedSchema).properties));
      const content = Object.fromEntries(
        fields.map((field) => [field, field === "ok" ? true : `my ${field}`]),
      );
      return { action: "accept" as const, content };
    },
    sample: (params: { messages: unknown[] }) => {
      received.push(`sample: ${JSON.stringify(params.messages).match(/"text":"([^"]*)"/)?.[1]}`);
      const content = { type: "text" as const, text: "a sample" };
      return { role: "assistant" as const, model: "test", content };
    },
    roots: () => {
      received.push("roots");
      return { roots: [{ uri: "file:///home/ada" }] };
    },
  };
}

async function connectV1(to: Gateway, capabilities: object): Promise<RespondingClient> {
  const client = new ClientV1(INFO, { capabilities });
  const received: string[] = [];
  const responses = makeResponses(received);
  if ("elicitation" in capabilities)
    client.setRequestHandler(ElicitRequestSchema, ({ params }) =>
      responses.form({ requestedSchema: {}, ...params }),
    );
  if ("sampling" in capabilities)
    client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => responses.sample(params));
  if ("roots" in capabilities) client.setRequestHandler(ListRootsRequestSchema, responses.roots);
  const requestInit = { headers: { authorization: `Bearer ${to.token}` } };
  await client.connect(new TransportV1(new URL(to.gatewayUrl), { requestInit }));
  return {
    received,
    call: async (name, args = {}) => firstText(await client.callTool({ name, arguments: args })),
    close: () => client.close(),
  };
}

async function connectV2(
  to: Gateway,
  capabilities: object,
  mode: "legacy" | "auto" | { pin: string },
): Promise<RespondingClient> {
  const client = new ClientV2(INFO, { capabilities, versionNegotiation: { mode } });
  const received: string[] = [];
  const responses = makeResponses(received);
  if ("elicitation" in capabilities)
    client.setRequestHandler("elicitation/create", ({ params }) => responses.form(params));
  if ("sampling" in capabilities)
    client.setRequestHandler("sampling/createMessage", ({ params }) => responses.sample(params));
  if ("roots" in capabilities) client.setRequestHandler("roots/list", responses.roots);
  const requestInit = { headers: { authorization: `Bearer ${to.token}` } };
  await client.connect(new TransportV2(new URL(to.gatewayUrl), { requestInit }));
  return {
    received,
    call: async (name, args = {}) => firstText(await client.callTool({ name, arguments: args })),
    close: () => client.close(),
  };
}

function firstText(result: unknown): string {
  const { content } = Object(result);
  return String(Object(content?.[0]).text);
}

type Connect = (to: Gateway, capabilities: object) => Promise<RespondingClient>;
const clients: [string, Connect][] = [
  ["a v1 client", connectV1],
  ["a v2 client in legacy mode", (to, capabilities) => connectV2(to, capabilities, "legacy")],
  ["a v2 client in auto mode", (to, capabilities) => connectV2(to, capabilities, "auto")],
  [
    "a v2 client pinned to 2026-07-28",
    (to, capabilities) => connectV2(to, capabilities, { pin: "2026-07-28" }),
  ],
];

async function connectTo(slug: string, connect: Connect, capabilities: object = CAPABILITIES) {
  const workspace = workspaces.get(slug);
  if (!workspace) throw new Error(`there is no workspace ${slug}`);
  return connect(workspace, capabilities);
}

const FORM = {
  method: "elicitation/create",
  params: {
    message: "Which name?",
    requestedSchema: { type: "object", properties: { name: { type: "string" } } },
  },
};
const SAMPLE = {
  method: "sampling/createMessage",
  params: {
    messages: [{ role: "user", content: { type: "text", text: "Say hi" } }],
    maxTokens: 5,
  },
};
const REQUESTS = [FORM, SAMPLE, { method: "roots/list" }];

describe.each(clients)("%s", (_name, connect) => {
  test.each(["legacy", "modern"])(
    "a client answers elicitation requests of a %s server",
    async (server) => {
      const client = await connectTo(server, connect);
      // Each era has a separate tool, because a server can send requests only in its own era.
      const name =
        server === "modern" ? "test_input_required_result_elicitation" : "test_elicitation";
      const text = await client.call(name, { message: "Who are you?" });
      expect(text).toContain(server === "modern" ? "Hello, my name!" : "my username");
      expect(client.received).toEqual([
        server === "modern" ? "What is your name?" : "Who are you?",
      ]);
      await client.close();
    },
  );

  test.each(["legacy", "modern"])(
    "a client answers sampling requests of a %s server",
    async (server) => {
      const client = await connectTo(server, connect);
      const name = server === "modern" ? "test_input_required_result_sampling" : "test_sampling";
      expect(await client.call(name, { prompt: "Say hi" })).toContain("a sample");
      expect(client.received).toEqual([
        server === "modern" ? "sample: What is the capital of France?" : "sample: Say hi",
      ]);
      await client.close();
    },
  );

  test.each(["legacy", "modern"])(
    "a client answers several requests of a %s server, in several rounds, with its state",
    async (server) => {
      const client = await connectTo(server, connect);
      const all = await client.call("test_input_required_result_multiple_inputs");
      expect(all).toMatch(/a sample.*my name.*1 roots/);
      expect(client.received.toSorted()).toEqual([
        "What is your name?",
        "roots",
        "sample: Generate a greeting",
      ]);
      const rounds = await client.call("test_input_required_result_multi_round");
      expect(rounds).toMatch(/my name.* likes .*my color/);
      expect(client.received).toHaveLength(5);
      await client.close();
    },
  );

  test("a client answers the requests of an HTTP+SSE server", async () => {
    const client = await connectTo("sse", connect);
    const text = await client.call("ask", { questions: REQUESTS });
    expect(JSON.parse(text)).toMatchObject([
      { action: "accept", content: { name: "my name" } },
      { content: { text: "a sample" } },
      { roots: [{ uri: "file:///home/ada" }] },
    ]);
    expect(client.received).toEqual(["Which name?", "sample: Say hi", "roots"]);
    await client.close();
  });

  test("a client answers the requests that a server sends on its session's stream", async () => {
    const client = await connectTo("session-stream", connect);
    const text = await client.call("ask", { questions: REQUESTS, on: "stream" });
    expect(JSON.parse(text)).toMatchObject([
      { action: "accept", content: { name: "my name" } },
      { content: { text: "a sample" } },
      { roots: [{ uri: "file:///home/ada" }] },
    ]);
    await client.close();
  });

  test.each(["legacy", "modern"])(
    "a client gets no request of a %s server that it did not declare",
    async (server) => {
      const client = await connectTo(server, connect, { roots: {} });
      const name = "test_input_required_result_capabilities";
      const text = await client.call(name);
      expect(text).toBe("ok");
      expect(client.received).toEqual(["roots"]);
      await client.close();
      const silent = await connectTo(server, connect, {});
      expect(await silent.call(name)).toBe("no usable capability");
      expect(silent.received).toEqual([]);
      await silent.close();
    },
  );
});
