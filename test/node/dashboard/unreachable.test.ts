import type { Page, Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manage } from "../../../scripts/management-client.ts";
import { startEverythingUpstream } from "../../fixtures/everything-upstream.mjs";
import { createOpenWorkspace } from "../../fixtures/local-gateway.ts";
import { findProblems } from "./axe.ts";
import { hasChromium } from "./chromium.ts";
import type { ServedDashboard } from "./served-dashboard.ts";
import { openStage, type Stage } from "./stage.ts";

const TIMEOUT_MS = 120_000;

describe.skipIf(!hasChromium)("an open page of the dashboard", { timeout: TIMEOUT_MS }, () => {
  let stage: Stage;
  let dashboard: ServedDashboard;
  let upstream: { url: string; close: () => void };
  let page: Page;

  beforeAll(async () => {
    upstream = await startEverythingUpstream("streamableHttp");
    stage = await openStage("demo", async ({ api }) => {
      const away = { slug: "away", url: "http://127.0.0.1:9/mcp", enabled: false };
      await createOpenWorkspace(api, "demo", [{ slug: "ev", url: upstream.url }, away]);
      await manage(api, "POST", "/workspaces/demo/members", { name: "Grace" });
    });
    ({ dashboard, page } = stage);
  }, TIMEOUT_MS);

  afterAll(async () => {
    await stage.close();
    upstream.close();
  });

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
    // Both are shown to the second.
    expect(toTime(shownAt)).toBeLessThanOrEqual(toTime(since));
    expect(await page.getByText("Grace", { exact: true }).isVisible()).toBe(true);
    expect(await findProblems(page)).toEqual([]);
    const refetched = page.waitForResponse((response) => response.url().endsWith("/demo/members"), {
      timeout: 60_000,
    });
    await dashboard.resume();
    expect((await refetched).status()).toBe(200);
    await notice().waitFor({ state: "detached" });
  });

  const pause = async () => {
    await dashboard.pause();
    await page.evaluate(() => globalThis.dispatchEvent(new Event("offline")));
    await notice().waitFor();
  };

  test("opens a menu that was asked for while the gateway was away when it answers", async () => {
    await page.goto("/w/demo/members");
    await page.getByText("Grace", { exact: true }).waitFor();
    await pause();
    await page.getByRole("button", { name: "Ada", exact: true }).click();
    await dashboard.resume();
    await page.getByRole("menuitem", { name: "Account" }).waitFor({ timeout: 60_000 });
  });

  test("opens a dialog of the audit log that was asked for while the gateway was away when it answers", async () => {
    await page.goto("/w/demo/audit");
    await page.getByText(/^No call has been recorded/).waitFor();
    await page.getByRole("button", { name: "Views" }).click();
    await pause();
    await page.getByRole("menuitem", { name: "Save this view…" }).click();
    await dashboard.resume();
    await page.getByLabel("Name of this view").waitFor({ timeout: 60_000 });
  });

  test("opens a tab of a server that was asked for while the gateway was away when it answers", async () => {
    await page.goto("/w/demo/servers/away?tab=health");
    await page.getByRole("tab", { name: "Settings" }).waitFor();
    await pause();
    await page.getByRole("tab", { name: "Settings" }).click();
    await dashboard.resume();
    await page.getByLabel("Tool prefix").waitFor({ timeout: 60_000 });
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

  test("shows the form of a tool whose code could not be loaded when the gateway answers again", async () => {
    await page.goto("/w/demo/try");
    await page.getByText("Select a tool").waitFor();
    const fail = async (route: Route) => {
      await dashboard.pause();
      await route.abort();
    };
    await page.route("**/form-library-*.js", fail, { times: 1 });
    await page.getByRole("button", { name: /^echo/ }).click();
    await notice().waitFor();
    await dashboard.resume();
    await page.getByRole("textbox", { name: "Arguments as JSON" }).waitFor({ timeout: 60_000 });
    expect(stage.owner.problems).toEqual([]);
  });

  test("knows behind a sign-in that redirects requests without cookies that the gateway answers, and says when that sign-in has ended", async () => {
    const signIn = "http://127.0.0.1:9/sign-in";
    const redirect = (route: Route) =>
      route.fulfill({ status: 302, headers: { location: signIn } });
    await page.goto("/w/demo/members");
    await page.getByText("Grace", { exact: true }).waitFor();
    await dashboard.pause();
    await page.evaluate(() => globalThis.dispatchEvent(new Event("offline")));
    await notice().waitFor();
    // The dashboard sends no cookies with this request.
    await page.route("**/api/auth", redirect);
    await dashboard.resume();
    await notice().waitFor({ state: "detached", timeout: 60_000 });
    await page.route("**/api/workspaces/demo/servers", redirect);
    await page.getByRole("link", { name: "Servers" }).click();
    await page.getByText("A sign-in in front of the gateway").waitFor();
    await page.unrouteAll();
    expect(stage.owner.problems).toEqual([]);
  });
});

/** A time of day as a number that can be compared with others of its day. */
function toTime(clock: string): number {
  return Date.parse(`2026-01-01 ${clock}`);
}
