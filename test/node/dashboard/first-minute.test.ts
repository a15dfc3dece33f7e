import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join as joinPath } from "node:path";
import { promisify } from "node:util";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../../scripts/management-client.ts";
import { root } from "../../../scripts/worker-bundle.ts";
import { walkFirstMinute } from "../../first-minute/walk.ts";
import { startEverythingUpstream } from "../../fixtures/everything-upstream.mjs";
import { findProblems } from "./axe.ts";
import { hasChromium, launchChromium, openBrowserUser, type BrowserUser } from "./chromium.ts";
import { join, makeSetupLink, serveDashboard, type ServedDashboard } from "./served-dashboard.ts";

const TIMEOUT_MS = 120_000;
const Configuration = z.object({
  mcpServers: z.record(
    z.string(),
    z.object({ url: z.string(), headers: z.record(z.string(), z.string()) }),
  ),
});
const Tokens = z.object({ items: z.array(z.object({ lastUsedAt: z.number().nullable() })) });
type Server = z.infer<typeof Configuration>["mcpServers"][string];

/** Connects as a client with this configuration does. */
async function connect({ url, headers }: Server): Promise<Client> {
  const client = new Client({ name: "claude-code", version: "9.8.7" });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }),
  );
  return client;
}

/** Each test continues where the previous one ended. */
describe.skipIf(!hasChromium)("the first minute of a member", { timeout: TIMEOUT_MS }, () => {
  let dashboard: ServedDashboard;
  let upstream: { url: string; close: () => void };
  let browser: Browser;
  let owner: BrowserUser;
  let member: BrowserUser;
  let home: string;
  let server: Server;

  beforeAll(async () => {
    [dashboard, upstream, browser, home] = await Promise.all([
      serveDashboard(),
      startEverythingUpstream("streamableHttp"),
      launchChromium(),
      mkdtemp(joinPath(tmpdir(), "mcpnest-first-minute-")),
    ]);
    const { api } = dashboard;
    const workspace = { slug: "acme", name: "Acme", defaultAccess: "open" };
    await manage(api, "POST", "/workspaces", workspace);
    for (let n = 0; n < 6; n++)
      await manage(api, "POST", "/workspaces/acme/servers", {
        slug: `server-${n}`,
        url: upstream.url,
        prefix: `s${n}`,
      });
    owner = await openBrowserUser(browser, dashboard.baseUrl);
    member = await openBrowserUser(browser, dashboard.baseUrl);
    await join(owner, await makeSetupLink(api, "acme"), "Ada");
    await symlink(joinPath(root, "test/fixtures/claude-program.mjs"), joinPath(home, "claude"));
  }, TIMEOUT_MS);

  afterAll(async () => {
    await browser.close();
    upstream.close();
    await dashboard.stop();
    await rm(home, { recursive: true });
  });

  test("an invitation leads to Connect, whose command connects a client, and the page turns green by itself", async () => {
    const runClient = async (copied: string) => {
      const PATH = `${home}:${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`;
      await promisify(execFile)("sh", ["-c", copied], { env: { PATH, HOME: home } });
      const text = await readFile(joinPath(home, ".claude.json"), "utf8");
      const found = Configuration.parse(JSON.parse(text)).mcpServers["acme"];
      if (!found) throw new Error("the command has not added the server");
      server = found;
      const client = await connect(server);
      await member.page.getByText("claude-code 9.8.7 is connected").waitFor();
      await client.callTool({ name: "s0_echo", arguments: { message: "hello" } });
      await client.close();
    };
    const parts = await walkFirstMinute({ owner, member, workspace: "acme", runClient });
    await member.page.getByText("claude-code 9.8.7 works").waitFor();
    const clicks = parts.slice(1).reduce((sum, part) => sum + part.clicks, 0);
    expect(clicks).toBe(5);
    const links = member.page.getByRole("navigation", { name: "Workspace" }).getByRole("link");
    expect((await links.allTextContents())[0]).toBe("Connect");
    expect(await findProblems(member.page)).toEqual([]);
  });

  test("the address is tested from the browser, with the token that was made", async () => {
    const { page } = member;
    await page.getByRole("button", { name: "Test the address from here" }).click();
    await page.getByText(/^The gateway answers this browser with \d+ tools\.$/).waitFor();
    await page.route("**/api/gw/**", (route) => route.abort());
    await page.getByRole("button", { name: "Test the address from here" }).click();
    await page.getByText(/^The gateway does not answer: /).waitFor();
    await page.unroute("**/api/gw/**");
  });

  test("a token that was used before is shown with its last use, and the page does not ask for a first call", async () => {
    const { api } = dashboard;
    const isUsed = async () => {
      const { items } = Tokens.parse(await manage(api, "GET", "/workspaces/acme/tokens"));
      return items.some(({ lastUsedAt }) => lastUsedAt !== null);
    };
    await expect.poll(isUsed, { timeout: 20_000 }).toBe(true);
    // The Workspace object forgets the first call.
    await dashboard.pause();
    await dashboard.resume();
    const page = await member.page.context().newPage();
    let questions = 0;
    page.on("request", (request) => (questions += Number(request.url().endsWith("/connection"))));
    await page.clock.install();
    await page.goto(member.page.url());
    await page.getByRole("status", { name: "Connection" }).getByText("Last used").waitFor();
    await page.clock.runFor(20_000);
    expect(questions).toBe(1);
    await page.close();
  });

  test("after a reload the token is known, its value is not, and a new value replaces it", async () => {
    const { page } = member;
    const value = server.headers["Authorization"]?.replace("Bearer ", "") ?? "";
    expect(await page.content()).toContain(value);
    await page.reload();
    await page.getByText("You have the token “Claude Code on Linux” already").waitFor();
    await page
      .getByText("Claude Code works", { exact: false })
      .or(page.getByText("claude-code 9.8.7 works"))
      .waitFor();
    expect(await page.content()).not.toContain(value);
    await page.getByRole("button", { name: "Copy command with a placeholder" }).first().waitFor();
    await page.getByRole("button", { name: "Show a new value" }).click();
    await page.getByRole("button", { name: "Replace the value" }).click();
    await page.getByText("Waiting for the first call").waitFor();
    await expect(connect(server)).rejects.toThrow("Unauthorized");
    expect(await page.getByLabel("command").first().textContent()).not.toContain("<your token>");
  });

  test("a client with a limit gets the suggested tools, and others that are chosen later", async () => {
    const { page } = member;
    await page.getByRole("radio", { name: "Cursor" }).click();
    await page.getByText("Cursor takes at most 80 tools").waitFor();
    await page
      .getByText("Suggestion: server-0, which you call most, and 4 more servers that fit.")
      .waitFor();
    await page.getByRole("button", { name: "Use 80 suggested tools" }).click();
    await page.getByText("80 of 96 tools").waitFor();
    await page.getByRole("button", { name: "Create token" }).click();
    const text = await page.getByLabel("Cursor configuration").first().textContent();
    const cursor = Configuration.parse(JSON.parse(text ?? "")).mcpServers["acme"];
    if (!cursor) throw new Error("the configuration has no server");
    const client = await connect(cursor);
    const listServers = async () => {
      const { tools } = await client.listTools();
      return [...new Set(tools.map(({ name }) => name.split("_")[0]))];
    };
    expect(await listServers()).toEqual(["s0", "s1", "s2", "s3", "s4"]);
    await page.getByRole("button", { name: "Choose tools" }).click();
    const dialog = page.getByRole("dialog", { name: "Tools of this connection" });
    expect(await findProblems(page)).toEqual([]);
    for (const n of [0, 1, 2, 3])
      await dialog.getByRole("checkbox", { name: `All tools of server-${n}` }).click();
    await dialog.getByRole("checkbox", { name: "s4_echo" }).click();
    await dialog.getByRole("checkbox", { name: "s0_get-sum" }).click();
    await dialog.getByText("16 of 96 chosen; the client takes at most 80").waitFor();
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByText("16 of 96 tools").waitFor();
    expect(await listServers()).toEqual(["s0", "s4"]);
    await client.close();
  });

  test("a new token comes with its value, also while other parts of the page still load", async () => {
    const { page } = member;
    await page.getByRole("radio", { name: "VS Code" }).click();
    await page.getByText("All 96 tools that you may use").waitFor();
    const loading = Promise.withResolvers<undefined>();
    await page.route("**/me/tools", async (route) => {
      await loading.promise;
      await route.continue();
    });
    await page.getByRole("button", { name: "Create token" }).click();
    await page.getByLabel("token to paste", { exact: true }).waitFor();
    loading.resolve(undefined);
    await page.unrouteAll({ behavior: "wait" });
  });

  test("the extension for Claude Desktop is a download without the token", async () => {
    const { page } = member;
    await page.getByRole("radio", { name: "Claude Desktop" }).click();
    await page.getByRole("button", { name: "Create token" }).click();
    const value = await page.getByLabel("token to paste", { exact: true }).textContent();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download the extension" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("mcpnest-acme.mcpb");
    const bytes = await readFile(await download.path(), "latin1");
    expect(bytes.startsWith("PK\u0003\u0004")).toBe(true);
    expect(value).toMatch(/^mng_[0-9a-f]{48}$/);
    expect(bytes).not.toContain(value);
  });

  test("a member whose client has called comes to the overview the next time, a new one to Connect", async () => {
    await member.page.goto("/");
    await member.page.getByRole("heading", { name: "Your calls" }).waitFor();
    const { api } = dashboard;
    const invited = { name: "Joan", role: "member" };
    const { url } = z
      .object({ url: z.string() })
      .parse(await manage(api, "POST", "/workspaces/acme/invitations", invited));
    const joan = await openBrowserUser(browser, dashboard.baseUrl, { width: 375 });
    await join(joan, new URL(url).pathname + new URL(url).hash, "Joan");
    await joan.page.goto("/");
    await joan.page.getByRole("heading", { name: "Connect", exact: true }).waitFor();
    expect(joan.problems).toEqual([]);
    await joan.close();
  });

  test("the page violates no rule of the content security policy", () => {
    expect(owner.problems).toEqual([]);
    expect(member.problems).toEqual([]);
  });
});
