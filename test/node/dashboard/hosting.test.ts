import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectV2 } from "../../fixtures/clients.ts";
import { hostingProblem } from "../hosting/hosting-problem.ts";
import { Stage } from "../hosting/stage.ts";
import { findProblems } from "./axe.ts";
import { hasChromium, launchChromium, openBrowserUser, type BrowserUser } from "./chromium.ts";
import { join, makeSetupLink, toBaseUrl } from "./served-dashboard.ts";

const TIMEOUT_MS = 120_000;
const CANARY = "github_pat_canary_5f1d0c";

/** Hosted servers in the browser, on a real container engine. Each test continues where the previous one ended. */
describe.skipIf(!hasChromium || hostingProblem)(
  "hosted servers in the dashboard",
  { timeout: TIMEOUT_MS },
  () => {
    let stage: Stage;
    let browser: Browser;
    let owner: BrowserUser;
    let page: Page;
    let gateway: { gatewayUrl: string; token: string };
    let before: string[][];
    /** All JSON responses that the browser received. */
    let responseTexts = "";

    const listEngineObjects = async () => [await stage.containers(), await stage.networks()];
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
      before = await listEngineObjects();
      const { api } = stage.gateway;
      owner = await openBrowserUser(browser, toBaseUrl(api));
      page = owner.page;
      page.on("response", (response) => {
        const type = response.headers()["content-type"] ?? "";
        if (type.includes("json"))
          void response.text().then(
            (text) => (responseTexts += text),
            () => "",
          );
      });
      await join(owner, await makeSetupLink(api, "demo"), "Ada");
    }, TIMEOUT_MS);

    afterAll(async () => {
      await browser.close();
      await stage.close();
    }, TIMEOUT_MS);

    test("the hosting catalogue shows notices and required variables, and keeps its search in the URL", async () => {
      await page.goto("/w/demo/servers");
      await page.getByText("0 of 3 hosted servers used").waitFor();
      await page.getByRole("link", { name: "Add server" }).click();
      await page.getByRole("tab", { name: "Host a server" }).click();
      const cards = page.getByRole("list", { name: "Catalogue" }).getByRole("listitem");
      await cards.first().waitFor();
      expect(await cards.count()).toBe(12);
      const postgres = cards.filter({ hasText: "PostgreSQL" });
      expect(await postgres.textContent()).toMatch(/not read-only as it claims.*Connection string/);
      // The image of this server is not on the host.
      expect(await cards.filter({ hasText: "Puppeteer" }).textContent()).toContain(
        "Not available on any host",
      );
      await page.getByRole("searchbox", { name: "Search the catalogue" }).fill("knowledge");
      expect(await cards.allTextContents()).toEqual([expect.stringContaining("Memory")]);
      await page.reload();
      expect(new URL(page.url()).searchParams.get("q")).toBe("knowledge");
      await cards.first().waitFor();
      expect(await cards.count()).toBe(1);
    });

    test("deploying a server shows its start in the console, which closes when the server runs, and lists its tools", async () => {
      await page.getByRole("link", { name: "Memory" }).click();
      await page.getByText("A restart deletes it.").waitFor();
      await page.getByRole("button", { name: "Deploy" }).click();
      await console().getByRole("log").getByText("Knowledge Graph MCP Server").waitFor();
      await console().waitFor({ state: "detached" });
      await page.getByText("Memory is running").waitFor();
      await heading(/Memory.*Hosted/).waitFor();
      expect(new URL(page.url()).pathname).toBe("/w/demo/servers/memory");
      await page.getByText("create_entities", { exact: true }).first().waitFor();
    });

    test("a real client calls a hosted server through the gateway, and the calls are in the audit log", async () => {
      const entities = [{ name: "Ada", entityType: "person", observations: ["wrote notes"] }];
      await call("create_entities", { entities });
      expect(await call("read_graph", {})).toContain("wrote notes");
      await page.goto("/w/demo/audit?live=true");
      await page.getByRole("row", { name: /create_entities.*Memory.*Succeeded/ }).waitFor();
    });

    test("the page of a hosted server shows its host, size and state, and follows its log", async () => {
      await page.goto("/w/demo/servers");
      await page.getByRole("link", { name: /Memory.*Hosted.*Runs on host-1/ }).click();
      await page.getByRole("tab", { name: "Hosting" }).click();
      await page.getByText("Small: 0.25 CPU, 256 MB").first().waitFor();
      await page.getByText(/^Runningfor \d+ s$/).waitFor();
      await page.getByText("host-1", { exact: true }).waitFor();
      await page
        .getByRole("log")
        .getByText("Knowledge Graph MCP Server running on stdio")
        .waitFor();
      const follow = page.getByRole("button", { name: "Follow" });
      expect(await follow.getAttribute("aria-pressed")).toBe("true");
      expect(await findProblems(page)).toEqual([]);
      await follow.click();
      expect(new URL(page.url()).searchParams.get("follow")).toBe("false");
    });

    test("a restart shows the console and clears the state of the server", async () => {
      await page.getByRole("button", { name: "Restart", exact: true }).click();
      await console().waitFor();
      await console().waitFor({ state: "detached" });
      expect(await call("read_graph", {})).not.toContain("wrote notes");
    });

    test("credentials are entered in masked fields and never shown again", async () => {
      await page.goto("/w/demo/servers/new/github");
      const token = page.getByLabel("Personal access token");
      const masking = token.evaluate((field) =>
        getComputedStyle(field).getPropertyValue("-webkit-text-security"),
      );
      expect(await masking).toBe("disc");
      expect(await page.locator("form textarea, form input").first().getAttribute("name")).toBe(
        "GITHUB_PERSONAL_ACCESS_TOKEN",
      );
      await page.getByRole("button", { name: "Deploy" }).click();
      // The field is required, so the browser blocks the submission.
      expect(new URL(page.url()).pathname).toBe("/w/demo/servers/new/github");
      await page.getByLabel("Short name").fill("hub");
      // Keys in PEM form have several lines.
      const pem = "-----BEGIN KEY-----\nAB==\n-----END KEY-----\n";
      await token.fill(pem);
      expect(await token.inputValue()).toBe(pem);
      await token.fill(CANARY);
      await token.press("Enter");
      await heading(/GitHub.*Hosted/).waitFor();
      await page.getByText("create_issue", { exact: true }).first().waitFor();
      await page.getByRole("tab", { name: "Hosting" }).click();
      const stored = page.getByRole("list", { name: "Stored values" });
      expect(await stored.textContent()).toMatch(/Personal access token.*Set just now/);
      expect(await page.getByLabel("Personal access token").inputValue()).toBe("");
      expect(await page.content()).not.toContain(CANARY);
      expect(responseTexts).toContain("GITHUB_PERSONAL_ACCESS_TOKEN");
      expect(responseTexts).not.toContain(CANARY);
    });

    test("the console of a server that cannot start stays open with the reason, also after a reload", async () => {
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

    test("at the limit of the plan the deploy button is disabled and a notice says what to do", async () => {
      await page.goto("/w/demo/servers/new/everything");
      await page.getByText("uses 3 of 3 hosted servers, the limit of the").waitFor();
      await page.getByText("Terminate a server, or ask the operator to change the plan.").waitFor();
      expect(await page.getByRole("button", { name: "Deploy" }).isDisabled()).toBe(true);
    });

    test("the hosting catalogue shows a warning while no container host is available", async () => {
      await stage.manage("PATCH", "/hosts/host-1", { isDraining: true });
      await page.goto("/w/demo/servers/new?source=catalogue");
      await page.getByText("No container host is available").waitFor();
      await stage.manage("PATCH", "/hosts/host-1", { isDraining: false });
      await page.reload();
      await page.getByRole("list", { name: "Catalogue" }).waitFor();
      expect(await page.getByText("No container host is available").count()).toBe(0);
    });

    test("a member sees a hosted server, not where it runs, and cannot open hosting pages", async () => {
      const { api } = stage.gateway;
      const member = await openBrowserUser(browser, toBaseUrl(api));
      const { url } = await stage.manage("POST", "/workspaces/demo/invitations", {
        name: "Grace",
        role: "member",
      });
      const { pathname, hash } = new URL(url);
      await join(member, pathname + hash, "Grace");
      await member.page.goto("/w/demo/servers");
      const server = member.page.getByRole("link", { name: "Memory" });
      expect(await server.textContent()).not.toMatch(/Hosted|host-1/);
      await server.click();
      await member.page.getByRole("tab", { name: "Health" }).waitFor();
      expect(await member.page.getByRole("tab", { name: "Hosting" }).count()).toBe(0);
      for (const path of [
        "servers/new/memory",
        "servers/new?source=catalogue",
        "servers/hosted/ins_0",
      ]) {
        await member.page.goto(`/w/demo/${path}`);
        await member.page
          .getByRole("heading", { name: "You don’t have access to this page" })
          .waitFor();
      }
      expect(member.problems).toEqual([]);
      await member.close();
    });

    test("a server terminated by typing its short name leaves no container or network on the engine", async () => {
      for (const slug of ["memory", "hub"]) {
        await page.goto(`/w/demo/servers/${slug}?tab=hosting`);
        await terminate(slug);
      }
      await page.getByRole("link", { name: /PostgreSQL/ }).click();
      await terminate("postgres");
      await page.getByText("No servers yet").waitFor();
      await page.getByText("0 of 3 hosted servers used").waitFor();
      expect(await listEngineObjects()).toEqual(before);
    });

    test("using hosted servers does not violate the content security policy", () => {
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
  },
);
