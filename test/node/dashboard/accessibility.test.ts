import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manage } from "../../../scripts/management-client.ts";
import { HostedInstance } from "../../../workers/contract/hosting/instances.ts";
import { connectV2 } from "../../fixtures/clients.ts";
import { startEverythingUpstream } from "../../fixtures/everything-upstream.mjs";
import { createOpenWorkspace } from "../../fixtures/local-gateway.ts";
import { importSamples } from "../../fixtures/marketplace-entries.ts";
import { findProblems } from "./axe.ts";
import { hasChromium, launchChromium, openBrowserUser, type BrowserUser } from "./chromium.ts";
import { PAGES } from "./pages.ts";
import { checkPopups, refuseChanges } from "./popups.ts";
import { join, makeSetupLink, serveDashboard, type ServedDashboard } from "./served-dashboard.ts";

const TIMEOUT_MS = 120_000;

describe.skipIf(!hasChromium)("pages of the dashboard", { timeout: TIMEOUT_MS }, () => {
  let dashboard: ServedDashboard;
  let upstream: { url: string; close: () => void };
  let browser: Browser;
  let owner: BrowserUser;
  let instanceId: string;

  beforeAll(async () => {
    [dashboard, upstream, browser] = await Promise.all([
      serveDashboard(),
      startEverythingUpstream("streamableHttp"),
      launchChromium(),
    ]);
    const { api } = dashboard;
    const workspace = await createOpenWorkspace(api, "demo", [
      { slug: "everything", url: upstream.url },
      { slug: "gone", url: "http://127.0.0.1:9/mcp" },
    ]);
    await importSamples(api);
    await manage(api, "PUT", "/marketplace/collections/first-steps", {
      title: "First steps",
      description: "For new teams.",
      isPack: true,
      servers: [{ name: "com.example/postgres", note: "Reads a database." }],
    });
    await manage(api, "POST", "/workspaces/demo/members", { name: "Grace", role: "admin" });
    // No container host is registered, so the instance stays pending with a reason.
    const credentials = { GITHUB_PERSONAL_ACCESS_TOKEN: "none" };
    const hosted = await manage(api, "POST", "/workspaces/demo/instances", {
      catalogueId: "github",
      credentials,
    });
    instanceId = HostedInstance.parse(hosted).id;
    const client = await connectV2(workspace, "auto");
    await client.call("echo", { message: "hello" });
    await client.close();
    owner = await openBrowserUser(browser, dashboard.baseUrl);
    await join(owner, await makeSetupLink(api, "demo"), "Ada");
    await owner.page.goto("/w/demo/audit?live=true");
    await owner.page.getByRole("row", { name: /echo/ }).waitFor();
  }, TIMEOUT_MS);

  afterAll(async () => {
    await browser.close();
    upstream.close();
    await dashboard.stop();
  });

  test.each(PAGES)(
    "the page %s has a title, no serious accessibility problem in light and dark, and fits a screen of 375 px",
    async (path) => {
      const { page } = owner;
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.emulateMedia({ colorScheme: "light" });
      await open(page, path.replace(":instance", instanceId));
      expect(await page.title()).toMatch(/^.+ · mcpnest$/);
      expect(await findProblems(page), "light").toEqual([]);
      await page.emulateMedia({ colorScheme: "dark" });
      expect(await findProblems(page, "colours"), "dark").toEqual([]);
      await page.setViewportSize({ width: 375, height: 800 });
      const readOverflow = () =>
        page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
      await expect.poll(readOverflow, { message: "overflow" }).toBe(0);
    },
  );

  const seen = new Set<string>();
  // The controls of a search are filters, which open nothing, and lists of choices, which other pages have.
  test.each(PAGES.filter((path) => !path.startsWith("/marketplace?q=")))(
    "every dialog, menu and list of the page %s is accessible in light and dark, fits 375 px, closes on Escape and gives the focus back",
    async (path) => {
      const { page } = owner;
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.emulateMedia({ colorScheme: "light" });
      await open(page, path.replace(":instance", instanceId));
      await refuseChanges(page);
      const problems = await checkPopups(page, seen);
      await page.unrouteAll();
      expect(problems).toEqual([]);
    },
  );

  test.each(["/sign-in", "/join#used-up", "/marketplace", "/marketplace?q=postgres"])(
    "the signed-out page %s has no serious accessibility problem in light and dark",
    async (path) => {
      const visitor = await openBrowserUser(browser, dashboard.baseUrl);
      await open(visitor.page, path);
      expect(await findProblems(visitor.page), "light").toEqual([]);
      await visitor.page.emulateMedia({ colorScheme: "dark" });
      expect(await findProblems(visitor.page, "colours"), "dark").toEqual([]);
      expect(visitor.problems).toEqual([]);
      await visitor.close();
    },
  );

  test("no page violates the content security policy", () => {
    expect(owner.problems).toEqual([]);
  });
});

/** Opens a page and waits until all of its content is loaded. */
async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await page.locator("h1, [role=alert], p.font-medium").first().waitFor();
  await page.waitForFunction(() => document.querySelector('[aria-label="Loading"]') === null);
}
