import type { Browser } from "playwright-core";
import { z } from "zod";
import { manage, type ManagementApi } from "../../../scripts/management-client.ts";
import { connectV2 } from "../../fixtures/clients.ts";
import { startEverythingUpstream } from "../../fixtures/everything-upstream.mjs";
import { createOpenWorkspace } from "../../fixtures/local-gateway.ts";
import { importSamples } from "../../fixtures/marketplace-entries.ts";
import { startRegistries } from "../../fixtures/registry.ts";
import { openBrowserUser, launchChromium, type BrowserUser } from "./chromium.ts";
import { join, makeSetupLink, serveDashboard } from "./served-dashboard.ts";

const WithId = z.object({ id: z.string() });

/** A dashboard that has something on each of its pages. */
export interface FilledStage {
  browser: Browser;
  baseUrl: string;
  /** Signed in; owns the workspace `demo`. */
  owner: BrowserUser;
  /** Opens one of `PAGES` as the owner and waits until all of its content is loaded. */
  open(path: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts a gateway whose workspace has servers, a hosted server, members and calls, and signs its owner in. */
export async function openFilledStage(): Promise<FilledStage> {
  const [dashboard, upstream, browser] = await Promise.all([
    serveDashboard(),
    startEverythingUpstream("streamableHttp"),
    launchChromium(),
  ]);
  const { api, baseUrl } = dashboard;
  const workspace = await createOpenWorkspace(api, "demo", [
    { slug: "everything", url: upstream.url },
    { slug: "gone", url: "http://127.0.0.1:9/mcp" },
  ]);
  await importSamples(api);
  await curate(api);
  const registry = await followRegistry(api);
  const agentId = await makeAgent(api);
  // No container host is registered, so the instance stays pending with a reason.
  const credentials = { GITHUB_PERSONAL_ACCESS_TOKEN: "none" };
  const hosted = await manage(api, "POST", "/workspaces/demo/instances", {
    catalogueId: "github",
    credentials,
  });
  const instanceId = WithId.parse(hosted).id;
  const client = await connectV2(workspace, "auto");
  await client.call("echo", { message: "hello" });
  await client.close();
  const owner = await openBrowserUser(browser, baseUrl);
  await join(owner, await makeSetupLink(api, "demo", { curatesMarketplace: true }), "Ada");
  await owner.page.goto("/w/demo/audit?live=true");
  await owner.page.getByRole("row", { name: /echo/ }).waitFor();
  return {
    browser,
    baseUrl,
    owner,
    open: (path) =>
      openPage(owner, path.replace(":instance", instanceId).replace(":agent", agentId)),
    async close() {
      await browser.close();
      upstream.close();
      await registry.close();
      await dashboard.stop();
    },
  };
}

/** Adds an agent with a trust rule and with the rule for one server. */
async function makeAgent(api: ManagementApi): Promise<string> {
  const grace = await manage(api, "POST", "/workspaces/demo/members", {
    name: "Grace",
    role: "admin",
  });
  const input = { name: "Deploy", ownerId: WithId.parse(grace).id };
  const { id } = WithId.parse(await manage(api, "POST", "/workspaces/demo/agents", input));
  await manage(api, "POST", `/workspaces/demo/agents/${id}/trust-rules`, {
    name: "Releases",
    issuer: "https://token.actions.githubusercontent.com",
    claims: { repository: "acme/app", ref: "refs/heads/main" },
  });
  await manage(api, "PUT", `/workspaces/demo/members/${id}/rules`, { rules: ["everything:*"] });
  return id;
}

/** A starter pack, a hidden server and a report. */
async function curate(api: ManagementApi) {
  await manage(api, "PUT", "/marketplace/collections/first-steps", {
    title: "First steps",
    description: "For new teams.",
    isPack: true,
    servers: [
      { name: "com.example/postgres", note: "Reads a database." },
      { name: "org.example/weather" },
    ],
  });
  const path = "/marketplace/servers/com.example/postgres/reports";
  await manage(api, "POST", path, { kind: "facts", text: "The licence is wrong." });
  const hidden = "/marketplace/hidden-servers/org.example/unnamed";
  await manage(api, "PUT", hidden, { reason: "It says nothing of itself." });
}

/** Lets the workspace follow a registry with an entry that can be added, and one that cannot. */
async function followRegistry(api: ManagementApi) {
  const registry = await startRegistries();
  const url = `${registry.url}/followed`;
  const entries = ["https://mcp.example.com/mcp", "https://{host}/mcp"].map((address, i) => ({
    server: {
      name: `com.example/followed-${i}`,
      remotes: [{ type: "streamable-http", url: address }],
    },
  }));
  await fetch(url, { method: "PUT", body: JSON.stringify({ entries }) });
  const follow = { url, pattern: "com.example/*" };
  await manage(api, "POST", "/workspaces/demo/followed-registries", follow);
  return registry;
}

/** Opens a page in light, on a large screen, and waits until all of its content is loaded. */
export async function openPage({ page }: BrowserUser, path: string): Promise<void> {
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto(path);
  await page.locator("h1, [role=alert], p.font-medium").first().waitFor();
  await page.waitForFunction(() => document.querySelector('[aria-label="Loading"]') === null);
}
