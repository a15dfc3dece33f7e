import { readdir, rm } from "node:fs/promises";
import { join as joinPath } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../../scripts/management-client.ts";
import { connectV2 } from "../../fixtures/clients.ts";
import { startEverythingUpstream } from "../../fixtures/everything-upstream.mjs";
import { startLocalGateway, type LocalGateway } from "../../fixtures/local-gateway.ts";
import { findProblems } from "./axe.ts";
import { hasChromium, launchChromium, openBrowserUser, type BrowserUser } from "./chromium.ts";
import { join, makeSetupLink, toBaseUrl } from "./served-dashboard.ts";

const TIMEOUT_MS = 90_000;
const DAY_MS = 86_400_000;
const OLD_CALLS = 7;
const Created = z.object({ id: z.string() });
const Issued = z.object({ token: z.string() });
const Tools = z.object({ items: z.array(z.object({ name: z.string(), exposedName: z.string() })) });

/** Each test continues where the previous one ended. */
describe.skipIf(!hasChromium)("the figures of the overview", { timeout: TIMEOUT_MS }, () => {
  let gateway: LocalGateway;
  let upstream: { url: string; close: () => void };
  let browser: Browser;
  let owner: BrowserUser;
  let page: Page;

  beforeAll(async () => {
    [gateway, upstream, browser] = await Promise.all([
      startLocalGateway(),
      startEverythingUpstream("streamableHttp"),
      launchChromium(),
    ]);
    const { api } = gateway;
    const workspace = { slug: "demo", name: "Demo" };
    const { id } = Created.parse(await manage(api, "POST", "/workspaces", workspace));
    await manage(api, "POST", "/workspaces/demo/servers", {
      slug: "everything",
      url: upstream.url,
    });
    await gateway.pause();
    await writeOldCalls(gateway.stateDir, id);
    await gateway.resume();
    owner = await openBrowserUser(browser, toBaseUrl(api));
    page = owner.page;
    await join(owner, await makeSetupLink(api, "demo"), "Ada");
    await callAsBen(api);
  }, TIMEOUT_MS);

  afterAll(async () => {
    await browser.close();
    upstream.close();
    await gateway.stop();
  });

  /** Opens the overview once it counts all calls: rows are stored some seconds after a call. */
  const openOverview = async (search = "", count = "5") => {
    await expect
      .poll(
        async () => {
          await page.goto(`/w/demo${search}`);
          const calls = page.locator("dl div", { hasText: /^Calls/ }).getByRole("link");
          await calls.or(page.getByText("No calls in this time range")).waitFor();
          return (await calls.count()) === 0 ? "" : calls.textContent();
        },
        { timeout: 30_000, interval: 1_000 },
      )
      .toBe(count);
  };
  const figure = (name: string) => page.locator("dl div", { hasText: name }).getByRole("link");
  const rows = () => page.getByRole("table", { name: "Calls" }).getByRole("row");

  test("a new workspace shows its first calls by the minute, and each figure leads to as many rows of the log", async () => {
    await openOverview();
    await page.getByRole("combobox", { name: "Time range" }).getByText("Last hour").waitFor();
    for (const [name, count] of [
      ["Calls", 5],
      ["Failed", 1],
      ["Refused", 1],
    ] as const) {
      await page.goto("/w/demo");
      expect(await figure(name).first().textContent()).toBe(String(count));
      await figure(name).first().click();
      await page.getByRole("heading", { name: "Audit log" }).waitFor();
      // And the head.
      await expect.poll(() => rows().count()).toBe(count + 1);
    }
    expect(await findProblems(page)).toEqual([]);
  });

  test("the chart has its figures as a table, and arrow keys read them step by step", async () => {
    await page.goto("/w/demo");
    const chart = page.getByRole("figure", { name: "Calls" });
    await chart.getByRole("button", { name: /^Show as table/ }).click();
    const table = chart.getByRole("table", { name: "Calls" });
    const cells = await table.locator("td").allTextContents();
    expect(cells.reduce((sum, text) => sum + Number(text), 0)).toBe(5);
    const step = chart.getByRole("slider");
    await step.focus();
    await page.keyboard.press("Home");
    expect(await step.getAttribute("aria-valuetext")).toMatch(
      /: Succeeded 0, Failed 0, Refused 0, Cancelled 0$/,
    );
    const withCalls = await table.locator("tr", { hasNotText: /(0\s*){4}$/ }).count();
    await page.keyboard.press("End");
    await page.keyboard.press("Shift+Home");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Audit log" }).waitFor();
    await expect.poll(() => rows().count()).toBe(6);
    expect(withCalls).toBeGreaterThan(0);
  });

  test("times have the form of the reader’s English in the chart and in the log", async () => {
    const british = await page.context().newPage();
    await british.addInitScript(() =>
      Object.defineProperty(navigator, "languages", { value: ["de", "en-GB"] }),
    );
    await british.goto("/w/demo");
    const step = british.getByRole("figure", { name: "Calls" }).getByRole("slider");
    expect(await step.getAttribute("aria-valuetext")).toMatch(
      /^\d+ \w+, \d\d:\d\d\s*–\s*\d\d:\d\d:/,
    );
    await british.goto("/w/demo/audit");
    await british.getByText(/^As of \d\d:\d\d:\d\d$/).waitFor();
    await british.close();
  });

  test("all names of a dimension are in a table that can be sorted, and refusals say who and what", async () => {
    await page.goto("/w/demo");
    const refused = page.locator("section", {
      has: page.getByRole("heading", { name: "Refused calls" }),
    });
    await refused.getByRole("link", { name: "Ben, everything: get-env" }).waitFor();
    await refused.getByText("No rule allows the call").waitFor();
    await page.getByRole("link", { name: /^All tools.*Slowest tools/ }).click();
    const table = page.getByRole("region", { name: "By tool" }).getByRole("table");
    const names = () => table.locator("tbody th").allTextContents();
    await expect
      .poll(names)
      .toEqual(["everything: echo", "everything: get-env", "everything: get-sum"]);
    await table.getByRole("button", { name: "Error rate" }).click();
    expect((await names())[0]).toBe("everything: get-sum");
    const head = table.getByRole("columnheader", { name: "Error rate" });
    expect(await head.getAttribute("aria-sort")).toBe("descending");
    await page.goto("/w/demo?by=client");
    await page.getByRole("region", { name: "By client" }).getByRole("link").first().click();
    await expect.poll(() => rows().count()).toBe(6);
  });

  test("a new prefix says which names change, and who called them, before it is saved", async () => {
    const readNames = async () => {
      const path = "/workspaces/demo/servers/everything/tools";
      const { items } = Tools.parse(await manage(gateway.api, "GET", path));
      return items.map(({ exposedName }) => exposedName);
    };
    await page.goto("/w/demo/servers/everything?tab=settings");
    await page.getByLabel("Tool prefix").fill("ev");
    const form = page.locator("form", { has: page.getByLabel("Tool prefix") });
    await form.getByRole("button", { name: "Save", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Change the tool prefix of everything?" });
    await dialog.getByText("They were called 4 times in the last 30 days: Ben (4).").waitFor();
    await dialog.getByRole("row", { name: "echo ev_echo 3" }).waitFor();
    expect(await findProblems(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Cancel" }).click();
    expect(await readNames()).toContain("echo");
    await form.getByRole("button", { name: "Save", exact: true }).click();
    await dialog.getByRole("button", { name: "Change prefix" }).click();
    await page.getByText("Settings saved").waitFor();
    expect(await readNames()).toContain("ev_echo");
  });

  test("disabling a server, and deleting it or the workspace, says first who uses it", async () => {
    const used = /^In the last 7 days 1 person made 4 calls/;
    await page.goto("/w/demo/servers");
    await page.getByRole("switch", { name: "Enable everything" }).click();
    await page.getByRole("dialog", { name: "Disable everything?" }).getByText(used).waitFor();
    await page.keyboard.press("Escape");
    expect(await page.getByRole("switch", { name: "Enable everything" }).isChecked()).toBe(true);
    await page.goto("/w/demo/servers/everything?tab=settings");
    await page.getByRole("button", { name: "Remove server" }).click();
    await page.getByRole("dialog").getByText(used).waitFor();
    await page.goto("/w/demo/settings");
    await page.getByRole("button", { name: "Delete workspace" }).click();
    await page.getByRole("dialog").getByText(used).waitFor();
  });

  test("a shorter retention says how many rows it deletes before it is saved", async () => {
    await page.goto("/w/demo/settings");
    const days = page.getByLabel("Days to keep calls and changes");
    await days.fill("30");
    await page.locator("form", { has: days }).getByRole("button", { name: "Save" }).click();
    const dialog = page.getByRole("dialog", { name: "Keep the audit log for 30 days?" });
    await dialog.getByText(`${OLD_CALLS} rows of calls and 0 changes are deleted`).waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    const read = () => manage(gateway.api, "GET", "/workspaces/demo");
    expect(await read()).toMatchObject({ retentionDays: 90 });
    await page.locator("form", { has: days }).getByRole("button", { name: "Save" }).click();
    await dialog.getByRole("button", { name: "Shorten retention" }).click();
    await page.getByText("Settings saved").waitFor();
    expect(await read()).toMatchObject({ retentionDays: 30 });
  });

  test("two people with the same name have a row each, in any order of the rows", async () => {
    await callAs(gateway.api, "Ben", [["echo"], ["echo"]]);
    await callAs(gateway.api, "Carla", [["echo"]]);
    await openOverview("?by=member", "8");
    const table = page.getByRole("region", { name: "By member" }).getByRole("table");
    const names = () => table.locator("tbody th").allTextContents();
    await expect.poll(names).toEqual(["Ben", "Ben", "Carla"]);
    await table.getByRole("button", { name: "Calls" }).click();
    await expect.poll(names).toEqual(["Carla", "Ben", "Ben"]);
    expect(owner.problems).toEqual([]);
  });
});

/** Three calls of `echo`, one of `get-sum` that fails, and one of `get-env` that a rule refuses. */
async function callAsBen(api: LocalGateway["api"]): Promise<void> {
  const rules = ["everything:echo", "everything:get-sum"];
  const echoes = ["one", "two", "three"].map((message): Call => ["echo", { message }]);
  await callAs(api, "Ben", [...echoes, ["get-sum", { a: "no number" }], ["get-env"]], rules);
}

type Call = [tool: string, args?: Record<string, unknown>];

/** Calls tools as a new member with these rules. */
async function callAs(
  api: LocalGateway["api"],
  name: string,
  calls: Call[],
  rules: string[] = [],
): Promise<void> {
  const path = "/workspaces/demo";
  const { id } = Created.parse(await manage(api, "POST", `${path}/members`, { name }));
  await manage(api, "PUT", `${path}/members/${id}/rules`, { rules });
  const made = await manage(api, "POST", `${path}/tokens`, { label: "laptop", memberId: id });
  const { token } = Issued.parse(made);
  const client = await connectV2({ gatewayUrl: `${api.apiUrl}/gw/demo`, token }, "auto");
  // A failed and a refused call are errors for the client.
  for (const [tool, args] of calls) await client.call(tool, args).catch(() => undefined);
  await client.close();
}

/** Writes calls of 40 days ago while the gateway is stopped. The object is made anew and continues after their numbers. */
async function writeOldCalls(stateDir: string, workspaceId: string): Promise<void> {
  const d1 = joinPath(stateDir, "d1", "miniflare-D1DatabaseObject");
  const files = (await readdir(d1)).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  const db = new DatabaseSync(joinPath(d1, files[0] ?? ""));
  const insert = db.prepare(
    `INSERT INTO mcp_tool_calls (id, workspace_id, seq, server_slug, tool_name, method, status, latency_ms, created_at)
     VALUES (?, ?, ?, 'everything', 'echo', 'tools/call', 'ok', 12, ?)`,
  );
  for (let seq = 1; seq <= OLD_CALLS; seq += 1)
    insert.run(`${workspaceId}:${seq}`, workspaceId, seq, Date.now() - 40 * DAY_MS + seq);
  db.close();
  await rm(joinPath(stateDir, "do", "mcpnest-Workspace"), { recursive: true });
}
