// The client that the suite runs for client scenarios: a real client that reaches the scenario's server through the
// gateway. `node through-gateway.ts <URL of the scenario's server>`, with gateway and scenario in the environment.
import { z } from "zod";
import { manage } from "../../scripts/management-client.ts";
import { createOpenWorkspace } from "../fixtures/local-gateway.ts";
import { runScenario } from "./client-scenarios.ts";

const env = z
  .object({
    MCPNEST_API_URL: z.string(),
    MCPNEST_OPERATOR_KEY: z.string(),
    MCP_CONFORMANCE_SCENARIO: z.string(),
    MCP_CONFORMANCE_PROTOCOL_VERSION: z.enum(["2025-11-25", "2026-07-28"]),
    MCP_CONFORMANCE_CONTEXT: z.string().default("{}"),
  })
  .parse(process.env);
const url = z.url().parse(process.argv[2]);

const api = { apiUrl: env.MCPNEST_API_URL, operatorKey: env.MCPNEST_OPERATOR_KEY };
const slug = `client-${process.pid}`;
const workspace = await createOpenWorkspace(api, slug, [{ slug: "scenario", url }]);
try {
  await runScenario(env.MCP_CONFORMANCE_SCENARIO, {
    ...workspace,
    revision: env.MCP_CONFORMANCE_PROTOCOL_VERSION,
    context: JSON.parse(env.MCP_CONFORMANCE_CONTEXT),
  });
} finally {
  // The scenario's server does not stop while the gateway has a stream open.
  await manage(api, "DELETE", `/workspaces/${slug}?confirm=${slug}`);
}
