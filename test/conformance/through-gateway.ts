// The client that the suite runs for client scenarios: a real client that reaches the scenario's server through the
// gateway. `node through-gateway.ts <URL of the scenario's server>`, with gateway and scenario in the environment.
import { z } from "zod";
import { manage } from "../../scripts/management-client.ts";
import { createOpenWorkspace } from "../fixtures/local-gateway.ts";
import { connect, runScenario } from "./client-scenarios.ts";
import { runSignIn } from "./sign-in-scenarios.ts";
import { runWorkload } from "./workload-scenario.ts";

const env = z
  .object({
    MCPNEST_API_URL: z.string(),
    MCPNEST_OPERATOR_KEY: z.string(),
    MCPNEST_FIXTURE_URL: z.string(),
    MCP_CONFORMANCE_SCENARIO: z.string(),
    MCP_CONFORMANCE_PROTOCOL_VERSION: z.enum(["2025-11-25", "2026-07-28"]),
    MCP_CONFORMANCE_CONTEXT: z.string().default("{}"),
  })
  .parse(process.env);
const url = z.url().parse(process.argv[2]);

const api = { apiUrl: env.MCPNEST_API_URL, operatorKey: env.MCPNEST_OPERATOR_KEY };
const slug = `client-${process.pid}`;
const name = env.MCP_CONFORMANCE_SCENARIO;
const context: unknown = JSON.parse(env.MCP_CONFORMANCE_CONTEXT);
try {
  await (name === "auth/wif-jwt-bearer"
    ? runWorkload(url, env.MCPNEST_FIXTURE_URL, api, slug, context)
    : runThroughGateway());
} finally {
  // The scenario's server does not stop while the gateway has a stream open.
  await manage(api, "DELETE", `/workspaces/${slug}?confirm=${slug}`);
}

async function runThroughGateway(): Promise<void> {
  const revision = env.MCP_CONFORMANCE_PROTOCOL_VERSION;
  // Its skill has the name of the scenario's.
  const second = { slug: "second", url: env.MCPNEST_FIXTURE_URL, prefix: "second" };
  const others = name.startsWith("sep-2640-") ? [second] : [];
  const workspace = await createOpenWorkspace(api, slug, [{ slug: "scenario", url }, ...others]);
  await (name.startsWith("auth/")
    ? runSignIn(name, { api, slug, context, connect: () => connect(workspace, revision) })
    : runScenario(name, { ...workspace, revision, context }));
}
