import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../../scripts/management-client.ts";
import { connectV2 } from "../../fixtures/clients.ts";
import { startEverythingUpstream } from "../../fixtures/everything-upstream.mjs";
import { findProblems } from "./axe.ts";
import { hasChromium, launchChromium, openBrowserUser, type BrowserUser } from "./chromium.ts";
import {
  join,
  makeSetupLink,
  serveDashboard,
  toPath,
  type ServedDashboard,
} from "./served-dashboard.ts";

const TIMEOUT_MS = 90_000;
const Invitation = z.object({ url: z.string(), invitation: z.object({ memberId: z.string() }) });

const Issued = z.object({ token: z.string() });
const Calls = z.object({ items: z.array(z.unknown()) });

/** Two people with two browsers. Each test continues where the previous one ended. */
describe.skipIf(!hasChromium)("the audit log for two people", { timeout: TIMEOUT_MS }, () => {
  let dashboard: ServedDashboard;
  let upstream: { url: string; close: () => void };
  let browser: Browser;
  let ada: BrowserUser;
  let ben: BrowserUser;
  let carlaId: string;
  let token: string;

  beforeAll(async () => {
    [dashboard, upstream, browser] = await Promise.all([
      serveDashboard(),
      startEverythingUpstream("streamableHttp"),
      launchChromium(),
    ]);
    const { api } = dashboard;
    await manage(api, "POST", "/workspaces", { slug: "demo", name: "Demo" });
    await manage(api, "POST", "/workspaces/demo/servers", {
      slug: "everything",
      url: upstream.url,
    });
    ada = await openBrowserUser(browser, dashboard.baseUrl);
    ben = await openBrowserUser(browser, dashboard.baseUrl);
    await join(ada, await makeSetupLink(api, "demo"), "Ada");
    const invite = async (name: string, role: string) =>
      Invitation.parse(await manage(api, "POST", "/workspaces/demo/invitations", { name, role }));
    const { url } = await invite("Ben", "admin");
    await join(ben, toPath(url), "Ben");
    carlaId = (await invite("Carla", "member")).invitation.memberId;
    await manage(api, "PATCH", "/workspaces/demo/rules", {
      memberIds: [carlaId],
      add: ["everything:echo"],
    });
    const body = { label: "laptop", memberId: carlaId };
    ({ token } = Issued.parse(await manage(api, "POST", "/workspaces/demo/tokens", body)));
  }, TIMEOUT_MS);

  afterAll(async () => {
    await browser.close();
    upstream.close();
    await dashboard.stop();
  });

  /** Calls a tool as Carla; a refused call is none that throws here. */
  const call = async (tool: string, args: Record<string, unknown> = {}) => {
    const client = await connectV2(
      { gatewayUrl: `${dashboard.api.apiUrl}/gw/demo`, token },
      "auto",
    );
    await client.call(tool, args).catch(() => undefined);
    await client.close();
  };
  const calls = (user: BrowserUser) => user.page.getByRole("table", { name: "Calls" });

  test("an open log shows new rows when its window gets the focus, and says as of when", async () => {
    const { page } = ada;
    await page.goto("/w/demo/audit");
    await page.getByText("No call has been recorded. The log keeps 90 days.").waitFor();
    await call("echo", { message: "one" });
    await expect
      .poll(async () => {
        await page.evaluate(() => globalThis.dispatchEvent(new Event("focus")));
        return calls(ada)
          .getByRole("row", { name: /echo.*Carla: Succeeded/ })
          .count();
      })
      .toBe(1);
    await page.getByText(/^As of \d/).waitFor();
  });

  test("a log that was left and entered again is fetched anew, and Refresh fetches it anew, too", async () => {
    const { page } = ada;
    await page.goto("/w/demo/audit?tab=events");
    await page.getByRole("row", { name: /You signed in with a passkey/ }).waitFor();
    const nav = (name: string) => page.getByRole("link", { name, exact: true }).click();
    await nav("Settings");
    await manage(dashboard.api, "PATCH", "/workspaces/demo", { retentionDays: 30 });
    await nav("Audit log");
    await page.getByRole("tab", { name: "Changes" }).click();
    await page.getByRole("row", { name: /set the retention to 30 days \(was 90\)/ }).waitFor();
    await manage(dashboard.api, "PATCH", "/workspaces/demo", { retentionDays: 31 });
    await page.getByRole("button", { name: "Refresh" }).click();
    await page.getByRole("row", { name: /set the retention to 31 days \(was 30\)/ }).waitFor();
  });

  test("live rows stay when live mode is switched off, and an export has the rows of the screen", async () => {
    const { page } = ada;
    await page.goto("/w/demo/audit?live=true");
    await call("get-sum", { a: 1, b: 2 });
    const refused = calls(ada).getByRole("row", { name: /get-sum.*Refused/ });
    await refused.waitFor();
    await page.getByText("2 calls", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Live" }).click();
    await refused.waitFor();
    const shown = await calls(ada).getByRole("row").count();
    // A later call is neither on the screen nor in the file.
    await call("echo", { message: "later" });
    await expect
      .poll(async () => {
        const list = await manage(dashboard.api, "GET", "/workspaces/demo/tool-calls");
        return Calls.parse(list).items.length;
      })
      .toBe(3);
    await page.getByRole("button", { name: "Export" }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: "CSV", exact: true }).click(),
    ]);
    const text = Buffer.concat(await Array.fromAsync(await download.createReadStream())).toString();
    const lines = text.trimEnd().split("\r\n");
    expect(lines).toHaveLength(shown);
    expect(lines[1]).toMatch(/,none,20.*Z,Carla,laptop,everything,false$/);
  });

  test("filters are pills in the URL, find a part of a tool’s name, and can be saved as a view", async () => {
    const { page } = ada;
    await page.goto("/w/demo/audit");
    await page.getByText("3 calls", { exact: true }).waitFor();
    const counts: string[] = [];
    page.on("request", (request) => {
      if (request.url().includes("/tool-calls/counts")) counts.push(request.url());
    });
    await page.getByRole("searchbox", { name: "Tool name, or a part of it" }).fill("SUM");
    await page.getByRole("list", { name: "Active filters" }).getByText("SUM").waitFor();
    await expect.poll(() => calls(ada).getByRole("row").count()).toBe(2);
    await page.getByText("1 call", { exact: true }).waitFor();
    expect(counts).toHaveLength(1);
    await page.getByRole("button", { name: "Filters", exact: true }).click();
    await page.getByRole("combobox", { name: "Member" }).click();
    await page.getByRole("option", { name: "Carla" }).click();
    await page.keyboard.press("Escape");
    await expect.poll(() => page.url()).toContain(`member=${carlaId}`);
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("menuitem", { name: "Save this view…" }).click();
    await page.getByLabel("Name of this view").fill("Sums of Carla");
    await page.getByRole("button", { name: "Save view" }).click();
    await page.getByText("View “Sums of Carla” saved").waitFor();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await expect.poll(() => calls(ada).getByRole("row").count()).toBe(4);
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("menuitem", { name: "Sums of Carla" }).click();
    await page.getByRole("list", { name: "Active filters" }).getByText("Carla").waitFor();
    await expect.poll(() => calls(ada).getByRole("row").count()).toBe(2);
    expect(await findProblems(page)).toEqual([]);
  });

  test("dragging over the chart narrows the log to that time", async () => {
    const { page } = ada;
    await page.goto("/w/demo/audit?since=24h");
    const chart = page.getByRole("slider", { name: "Calls by outcome: time step" });
    const box = await chart.boundingBox();
    if (!box) throw new Error("the chart is not there");
    await page.mouse.move(box.x + 5, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + 50);
    await page.mouse.up();
    await page.getByText("No calls found").waitFor();
    await page.getByText(/^No call matches these filters\. The last call was at /).waitFor();
    expect(page.url()).toMatch(/from=\d+&to=\d+/);
  });

  test("the details of a refused call name the lack of a rule, step through the rows, and allow the call", async () => {
    const { page } = ben;
    await page.goto("/w/demo/audit");
    await calls(ben)
      .getByRole("row", { name: /get-sum/ })
      .getByRole("button")
      .click();
    const details = page.getByRole("dialog", { name: "Call details" });
    await details.getByText("No rule allows it").waitFor();
    await details.getByText("laptop").waitFor();
    await page.keyboard.press("j");
    await details.getByText("echo of everything").waitFor();
    await page.keyboard.press("k");
    await details.getByText("No rule allows it").waitFor();
    await details.getByRole("button", { name: "Allow this…" }).click();
    await details.getByText("From then on, Carla can call get-sum of everything").waitFor();
    expect(await findProblems(page)).toEqual([]);
    await details.getByRole("button", { name: "Allow for Carla" }).click();
    await details.getByText("The next call succeeds.").waitFor();
    await call("get-sum", { a: 1, b: 2 });
    await page.goto("/w/demo/audit?live=true");
    await calls(ben)
      .getByRole("row", { name: /get-sum.*Succeeded/ })
      .waitFor();
    await page.goto("/w/demo/audit?tab=events");
    const change = page.getByRole("row", {
      name: /^.*You allowed Carla to call get-sum of everything/,
    });
    await change.waitFor();
    expect(await change.textContent()).toContain("(could not before)");
    await page.goto("/w/demo/audit");
    await calls(ben)
      .getByRole("row", { name: /get-sum/ })
      .first()
      .getByRole("button")
      .click();
    await details.getByRole("link", { name: "everything" }).click();
    await page.getByRole("heading", { name: /everything/, level: 1 }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/w/demo/servers/everything");
  });

  test("a member who was removed keeps the name in log and filters, marked as removed, in a browser that was open before", async () => {
    const { page } = ben;
    await page.goto("/w/demo/audit");
    await calls(ben)
      .getByRole("row", { name: /get-sum.*Carla: Refused/ })
      .waitFor();
    await manage(dashboard.api, "DELETE", `/workspaces/demo/members/${carlaId}`);
    await page.getByRole("button", { name: "Refresh" }).click();
    await calls(ben)
      .getByRole("row", { name: /get-sum.*Carla \(removed\): Refused/ })
      .waitFor();
    await page.getByRole("button", { name: "Filters", exact: true }).click();
    await page.getByRole("combobox", { name: "Member" }).click();
    await page.getByRole("option", { name: "Carla (removed)" }).click();
    await expect.poll(() => page.url()).toContain(`member=${carlaId}`);
    const pills = page.getByRole("list", { name: "Active filters" });
    await pills.getByText("Carla (removed)").waitFor();
    await page.goto("/w/demo/audit?clientVersion=1.10");
    await pills.getByText("1.10", { exact: true }).waitFor();
  });

  test("owners find the sign-ins of people, admins are not offered them", async () => {
    const kinds = async (user: BrowserUser) => {
      await user.page.goto("/w/demo/audit?tab=events");
      await user.page.getByRole("combobox", { name: "Kind of change" }).click();
      await user.page.getByRole("option", { name: "All changes" }).waitFor();
      return user.page.getByRole("option").allTextContents();
    };
    expect(await kinds(ben)).not.toContain("Sign-ins and passkeys");
    expect(await kinds(ada)).toContain("Sign-ins and passkeys");
    await ada.page.getByRole("option", { name: "Sign-ins and passkeys" }).click();
    await ada.page.getByRole("row", { name: /Ben signed in with a passkey/ }).waitFor();
    await expect.poll(() => ada.page.getByRole("row", { name: /retention/ }).count()).toBe(0);
    expect([...ada.problems, ...ben.problems]).toEqual([]);
  });
});
