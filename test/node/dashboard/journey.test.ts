import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../../scripts/management-client.ts";
import { connectV2 } from "../../fixtures/clients.ts";
import { startEverythingUpstream } from "../../fixtures/everything-upstream.mjs";
import { hasChromium, launchChromium, openBrowserUser, type BrowserUser } from "./chromium.ts";
import {
  join,
  makeSetupLink,
  serveDashboard,
  toPath,
  type ServedDashboard,
} from "./served-dashboard.ts";

const TIMEOUT_MS = 60_000;
const Member = z.object({ id: z.string(), rules: z.array(z.string()) });
const Members = z.object({ items: z.array(Member) });

/** From an empty server to a refused call. Each test continues where the previous one ended. */
describe.skipIf(!hasChromium)(
  "first use of the dashboard by an owner and a member",
  { timeout: TIMEOUT_MS },
  () => {
    let dashboard: ServedDashboard;
    let upstream: { url: string; close: () => void };
    let browser: Browser;
    let owner: BrowserUser;
    let member: BrowserUser;
    let invitation: string;
    let token: string;

    beforeAll(async () => {
      [dashboard, upstream, browser] = await Promise.all([
        serveDashboard(),
        startEverythingUpstream("streamableHttp"),
        launchChromium(),
      ]);
      owner = await openBrowserUser(browser, dashboard.baseUrl);
      member = await openBrowserUser(browser, dashboard.baseUrl);
    }, TIMEOUT_MS);

    afterAll(async () => {
      await browser.close();
      upstream.close();
      await dashboard.stop();
    });

    const call = async () => {
      const client = await connectV2(
        { gatewayUrl: `${dashboard.api.apiUrl}/gw/data-team`, token },
        "auto",
      );
      try {
        return await client.call("ev_echo", { message: "hello" });
      } finally {
        await client.close();
      }
    };

    test("a visitor without a link reads how to become the first owner", async () => {
      const { page } = owner;
      await page.goto("/");
      await page.getByText("There are no accounts yet.").waitFor();
      expect(new URL(page.url()).pathname).toBe("/sign-in");
    });

    test("the first owner joins through the setup link with a passkey, and the secret disappears from the URL", async () => {
      const { page } = owner;
      await join(owner, await makeSetupLink(dashboard.api), "Ada");
      expect(page.url()).not.toContain("#");
      await page.getByRole("button", { name: "Create recovery codes" }).click();
      await page.getByText("They are shown only once.").waitFor();
      expect(await page.getByRole("button", { name: "Copy codes" }).isVisible()).toBe(true);
    });

    test("an owner creates a workspace", async () => {
      const { page } = owner;
      await page.getByRole("link", { name: "Continue" }).click();
      await page.getByLabel("Name", { exact: true }).fill("Data team");
      await page.getByRole("button", { name: "Create workspace" }).click();
      await page.getByRole("heading", { name: "Data team" }).waitFor();
      expect(new URL(page.url()).pathname).toBe("/w/data-team");
    });

    test("an owner tests the connection to a server, adds it and sees its tools", async () => {
      const { page } = owner;
      await page.getByRole("link", { name: "Add a server" }).click();
      await page.getByLabel("URL", { exact: true }).fill(upstream.url);
      await page.getByLabel("Short name").fill("everything");
      await page.getByLabel("Tool prefix").fill("ev");
      await page.getByRole("button", { name: "Test connection" }).click();
      await page.getByText(/^Connected in .*: 1\d tools/).waitFor();
      await page.getByText("2025-11-25", { exact: true }).waitFor();
      await page.getByRole("button", { name: "Add server" }).click();
      await page.getByRole("heading", { name: /everything/, level: 1 }).waitFor();
      await page.getByText("ev_echo", { exact: true }).waitFor();
    });

    test("an owner invites a member and receives an invitation link", async () => {
      const { page } = owner;
      await page.getByRole("link", { name: "People" }).click();
      await page.getByRole("button", { name: "Invite people" }).click();
      await page.getByLabel("Name", { exact: true }).fill("Grace");
      await page.getByRole("button", { name: "Create link" }).click();
      invitation = (await page.getByLabel("invitation link", { exact: true }).textContent()) ?? "";
      expect(invitation).toContain("/join#");
      await page.getByRole("button", { name: "Done" }).click();
      await page.getByText("Invited", { exact: true }).waitFor();
    });

    test("an owner allows a new server to all members but auditors with one click", async () => {
      const { page } = owner;
      const members = "/workspaces/data-team/members";
      const input = { name: "Rosa", role: "auditor" };
      const auditor = Member.parse(await manage(dashboard.api, "POST", members, input));
      await page.goto("/w/data-team/servers/everything");
      await page.getByText("No member can use everything yet.").waitFor();
      await page.getByRole("button", { name: "Allow 2 members" }).click();
      await page.getByText("Rules saved for 2 members").waitFor();
      await page.getByText("No member can use everything yet.").waitFor({ state: "detached" });
      const { items } = Members.parse(await manage(dashboard.api, "GET", members));
      expect(items.filter(({ rules }) => rules.length === 0)).toMatchObject([{ id: auditor.id }]);
      await manage(dashboard.api, "DELETE", `${members}/${auditor.id}`);
    });

    test("a member joins through the invitation link and cannot open admin pages", async () => {
      const { page } = member;
      await join(member, toPath(invitation), "Grace");
      await page.getByRole("link", { name: "Continue" }).click();
      await page.getByRole("heading", { name: "Data team" }).waitFor();
      const links = await page
        .getByRole("navigation", { name: "Workspace" })
        .getByRole("link")
        .allTextContents();
      expect(links).toEqual([
        "Connect",
        "My access",
        "Requests",
        "Try a tool",
        "Tokens",
        "Your accounts",
        "Overview",
        "Audit log",
        "Servers",
      ]);
      await page.goto("/w/data-team/members");
      await page.getByRole("heading", { name: "You don’t have access to this page" }).waitFor();
    });

    test("an invitation link works only once", async () => {
      const other = await openBrowserUser(browser, dashboard.baseUrl);
      await other.page.goto(toPath(invitation));
      await other.page.getByRole("heading", { name: "This link does not work" }).waitFor();
      await other.close();
    });

    test("a member creates a token, sees the connection instructions once, and calls a tool with a real client", async () => {
      const { page } = member;
      await page.goto("/w/data-team/tokens");
      await page.getByRole("button", { name: "Create token" }).click();
      await page.getByLabel("Label", { exact: true }).fill("my laptop");
      await page
        .getByRole("dialog", { name: "Create token" })
        .getByRole("button", { name: "Create token" })
        .click();
      token = (await page.getByLabel("token", { exact: true }).textContent()) ?? "";
      expect(token).toMatch(/^mng_[0-9a-f]{48}$/);
      await page.getByRole("combobox", { name: "Client" }).click();
      await page.getByRole("option", { name: "Cursor" }).click();
      await page.getByText("With an install link").click();
      const link =
        (await page.getByRole("link", { name: "Add to Cursor" }).getAttribute("href")) ?? "";
      expect(decodeURIComponent(link)).not.toContain(token);
      await page.getByRole("button", { name: "Done" }).click();
      expect(await page.content()).not.toContain(token);
      expect(await call()).toContain("hello");
    });

    test("before enforcing rules, an owner sees which members lose which tools and how often they called them", async () => {
      const { page } = owner;
      await page.goto("/w/data-team/audit?live=true");
      await page.getByRole("row", { name: /echo.*everything.*Grace.*Succeeded/ }).waitFor();
      await page.goto("/w/data-team/access");
      await page.getByRole("switch", { name: "Enforce rules" }).click();
      await page.getByRole("button", { name: "Stop enforcing rules" }).click();
      await page
        .getByText(/^Everybody but auditors and suspended people can call every tool/)
        .waitFor();
      await page.getByRole("button", { name: "Add rules for Grace" }).click();
      await page.getByRole("combobox", { name: "Servers and tools" }).fill("get-sum");
      await page.getByRole("option", { name: "everything:get-sum" }).click();
      await page.keyboard.press("Tab");
      await page.getByRole("button", { name: "Add 1 rule" }).click();
      const rules = page.getByRole("list", { name: "Rules of Grace" });
      await rules.getByRole("button", { name: "Remove rule everything:get-sum" }).waitFor();
      await rules.getByRole("button", { name: "Remove rule everything:*" }).click();

      await page.getByRole("switch", { name: "Enforce rules" }).click();
      const affected = page.getByRole("list", { name: "Affected members" });
      await affected.getByText(/^Loses 1\d tools$/).waitFor();
      await affected.getByText("everything:echo").waitFor();
      await affected.getByText("1 call in 30 days").waitFor();
      await page.getByRole("button", { name: "Enforce rules", exact: true }).click();
      await page.getByText("Members can call only the tools that their rules allow.").waitFor();
    });

    test("a refused call appears in the live audit log without a reload", async () => {
      const { page } = owner;
      await page.goto("/w/data-team/audit?status=blocked");
      await page.getByText("No calls found", { exact: true }).waitFor();
      await page.getByRole("button", { name: "Live" }).click();
      await page.getByText("Waiting for new calls…").waitFor();
      await expect(call()).rejects.toThrow("Tool not allowed");
      const row = page.getByRole("row", { name: /Refused/ });
      await row.waitFor();
      expect(await row.textContent()).toMatch(/echo.*everything.*Grace.*Refused/);
      await row.getByRole("button").press("Enter");
      await page.getByRole("dialog", { name: "Call details" }).getByText("tools/call").waitFor();
      await page.keyboard.press("Escape");
    });

    test("a member sees only their own calls", async () => {
      const { page } = member;
      await page.goto("/w/data-team/audit");
      await page.getByRole("heading", { name: "Your calls" }).waitFor();
      await page.getByRole("row", { name: /Refused/ }).waitFor();
      expect(await page.getByRole("button", { name: "Export" }).count()).toBe(0);
      await page.goto("/w/data-team");
      await page.getByRole("heading", { name: "Your calls" }).waitFor();
      await page.getByRole("figure", { name: "Calls", exact: true }).waitFor();
    });

    test("a member reads nothing about a server’s credential", async () => {
      const { page } = member;
      await page.goto("/w/data-team/servers/everything");
      await page.getByText("Protocol", { exact: true }).waitFor();
      expect(await page.getByText("Credential").count()).toBe(0);
    });

    test("a revoked token is refused on the next request", async () => {
      const { page } = owner;
      await page.goto("/w/data-team/tokens?view=all");
      await page.getByRole("button", { name: "Actions for my laptop" }).click();
      await page.getByRole("menuitem", { name: "Revoke…" }).click();
      await page
        .getByRole("dialog", { name: "Revoke" })
        .getByRole("button", { name: "Revoke" })
        .click();
      await page.getByText("“my laptop” revoked").waitFor();
      await expect(call()).rejects.toThrow("401");
      await page.getByText("No tokens", { exact: true }).waitFor();
    });

    test("a table of tokens advises to create one only if no search or filter hides others", async () => {
      const { page } = owner;
      const advice = page.getByText("Create a token for each client that you connect, or sign in");
      await page.goto("/w/data-team/tokens?view=mine");
      await advice.waitFor();
      await page.getByRole("searchbox", { name: "Search by label" }).fill("nothing");
      await page.getByText("No matching tokens").waitFor();
      expect(await advice.count()).toBe(0);
      await page.goto("/w/data-team/tokens?view=mine&state=inactive");
      await page.getByText("No revoked or expired tokens").waitFor();
      expect(await advice.count()).toBe(0);
    });

    test("an owner signs out and signs in again with the passkey", async () => {
      const { page } = owner;
      await page.goto("/w/data-team/members");
      await page.getByRole("button", { name: "Ada", exact: true }).click();
      await page.getByRole("menuitem", { name: "Sign out" }).click();
      await page.getByRole("button", { name: "Sign in with a passkey" }).waitFor();
      await page.goto("/w/data-team/members");
      await page.getByRole("button", { name: "Sign in with a passkey" }).click();
      await page.getByRole("heading", { name: "People" }).waitFor();
    });

    test("a removed member can no longer open the workspace", async () => {
      await owner.page.getByRole("button", { name: "Actions for Grace" }).click();
      await owner.page.getByRole("menuitem", { name: "Remove member" }).click();
      await owner.page
        .getByRole("dialog", { name: "Remove Grace?" })
        .getByRole("button", { name: "Remove member" })
        .click();
      await owner.page.getByText("Grace removed").waitFor();
      await member.page.goto("/w/data-team");
      await member.page.getByRole("heading", { name: "Workspace not found" }).waitFor();
    });

    test("the first use of the dashboard does not violate the content security policy", async () => {
      expect(owner.problems).toEqual([]);
      expect(member.problems).toEqual([]);
      // Proves that violations are counted: the policy blocks this style element.
      await owner.page.evaluate(() => {
        const style = document.createElement("style");
        style.textContent = "body { color: red }";
        document.head.append(style);
      });
      await expect.poll(() => owner.problems.length).toBe(1);
    });
  },
);
