import type { ManagementApi } from "../../scripts/management-client.ts";
import { findFreePort } from "../../scripts/ports.ts";
import { DashboardUser } from "../fixtures/dashboard-user.ts";
import { registerClient } from "../fixtures/grant.ts";
import { createOpenWorkspace } from "../fixtures/local-gateway.ts";
import { runAuthorizationSuite, type Scenarios } from "./suite.ts";

const WORKSPACE = "authorization";

/** The suite as a client that signs a person in at the gateway. Returns a function that runs its scenarios. */
export async function openAuthorizationServer(
  api: ManagementApi,
): Promise<() => Promise<Scenarios>> {
  await createOpenWorkspace(api, WORKSPACE, []);
  const person = await DashboardUser.join(api, WORKSPACE);
  return () => runAll(api, person);
}

async function runAll({ apiUrl }: ManagementApi, person: DashboardUser): Promise<Scenarios> {
  const { origin } = new URL(apiUrl.replace("127.0.0.1", "localhost"));
  const port = await findFreePort();
  const clientId = await registerClient(origin, `http://127.0.0.1:${port}/callback`);
  const client = ["--client-id", clientId, "--port", String(port)];
  const options = ["--url", `${origin}/oauth`, "--resource", `${origin}/mcp/${WORKSPACE}`];
  return runAuthorizationSuite([...options, ...client], async (address) => {
    const query = new URL(address).search.slice(1);
    await fetch(await person.allowClient(query, WORKSPACE));
  });
}
