import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../../scripts/management-client.ts";
import { startEverythingUpstream } from "../../fixtures/everything-upstream.mjs";
import { createOpenWorkspace } from "../../fixtures/local-gateway.ts";
import { findProblems } from "./axe.ts";
import { hasChromium, openBrowserUser } from "./chromium.ts";
import { join, toPath } from "./served-dashboard.ts";
import { openStage, type Stage } from "./stage.ts";

const TIMEOUT_MS = 60_000;
const Invited = z.object({ url: z.string() });

describe.skipIf(!hasChromium)("the command palette", { timeout: TIMEOUT_MS }, () => {
  let stage: Stage;
  let upstream: { url: string; close: () => void };
  let page: Page;

  beforeAll(async () => {
    upstream = await startEverythingUpstream("streamableHttp");
    stage = await openStage("demo", async ({ api }) => {
      await createOpenWorkspace(api, "demo", [{ slug: "everything", url: upstream.url }]);
      await manage(api, "POST", "/workspaces/demo/members", { name: "Zoë Müller" });
    });
    ({ page } = stage);
  }, TIMEOUT_MS);

  afterAll(async () => {
    await stage.close();
    upstream.close();
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
    await page.goto("/w/demo");
    await page.getByRole("navigation", { name: "Workspace" }).waitFor();
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
    const { browser, dashboard } = stage;
    const { url } = Invited.parse(
      await manage(dashboard.api, "POST", "/workspaces/demo/invitations", { name: "Grace" }),
    );
    const member = await openBrowserUser(browser, dashboard.baseUrl);
    await join(member, toPath(url), "Grace");
    await member.page.goto("/w/demo");
    await member.page.getByRole("navigation", { name: "Workspace" }).waitFor();
    await open(member.page, "echo");
    await option(member.page, /^echo/).waitFor();
    await page.goto("/new");
    await page.getByLabel("Name", { exact: true }).fill("Archive");
    await page.getByRole("button", { name: "Create workspace" }).click();
    await page.waitForURL(/\/w\/archive/);
    await page.goto("/w/demo");
    await page.getByRole("navigation", { name: "Workspace" }).waitFor();
    await open(page, "");
    for (const name of ["Zoë Müller", "Settings", "People", "Invite people", "Archive"]) {
      await page.getByRole("combobox").fill(name);
      await option(page, name).first().waitFor();
      await member.page.getByRole("combobox").fill(name);
      await member.page.getByText(`Nothing is found for “${name}”.`).waitFor();
    }
    await member.close();
  });
});
