import type { ExampleServer } from "./example-servers.ts";
import { createToken, manage, type ManagementApi } from "./management-client.ts";

export const DEMO = "demo";

/** Makes the workspace `demo` with the example servers behind it, as far as they are missing; answers a token. */
export async function createDemo(api: ManagementApi, servers: ExampleServer[]): Promise<string> {
  await createMissing(api, "/workspaces", { slug: DEMO, name: "Demo" });
  for (const { slug, url } of servers) {
    await createMissing(api, `/workspaces/${DEMO}/servers`, { slug, url });
  }
  return createToken(api, DEMO, "first token");
}

async function createMissing(
  api: ManagementApi,
  path: string,
  body: { slug: string; name?: string; url?: string },
): Promise<void> {
  const existing = await manage(api, "GET", `${path}/${body.slug}`);
  if (existing === undefined) await manage(api, "POST", path, body);
}

/** Points the servers whose port has changed to where they are now; those that somebody has deleted stay deleted. */
export async function moveServers(
  api: ManagementApi,
  servers: ExampleServer[],
  lastPorts: Record<string, number>,
): Promise<void> {
  for (const { slug, url } of servers.filter((server) => lastPorts[server.slug] !== server.port)) {
    await manage(api, "PATCH", `/workspaces/${DEMO}/servers/${slug}`, { url });
  }
}
