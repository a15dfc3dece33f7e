import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../../scripts/management-client.ts";
import { startEverythingUpstream } from "../../fixtures/everything-upstream.mjs";
import { createOpenWorkspace } from "../../fixtures/local-gateway.ts";
import { findProblems } from "./axe.ts";
import { hasChromium, launchChromium, openBrowserUser, type BrowserUser } from "./chromium.ts";
import {
  join,
  makeSetupLink,
  serveDashboard,
  toPath,
  type ServedDashboard,
} from "./served-dashboard.ts";

const TIMEOUT_MS = 60_000;
const Invited = z.object({ url: z.string() });

describe.skipIf(!hasChromium)("the command palette", { timeout: TIMEOUT_MS }, () => {
  let dashboard: ServedDashboard;
  let upstream: { url: string; close: () => void };
  let browser: Browser;
  let owner: BrowserUser;
  let page: Page;

  beforeAll(async () => {
    [dashboard, upstream, browser] = await Promise.all([
      serveDashboard(),
      startEverythingUpstream("streamableHttp"),
      launchChromium(),
    ]);
    const servers = [{ slug: "everything", url: upstream.url }];
    await createOpenWorkspace(dashboard.api, "demo", servers);
    await createOpenWorkspace(dashboard.api, "archive", []);
    await manage(dashboard.api, "POST", "/workspaces/demo/members", { name: "Zoë Müller" });
    owner = await openBrowserUser(browser, dashboard.baseUrl);
    page = owner.page;
    await join(owner, await makeSetupLink(dashboard.api, "demo"), "Ada");
  }, TIMEOUT_MS);

  afterAll(async () => {
    await browser.close();
    upstream.close();
    await dashboard.stop();
  });

  const open = async (where: Page, query: string) => {
    await where.keyboard.press("Control+k");
    await where.getByRole("combobox", { name: "Search" }).fill(query);
  };
  const option = (where: Page, name: string | RegExp) => where.getByRole("option", { name });

  test("opens with the keyboard what is named by a part, by scattered letters or without accents", async () => {
    await page.goto("/w/demo/settings");
    await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
    await open(page, "zoe mul");
    await option(page, /Zoë Müller/).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/w\/demo\/members\?q=/);
    await open(page, "gtsum");
    await option(page, /get-sum/).waitFor();
    const current = await page.getByRole("combobox").getAttribute("aria-activedescendant");
    expect(await option(page, /get-sum/).getAttribute("id")).toBe(current);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/w\/demo\/servers\/everything\?tab=tools&q=get-sum/);
    await open(page, "everything server");
    await option(page, /^everything/)
      .first()
      .waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/w\/demo\/servers\/everything/);
  });

  test("moves the focus to the page that it opens, and back where it was when it closes", async () => {
    await page.goto("/w/demo/settings");
    await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
    await open(page, "audit");
    await option(page, /Audit log/).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Audit log" }).waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("content");
    await page.getByRole("link", { name: "Overview" }).focus();
    await open(page, "");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Overview");
  });

  test("has no serious accessibility problem with results, without any, and at 375 px in dark", async () => {
    await open(page, "e");
    await option(page, /Servers/).waitFor();
    expect(await findProblems(page)).toEqual([]);
    await page.getByRole("combobox", { name: "Search" }).fill("qqqq");
    await page.getByText("Nothing is found for “qqqq”.").waitFor();
    await page.setViewportSize({ width: 375, height: 700 });
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await findProblems(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test("slash goes to the page's search field, and is text in a field", async () => {
    await page.goto("/w/demo/members");
    await page.getByText("Zoë Müller", { exact: true }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("a/b");
    expect(await page.getByRole("searchbox").inputValue()).toBe("a/b");
    expect(await page.getByRole("dialog").count()).toBe(0);
  });

  test("shows a member no people, no pages of managers and no other workspace", async () => {
    const { url } = Invited.parse(
      await manage(dashboard.api, "POST", "/workspaces/demo/invitations", { name: "Grace" }),
    );
    const member = await openBrowserUser(browser, dashboard.baseUrl);
    await join(member, toPath(url), "Grace");
    await member.page.goto("/w/demo");
    await member.page.getByRole("navigation", { name: "Workspace" }).waitFor();
    await open(member.page, "echo");
    await option(member.page, /^echo/).waitFor();
    await member.page.getByRole("combobox").fill("e");
    await option(member.page, "Tokens").waitFor();
    const kinds = await member.page.getByRole("group").allTextContents();
    expect(kinds.join("\n")).not.toMatch(/People|Settings|Members|Invite|archive/);
    await member.close();
  });
});
