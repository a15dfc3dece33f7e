import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../../scripts/management-client.ts";
import { createOpenWorkspace } from "../../fixtures/local-gateway.ts";
import { hasChromium, launchChromium, openBrowserUser, type BrowserUser } from "./chromium.ts";
import {
  join,
  makeSetupLink,
  serveDashboard,
  toPath,
  type ServedDashboard,
} from "./served-dashboard.ts";

const TIMEOUT_MS = 60_000;
const Invited = z.object({
  url: z.string(),
  invitation: z.object({ memberId: z.string() }),
});

describe.skipIf(!hasChromium)("the dashboard's frame", { timeout: TIMEOUT_MS }, () => {
  let dashboard: ServedDashboard;
  let browser: Browser;
  let owner: BrowserUser;
  let page: Page;

  beforeAll(async () => {
    [dashboard, browser] = await Promise.all([serveDashboard(), launchChromium()]);
    await createOpenWorkspace(dashboard.api, "demo", [
      { slug: "gone", url: "http://127.0.0.1:9/" },
    ]);
    await manage(dashboard.api, "PATCH", "/workspaces/demo", { name: "Demo team" });
    owner = await openBrowserUser(browser, dashboard.baseUrl);
    page = owner.page;
    await join(owner, await makeSetupLink(dashboard.api, "demo"), "Ada");
  }, TIMEOUT_MS);

  afterAll(async () => {
    await browser.close();
    await dashboard.stop();
  });

  const openPage = async (path: string, heading: string) => {
    await page.goto(path);
    await page.getByRole("heading", { name: heading, level: 1 }).waitFor();
  };
  const navigation = () => page.getByRole("navigation", { name: "Workspace" });

  test("titles a page with its name and workspace, says the title and focuses the content when another one opens", async () => {
    await openPage("/w/demo/settings", "Settings");
    await expect.poll(() => page.title()).toBe("Settings · Demo team · mcpnest");
    await navigation().getByRole("link", { name: "Audit log" }).click();
    await expect.poll(() => page.title()).toBe("Audit log · Demo team · mcpnest");
    await page.getByRole("status").filter({ hasText: "Audit log · Demo team" }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("content");
    await page.goto("/w/demo/servers/gone");
    await expect.poll(() => page.title()).toBe("gone · Demo team · mcpnest");
    await page.goto("/account");
    await expect.poll(() => page.title()).toBe("Account · mcpnest");
  });

  test("closes its menus when another page opens and when the browser goes back, and gives the focus back on Escape", async () => {
    await openPage("/w/demo/settings", "Settings");
    const menu = page.getByRole("menu");
    const account = page.getByRole("button", { name: "Ada", exact: true });
    await account.click();
    await page.getByRole("menuitem", { name: "Account" }).click();
    await page.getByRole("heading", { name: "Account", level: 1 }).waitFor();
    await menu.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Workspace: Demo team" }).click();
    await menu.waitFor();
    await page.goBack();
    await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
    await menu.waitFor({ state: "detached" });
    await account.press("ArrowDown");
    await menu.waitFor();
    await page.keyboard.press("Escape");
    await menu.waitFor({ state: "detached" });
    await expect
      .poll(() => account.evaluate((button) => button === document.activeElement))
      .toBe(true);
  });

  test("closes a list of choices when the browser goes back to the same page", async () => {
    await openPage("/w/demo/audit?since=24h", "Audit log");
    await navigation().getByRole("link", { name: "Audit log" }).click();
    await page.waitForURL((url) => !url.searchParams.has("since"));
    await page.getByRole("combobox").first().click();
    await page.getByRole("listbox").waitFor();
    await page.goBack();
    await page.getByRole("listbox").waitFor({ state: "detached" });
  });

  test("closes the drawer of a narrow screen when a page opens", async () => {
    await page.setViewportSize({ width: 375, height: 800 });
    await openPage("/w/demo/settings", "Settings");
    await page.getByRole("button", { name: "Open navigation" }).click();
    await page.getByRole("dialog").getByRole("link", { name: "Tokens" }).click();
    await page.getByRole("heading", { name: "Tokens", level: 1 }).waitFor();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test("keeps the navigation of the workspace last opened outside of workspaces", async () => {
    await createOpenWorkspace(dashboard.api, "zurich", []);
    const body = { name: "Ada", role: "owner" };
    const { url } = Invited.parse(
      await manage(dashboard.api, "POST", "/workspaces/zurich/invitations", body),
    );
    await page.goto(toPath(url));
    await page.getByRole("button", { name: "Join as Ada" }).click();
    for (const [slug, name] of Object.entries({ zurich: "zurich", demo: "Demo team" })) {
      await openPage(`/w/${slug}/settings`, "Settings");
      for (const path of ["/account", "/new"]) {
        await page.goto(path);
        await page.getByRole("button", { name: `Workspace: ${name}` }).waitFor();
        expect(await navigation().getByRole("link").count()).toBeGreaterThan(5);
      }
      await page.goto("/");
      await page.waitForURL(new RegExp(`/w/${slug}\\b`));
    }
  });

  test.each([
    ["/nothing", "Page not found", "Go to the overview"],
    ["/w/demo/nothing", "Page not found", "Go to the overview"],
    ["/w/nowhere/audit", "Workspace not found", "Go to Demo team"],
    ["/w/demo/servers/none", "Server not found", "Go to the servers"],
  ])("says at %s: %s, and where to go", async (path, heading, link) => {
    const response = await page.goto(path);
    expect(response?.headers()["content-type"]).toContain("text/html");
    await page.getByRole("heading", { name: heading, level: 1 }).waitFor();
    expect(await page.title()).toContain(heading);
    expect(await navigation().isVisible()).toBe(true);
    await page.getByRole("main").getByRole("link", { name: link }).click();
    await page.getByRole("heading", { level: 1, name: /Demo team|Servers/ }).waitFor();
  });

  test("tells a member why a page is not theirs and where to go", async () => {
    const { url } = Invited.parse(
      await manage(dashboard.api, "POST", "/workspaces/demo/invitations", { name: "Grace" }),
    );
    const member = await openBrowserUser(browser, dashboard.baseUrl);
    await join(member, toPath(url), "Grace");
    await member.page.goto("/w/demo/settings");
    await member.page.getByText("Your role in Demo team is Member").waitFor();
    await member.page.getByRole("link", { name: "Go to the overview" }).click();
    await member.page.waitForURL(/\/w\/demo\?/);
    await member.close();
  });

  test("tells a member at the next request of an open page that the access is suspended, or has ended", async () => {
    const { url, invitation } = Invited.parse(
      await manage(dashboard.api, "POST", "/workspaces/demo/invitations", { name: "Vic" }),
    );
    const vic = await openBrowserUser(browser, dashboard.baseUrl);
    await join(vic, toPath(url), "Vic");
    const member = `/workspaces/demo/members/${invitation.memberId}`;
    // The page asks at intervals by itself, so that it may tell it before the link is used.
    const openTokens = (told: Locator) =>
      vic.page
        .getByRole("navigation", { name: "Workspace" })
        .getByRole("link", { name: "Tokens", exact: true })
        .or(told)
        .first()
        .click();
    const suspended = vic.page.getByRole("heading", { name: "Your access is suspended", level: 1 });
    const ended = vic.page.getByRole("heading", {
      name: "You are no longer a member of this workspace",
      level: 1,
    });
    const openConnect = async () => {
      await vic.page.goto("/w/demo/connect");
      await vic.page.getByRole("heading", { name: "Choose your client" }).waitFor();
    };
    await openConnect();
    await manage(dashboard.api, "PUT", `${member}/suspension`, {});
    await openTokens(suspended);
    await suspended.waitFor();
    await manage(dashboard.api, "DELETE", `${member}/suspension`, {});
    await openConnect();
    await manage(dashboard.api, "DELETE", member);
    await openTokens(ended);
    await ended.waitFor();
    await vic.close();
  });

  test("goes on from the sign-in page when the visitor is signed in already", async () => {
    await page.goto("/sign-in?to=%2Fw%2Fdemo%2Fsettings");
    await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
    await page.goto("/sign-in");
    await page.waitForURL(/\/w\/demo\b/);
  });

  test("keeps the density and the theme of this browser before anything is painted", async () => {
    await openPage("/w/demo/settings", "Settings");
    const readHeight = async () =>
      (await navigation().getByRole("link").first().boundingBox())?.height ?? 0;
    const comfortable = await readHeight();
    await page.getByRole("button", { name: "Ada", exact: true }).click();
    await page.getByRole("menuitemradio", { name: "Compact" }).click();
    await page.getByRole("menuitemradio", { name: "Dark" }).click();
    await page.keyboard.press("Escape");
    expect(await readHeight()).toBeLessThan(comfortable);
    // Without its script, the page has only what is there before.
    await page.route("**/assets/*.js", (route) => route.abort());
    await page.reload();
    const { dataset, scheme } = await page.evaluate(() => ({
      dataset: Object.fromEntries(Object.entries(document.documentElement.dataset)),
      scheme: getComputedStyle(document.documentElement).colorScheme,
    }));
    expect([dataset, scheme]).toEqual([{ density: "compact", theme: "dark" }, "dark"]);
    await page.unrouteAll();
  });
});
