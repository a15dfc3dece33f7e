import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manage } from "../../../scripts/management-client.ts";
import { createOpenWorkspace } from "../../fixtures/local-gateway.ts";
import { findProblems } from "./axe.ts";
import { hasChromium } from "./chromium.ts";
import type { ServedDashboard } from "./served-dashboard.ts";
import { openStage, type Stage } from "./stage.ts";

const TIMEOUT_MS = 120_000;

describe.skipIf(!hasChromium)("an open page of the dashboard", { timeout: TIMEOUT_MS }, () => {
  let stage: Stage;
  let dashboard: ServedDashboard;
  let page: Page;

  beforeAll(async () => {
    stage = await openStage("demo", async ({ api }) => {
      await createOpenWorkspace(api, "demo", []);
      await manage(api, "POST", "/workspaces/demo/members", { name: "Grace" });
    });
    ({ dashboard, page } = stage);
  }, TIMEOUT_MS);

  afterAll(() => stage.close());

  const notice = () => page.getByRole("alert").filter({ hasText: "has not answered since" });

  test("says since when the gateway does not answer, keeps its data with their time, and fetches them again when it answers", async () => {
    await page.goto("/w/demo/members");
    await page.getByText("Grace", { exact: true }).waitFor();
    await dashboard.pause();
    // Without any action of the user.
    await notice().waitFor({ timeout: 60_000 });
    const text = (await notice().textContent()) ?? "";
    const [, since = "", shownAt = ""] =
      /since ([\d:]+(?: [AP]M)?)\. You see data as of ([\d:]+(?: [AP]M)?)\./.exec(text) ?? [];
    expect(toTime(shownAt)).toBeLessThan(toTime(since));
    expect(await page.getByText("Grace", { exact: true }).isVisible()).toBe(true);
    expect(await findProblems(page)).toEqual([]);
    const refetched = page.waitForResponse((response) => response.url().endsWith("/demo/members"), {
      timeout: 60_000,
    });
    await dashboard.resume();
    expect((await refetched).status()).toBe(200);
    await notice().waitFor({ state: "detached" });
  });

  test("opens a menu that was asked for while the gateway was away when it answers", async () => {
    await page.goto("/w/demo/members");
    await page.getByText("Grace", { exact: true }).waitFor();
    await dashboard.pause();
    await page.evaluate(() => globalThis.dispatchEvent(new Event("offline")));
    await notice().waitFor();
    await page.getByRole("button", { name: "Ada", exact: true }).click();
    await dashboard.resume();
    await page.getByRole("menuitem", { name: "Account" }).waitFor({ timeout: 60_000 });
  });

  test("stays when its user opens another page while the gateway is away, and opens that page when it answers", async () => {
    await page.goto("/w/demo/members");
    await page.getByText("Grace", { exact: true }).waitFor();
    await dashboard.pause();
    await page.getByRole("link", { name: "Audit log" }).click();
    await notice().waitFor();
    expect(await page.getByRole("navigation", { name: "Workspace" }).isVisible()).toBe(true);
    await dashboard.resume();
    await page.getByRole("heading", { name: "Audit log" }).waitFor({ timeout: 60_000 });
    expect(stage.owner.problems).toEqual([]);
  });
});

/** A time of day as a number that can be compared with others of its day. */
function toTime(clock: string): number {
  return Date.parse(`2026-01-01 ${clock}`);
}
