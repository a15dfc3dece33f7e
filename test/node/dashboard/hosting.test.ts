import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectV2 } from "../../fixtures/clients.ts";
import { hostingProblem } from "../hosting/hosting-problem.ts";
import { Stage } from "../hosting/stage.ts";
import { findProblems } from "./axe.ts";
import { hasChromium, launchChromium, openPerson, type Person } from "./chromium.ts";
import { join, makeSetupLink, toBaseUrl } from "./served-dashboard.ts";

const TIMEOUT_MS = 120_000;
const CANARY = "github_pat_canary_5f1d0c";

/** A team's hosted servers, in the browser, on a real engine. Each step goes on where the one before it ended. */
describe.skipIf(!hasChromium || hostingProblem)("hosting", { timeout: TIMEOUT_MS }, () => {
  let stage: Stage;
  let browser: Browser;
  let owner: Person;
  let page: Page;
  let gateway: { gatewayUrl: string; token: string };
  let before: string[][];
  /** What the API answered the browser. */
  let answers = "";

  const inventory = async () => [await stage.containers(), await stage.networks()];
  const call = async (tool: string, input: Record<string, unknown>) => {
    const client = await connectV2(gateway, "auto");
    try {
      return await client.call(tool, input);
    } finally {
      await client.close();
    }
  };
  const heading = (name: string | RegExp) => page.getByRole("heading", { name, level: 1 });
  const console = () => page.getByRole("dialog", { name: /^Starting/ });

  beforeAll(async () => {
    [stage, browser] = await Promise.all([Stage.open(), launchChromium()]);
    gateway = await stage.workspace("demo");
    before = await inventory();
    const { api } = stage.gateway;
    owner = await openPerson(browser, toBaseUrl(api));
    page = owner.page;
    page.on("response", (response) => {
      const type = response.headers()["content-type"] ?? "";
      if (type.includes("json"))
        void response.text().then(
          (text) => (answers += text),
          () => "",
        );
    });
    await join(owner, await makeSetupLink(api, "demo"), "Ada");
  }, TIMEOUT_MS);

  afterAll(async () => {
    await browser.close();
    await stage.close();
  }, TIMEOUT_MS);

  test("the catalogue shows what each server does, needs and is warned of, and is searched in the address", async () => {
    await page.goto("/w/demo/servers");
    await page.getByText("0 of 3 hosted servers").waitFor();
    await page.getByRole("link", { name: "Add server" }).click();
    await page.getByRole("tab", { name: "Host one" }).click();
    const cards = page.getByRole("list", { name: "Catalogue" }).getByRole("listitem");
    await cards.first().waitFor();
    expect(await cards.count()).toBe(12);
    const postgres = cards.filter({ hasText: "PostgreSQL" });
    expect(await postgres.textContent()).toMatch(/not read-only as it claims.*Connection string/);
    // Its image is not on this host.
    expect(await cards.filter({ hasText: "Puppeteer" }).textContent()).toContain(
      "No host has it now",
    );
    await page.getByRole("searchbox", { name: "Search the catalogue" }).fill("knowledge");
    expect(await cards.allTextContents()).toEqual([expect.stringContaining("Memory")]);
    await page.reload();
    expect(new URL(page.url()).searchParams.get("q")).toBe("knowledge");
    await cards.first().waitFor();
    expect(await cards.count()).toBe(1);
  });

  test("a click deploys it: the console shows its start and closes by itself, and its tools are there", async () => {
    await page.getByRole("link", { name: "Memory" }).click();
    await page.getByText("a restart begins with nothing").waitFor();
    await page.getByRole("button", { name: "Deploy" }).click();
    await console().getByRole("log").getByText("Knowledge Graph MCP Server").waitFor();
    await console().waitFor({ state: "detached" });
    await page.getByText("Memory is running").waitFor();
    await heading(/Memory.*hosted/).waitFor();
    expect(new URL(page.url()).pathname).toBe("/w/demo/servers/memory");
    await page.getByText("create_entities", { exact: true }).first().waitFor();
  });

  test("a real client writes and reads through the gateway, and the calls are in the audit log", async () => {
    const entities = [{ name: "Ada", entityType: "person", observations: ["wrote notes"] }];
    await call("create_entities", { entities });
    expect(await call("read_graph", {})).toContain("wrote notes");
    await page.goto("/w/demo/audit?live=true");
    await page.getByRole("row", { name: /create_entities.*memory.*Succeeded/ }).waitFor();
  });

  test("the server's page says where and how it runs, and follows its log", async () => {
    await page.goto("/w/demo/servers");
    await page.getByRole("link", { name: /Memory.*hosted.*on host-1/ }).click();
    await page.getByRole("tab", { name: "Hosting" }).click();
    await page.getByText("Small: 0.25 CPU, 256 MB").first().waitFor();
    await page.getByText(/^Runningfor \d+ s$/).waitFor();
    await page.getByText("host-1", { exact: true }).waitFor();
    await page.getByRole("log").getByText("Knowledge Graph MCP Server running on stdio").waitFor();
    const follow = page.getByRole("button", { name: "Follow" });
    expect(await follow.getAttribute("aria-pressed")).toBe("true");
    expect(await findProblems(page)).toEqual([]);
    await follow.click();
    expect(new URL(page.url()).searchParams.get("follow")).toBe("false");
  });

  test("a restart begins with nothing, in a console that closes by itself", async () => {
    await page.getByRole("button", { name: "Restart", exact: true }).click();
    await console().waitFor();
    await console().waitFor({ state: "detached" });
    expect(await call("read_graph", {})).not.toContain("wrote notes");
  });

  test("credentials are asked for first, masked, and never shown again", async () => {
    await page.goto("/w/demo/servers/new/github");
    const token = page.getByLabel("Personal access token");
    expect(await token.getAttribute("type")).toBe("password");
    expect(await page.locator("form input").first().getAttribute("name")).toBe(
      "GITHUB_PERSONAL_ACCESS_TOKEN",
    );
    await page.getByRole("button", { name: "Deploy" }).click();
    // Required: the browser asks for it and nothing is sent.
    expect(new URL(page.url()).pathname).toBe("/w/demo/servers/new/github");
    await token.fill(CANARY);
    await page.getByLabel("Short name").fill("hub");
    await page.getByRole("button", { name: "Deploy" }).click();
    await heading(/GitHub.*hosted/).waitFor();
    await page.getByText("create_issue", { exact: true }).first().waitFor();
    await page.getByRole("tab", { name: "Hosting" }).click();
    const stored = page.getByRole("list", { name: "Stored values" });
    expect(await stored.textContent()).toMatch(/Personal access token.*set just now/);
    expect(await page.getByLabel("Personal access token").inputValue()).toBe("");
    expect(await page.content()).not.toContain(CANARY);
    expect(answers).toContain("GITHUB_PERSONAL_ACCESS_TOKEN");
    expect(answers).not.toContain(CANARY);
  });

  test("a server that cannot be started keeps the console open with the reason, also after a reload", async () => {
    await page.goto("/w/demo/servers/new/postgres");
    await page.getByLabel("Connection string").fill("postgres://reader@127.0.0.1/none");
    await page.getByRole("button", { name: "Deploy" }).click();
    const reason = console().getByRole("alert").getByText("DATABASE_URL");
    await reason.waitFor();
    await page.reload();
    await reason.waitFor();
    await Promise.all([
      page.waitForResponse((response) => response.url().endsWith("/restart")),
      console().getByRole("button", { name: "Try again" }).click(),
    ]);
    await reason.waitFor();
    await console().getByRole("button", { name: "Close" }).last().click();
    await page.getByRole("link", { name: "Servers" }).first().click();
    await page.getByRole("link", { name: /PostgreSQL.*Failed.*DATABASE_URL/ }).waitFor();
  });

  test("at the plan's limit nothing more is deployed, and the page says what to do", async () => {
    await page.goto("/w/demo/servers/new/everything");
    await page.getByText("has 3 of 3 hosted servers").waitFor();
    await page.getByText("Terminate one, or ask the operator for more").waitFor();
    expect(await page.getByRole("button", { name: "Deploy" }).isDisabled()).toBe(true);
  });

  test("without a host that takes servers the catalogue says so", async () => {
    await stage.manage("PATCH", "/hosts/host-1", { isDraining: true });
    await page.goto("/w/demo/servers/new?way=host");
    await page.getByText("No container host takes servers now").waitFor();
    await stage.manage("PATCH", "/hosts/host-1", { isDraining: false });
    await page.reload();
    await page.getByRole("list", { name: "Catalogue" }).waitFor();
    expect(await page.getByText("No container host takes servers now").count()).toBe(0);
  });

  test("a member sees that a server is hosted, and no page of hosting", async () => {
    const { api } = stage.gateway;
    const member = await openPerson(browser, toBaseUrl(api));
    const { url } = await stage.manage("POST", "/workspaces/demo/invitations", {
      name: "Grace",
      role: "member",
    });
    const { pathname, hash } = new URL(url);
    await join(member, pathname + hash, "Grace");
    await member.page.goto("/w/demo/servers");
    await member.page.getByRole("link", { name: /Memory.*hosted/ }).click();
    await member.page.getByRole("tab", { name: "Health" }).waitFor();
    expect(await member.page.getByRole("tab", { name: "Hosting" }).count()).toBe(0);
    for (const path of ["servers/new/memory", "servers/new?way=host", "servers/hosted/ins_0"]) {
      await member.page.goto(`/w/demo/${path}`);
      await member.page.getByText("You have no access to this page").waitFor();
    }
    expect(member.problems).toEqual([]);
    await member.close();
  });

  test("terminating, once the name is typed, leaves nothing", async () => {
    for (const slug of ["memory", "hub"]) {
      await page.goto(`/w/demo/servers/${slug}?tab=hosting`);
      await terminate(slug);
    }
    await page.getByRole("link", { name: /PostgreSQL/ }).click();
    await terminate("postgres");
    await page.getByText("No servers yet").waitFor();
    await page.getByText("0 of 3 hosted servers").waitFor();
    expect(await inventory()).toEqual(before);
  });

  test("nothing of it broke a rule of the content security policy", () => {
    expect(owner.problems).toEqual([]);
  });

  const terminate = async (slug: string) => {
    await page.getByRole("button", { name: "Terminate" }).click();
    const dialog = page.getByRole("dialog", { name: /^Terminate/ });
    const button = dialog.getByRole("button", { name: "Terminate" });
    expect(await button.isDisabled()).toBe(true);
    await dialog.getByLabel(`Type ${slug} to confirm`).fill(slug);
    await button.click();
    await page
      .getByText(/terminated$/)
      .first()
      .waitFor();
    await heading("Servers").waitFor();
  };
});
