import { equal, match, ok, rejects } from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { z } from "zod";
import type { Gateway } from "../fixtures/clients.ts";
import type { Revision } from "./suite.ts";

/** How a client of the gateway does what a scenario wants, and what the scenario gives it for that. */
interface Setting extends Gateway {
  revision: Revision;
  context: unknown;
}
type Drive = (client: Client, setting: Setting) => Promise<void>;

const CustomHeaders = z.object({
  toolCalls: z.array(z.object({ name: z.string(), arguments: z.record(z.string(), z.json()) })),
});

const DRIVES: Record<string, Drive> = {
  initialize: listTools,
  tools_call: async (client) => {
    await listTools(client);
    match(await call(client, "add_numbers", { a: 5, b: 3 }), /is 8/);
  },
  "elicitation-sep1034-client-defaults": async (client) => {
    client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: {} }));
    match(await call(client, "test_client_elicitation_defaults"), /Elicitation completed/);
  },
  "sse-retry": async (client) => {
    match(await call(client, "test_reconnection"), /completed successfully/);
  },
  "request-metadata": listTools,
  "http-standard-headers": async (client) => {
    for (const { name } of (await client.listTools()).tools) await call(client, name);
    for (const { uri } of (await client.listResources()).resources) {
      await client.readResource({ uri });
    }
    for (const { name } of (await client.listPrompts()).prompts) await client.getPrompt({ name });
  },
  "http-custom-headers": async (client, { context }) => {
    await listTools(client);
    for (const { name, arguments: args } of CustomHeaders.parse(context).toolCalls) {
      await call(client, name, args);
    }
  },
  "http-invalid-tool-headers": callWhatTheGatewayLists,
  "sep-2322-client-request-state": async (client) => {
    client.setRequestHandler("elicitation/create", async () => {
      match(await call(client, "test_mrtr_unrelated"), /unrelated-ok/);
      return { action: "accept", content: { confirmed: true } };
    });
    match(await call(client, "test_mrtr_echo_state"), /echo-state-ok/);
    match(await call(client, "test_mrtr_no_state"), /no-state-ok/);
    match(await call(client, "test_mrtr_no_result_type"), /no-result-type-test-ok/);
  },
  "json-schema-ref-no-deref": async (client) => {
    equal((await client.listTools()).tools.length, 1);
  },
};

/** Does through the gateway what a client scenario of the suite waits for; throws when the gateway answers otherwise. */
export async function driveScenario(name: string, setting: Setting): Promise<void> {
  const drive = DRIVES[name];
  if (!drive) throw new Error(`no client for the scenario ${name}`);
  const client = await connect(setting, setting.revision);
  await drive(client, setting);
  await client.close();
}

async function connect({ gatewayUrl, token }: Gateway, revision: Revision): Promise<Client> {
  const client = new Client(
    { name: "conformance-client", version: "1.0.0" },
    {
      capabilities: { elicitation: { form: { applyDefaults: true } }, sampling: {}, roots: {} },
      versionNegotiation: { mode: revision === "2025-11-25" ? "legacy" : { pin: revision } },
    },
  );
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(gatewayUrl), { requestInit }));
  return client;
}

async function listTools(client: Client): Promise<void> {
  await client.listTools();
}

/** The client of 2026-07-28 leaves out invalid tools itself; one of 2025-11-25 knows no such rule, so the gateway must. */
async function callWhatTheGatewayLists(_client: Client, setting: Setting): Promise<void> {
  const client = await connect(setting, "2025-11-25");
  const names = (await client.listTools()).tools.map((tool) => tool.name);
  ok(names.includes("valid_tool"));
  for (const name of names) await call(client, name, { region: "eu" });
  await rejects(call(client, "invalid_space_in_name", { value: "eu" }));
  await client.close();
}

async function call(client: Client, name: string, args: Record<string, unknown> = {}) {
  return JSON.stringify(await client.callTool({ name, arguments: args }));
}
