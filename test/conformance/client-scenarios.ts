import { equal, match, ok, rejects } from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { SkillsClient } from "@modelcontextprotocol/client/ext/skills";
import { z } from "zod";
import type { Gateway } from "../fixtures/clients.ts";
import type { Revision } from "./suite.ts";

/** The gateway, the revision and the scenario's context for a client of the gateway. */
interface ScenarioSetting extends Gateway {
  revision: Revision;
  context: unknown;
}
type ScenarioRun = (client: Client, setting: ScenarioSetting) => Promise<void>;

const CustomHeaders = z.object({
  toolCalls: z.array(z.object({ name: z.string(), arguments: z.record(z.string(), z.json()) })),
});

const SCENARIO_RUNS: Record<string, ScenarioRun> = {
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
  "http-invalid-tool-headers": callListedTools,
  "sep-2322-client-request-state": async (client) => {
    client.setRequestHandler("elicitation/create", async () => {
      match(await call(client, "test_mrtr_unrelated"), /unrelated-ok/);
      return { action: "accept", content: { confirmed: true } };
    });
    match(await call(client, "test_mrtr_echo_state"), /echo-state-ok/);
    match(await call(client, "test_mrtr_no_state"), /no-state-ok/);
    match(await call(client, "test_mrtr_no_result_type"), /no-result-type-test-ok/);
  },
  "sep-2640-client-no-prefetch": async (client) => {
    await listSkills(client);
  },
  "sep-2640-client-verify-digest": loadWithheldSkill,
  "sep-2640-client-verify-size": loadWithheldSkill,
  // The gateway's list and the file agree: the host itself compares the frontmatter.
  "sep-2640-client-verify-frontmatter": loadWithheldSkill,
  "json-schema-ref-no-deref": async (client) => {
    equal((await client.listTools()).tools.length, 1);
  },
};

/** Runs the client's part of a scenario through the gateway; throws when a response is not the expected one. */
export async function runScenario(name: string, setting: ScenarioSetting): Promise<void> {
  const run = SCENARIO_RUNS[name];
  if (!run) throw new Error(`no client for the scenario ${name}`);
  const client = await connect(setting, setting.revision);
  await run(client, setting);
  await client.close();
}

/** Connects a client of this revision to the gateway. */
export async function connect({ gatewayUrl, token }: Gateway, revision: Revision): Promise<Client> {
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

/** The scenario's skill, beside that of the other server with the same name. */
async function listSkills(client: Client) {
  const { skills } = await new SkillsClient(client).list();
  const found = skills.filter(({ frontmatter }) => frontmatter.name === "pdf-processing");
  equal(found.length, 2);
  return found;
}

/** Loads the skill as a host does: SKILL.md first, and its other file only if that is verified. */
async function loadWithheldSkill(client: Client): Promise<void> {
  const [skill] = await listSkills(client);
  ok(skill);
  await rejects(new SkillsClient(client).read(skill));
}

/** A 2026-07-28 client skips invalid tools itself. A 2025-11-25 client does not, so the gateway must remove them. */
async function callListedTools(_client: Client, setting: ScenarioSetting): Promise<void> {
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
