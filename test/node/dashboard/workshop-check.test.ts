import { mkdir } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manage } from "../../../scripts/management-client.ts";
import { findProblems } from "./axe.ts";
import { hasChromium, launchChromium, openBrowserUser } from "./chromium.ts";
import { join, makeSetupLink, serveDashboard, type ServedDashboard } from "./served-dashboard.ts";

const TIMEOUT_MS = 120_000;
const SECRET = "s4-9fKq27xTzVb1";
const FILE = `{
  // Mine
  "mcpServers": {
    "files": { "command": "npx", "args": "-y @acme/files", "env": { "KEY": "${SECRET}" } },
    "docs": { "httpUrl": "https://127.0.0.1:9/mcp?key=${SECRET}" }
  }
}
`;

describe.skipIf(!hasChromium)("the check of a configuration", { timeout: TIMEOUT_MS }, () => {
  let dashboard: ServedDashboard;
  let browser: Browser;
  let page: Page;
  const sent: string[] = [];

  beforeAll(async () => {
    [dashboard, browser] = await Promise.all([serveDashboard(), launchChromium()]);
    ({ page } = await openBrowserUser(browser, dashboard.baseUrl));
    page.on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""}`));
    await page.goto("/workshop/check");
    await page.getByRole("heading", { name: "Check a configuration" }).waitFor();
  }, TIMEOUT_MS);

  afterAll(async () => {
    await browser.close();
    await dashboard.stop();
  });

  const field = () => page.getByLabel("Configuration", { exact: true });
  const findings = () => page.getByRole("list", { name: "Findings" });
  const choose = async (label: string, option: string) => {
    await page.getByRole("combobox", { name: label }).click();
    await page.getByRole("option", { name: option, exact: true }).click();
  };
  const shoot = async (name: string) => {
    const folder = process.env["MCPNEST_SCREENSHOTS"];
    if (folder === undefined) return;
    await mkdir(folder, { recursive: true });
    for (const colorScheme of ["light", "dark"] as const)
      for (const width of [1280, 375]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        await page.screenshot({
          path: `${folder}/${name}-${width}-${colorScheme}.png`,
          fullPage: true,
        });
      }
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1280, height: 900 });
  };

  test("names what the client does not understand, with its line, and cures it", async () => {
    await field().fill(FILE);
    await page.getByRole("button", { name: "Check", exact: true }).click();
    await page
      .getByText(/^2 servers, read as the file of|^1 server, read as the file of/)
      .waitFor();
    await choose("Client of the file", "Cursor");
    await page.getByText(/read as the file of Cursor/).waitFor();
    await findings().getByText("The arguments are one text.").waitFor();
    await findings()
      .getByText(/^Line 4\. /)
      .waitFor();
    await shoot("check");
    expect(await findProblems(page)).toEqual([]);
    await page.getByRole("button", { name: "Write it as a list" }).click();
    await findings().getByText("The arguments are one text.").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Rename it to “url”" }).click();
    await page.getByRole("button", { name: "Remove the comments" }).click();
    await page.getByText("The client understands all of this file.").waitFor();
    const text = await field().inputValue();
    expect(JSON.parse(text)).toEqual({
      mcpServers: {
        files: { command: "npx", args: ["-y", "@acme/files"], env: { KEY: SECRET } },
        docs: { url: `https://127.0.0.1:9/mcp?key=${SECRET}` },
      },
    });
  });

  test("writes the file of another client, and says what that cannot say", async () => {
    await choose("Convert to", "Claude Desktop");
    await page.getByText("mcp-remote").first().waitFor();
    await choose("Convert to", "Codex");
    await page.getByText("[mcp_servers.files]").waitFor();
    await shoot("convert");
    expect(await findProblems(page)).toEqual([]);
  });

  test("asks addresses when the person wants it, and never sends a value of the file", async () => {
    await page.getByText("Sign in to have this gateway make a handshake").waitFor();
    const ada = await openBrowserUser(browser, dashboard.baseUrl);
    await manage(dashboard.api, "POST", "/workspaces", { slug: "demo", name: "Demo" });
    await join(ada, await makeSetupLink(dashboard.api, "demo"), "Ada");
    ada.page.on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""}`));
    await ada.page.goto("/workshop/check");
    await ada.page
      .getByLabel("Configuration", { exact: true })
      .fill(FILE.replace("httpUrl", "url"));
    await ada.page.getByRole("button", { name: "Check", exact: true }).click();
    await ada.page.getByRole("button", { name: "Check endpoints" }).click();
    await ada.page
      .getByRole("list", { name: "Addresses" })
      .getByText(/Not asked|No MCP server|Answers|Wants a sign-in/)
      .waitFor();
    await ada.page.close();
    const bodies = sent.join("\n");
    expect(bodies).toContain("/api/workshop/entries");
    expect(bodies).toContain("https://127.0.0.1:9/mcp");
    expect(bodies).not.toContain(SECRET);
  });

  test("checks a server.json as one, and cures it", async () => {
    await field().fill(
      '{"name": "com.example/x", "version": "1.0.0", "description": "X", "remotes": []}',
    );
    await page.getByRole("button", { name: "Check", exact: true }).click();
    await page.getByText("Read as server.json.").waitFor();
    await page.getByRole("button", { name: "Declare the schema 2025-12-11" }).click();
    await findings().getByText("does not declare its schema").waitFor({ state: "detached" });
    expect(await field().inputValue()).toContain("2025-12-11/server.schema.json");
  });
});
