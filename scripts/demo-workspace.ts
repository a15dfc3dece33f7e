import type { ExampleServer } from "./example-servers.ts";
import { createToken, manage, type ManagementApi } from "./management-client.ts";

/** Slug of the demo workspace. */
export const DEMO = "demo";

/** Creates the demo workspace and its servers, unless they exist. Returns a new token. */
export async function createDemo(api: ManagementApi, servers: ExampleServer[]): Promise<string> {
  // Open, so that the first owner can call the example servers at once; other workspaces start closed.
  await createMissing(api, "/workspaces", { slug: DEMO, name: "Demo", defaultAccess: "open" });
  for (const { slug, url } of servers) {
    await createMissing(api, `/workspaces/${DEMO}/servers`, { slug, url });
  }
  return createToken(api, DEMO, "first token");
}

async function createMissing(
  api: ManagementApi,
  path: string,
  body: { slug: string; name?: string; url?: string; defaultAccess?: "open" },
): Promise<void> {
  const existing = await manage(api, "GET", `${path}/${body.slug}`);
  if (existing === undefined) await manage(api, "POST", path, body);
}

/** Updates the URL of servers whose port has changed. A server that was deleted from the workspace stays deleted. */
export async function updateServerUrls(
  api: ManagementApi,
  servers: ExampleServer[],
  lastPorts: Record<string, number>,
): Promise<void> {
  for (const { slug, url } of servers.filter((server) => lastPorts[server.slug] !== server.port)) {
    await manage(api, "PATCH", `/workspaces/${DEMO}/servers/${slug}`, { url });
  }
}
