import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectV2 } from "../../fixtures/clients.ts";
import { startEverythingUpstream } from "../../fixtures/everything-upstream.mjs";
import { hasChromium, launchChromium, openPerson, type Person } from "./chromium.ts";
import {
  join,
  makeSetupLink,
  serveDashboard,
  toPath,
  type ServedDashboard,
} from "./served-dashboard.ts";

const TIMEOUT_MS = 60_000;

/** From an empty server to a refused call. Each step goes on where the one before it ended. */
describe.skipIf(!hasChromium)("a team's first day, in the browser", { timeout: TIMEOUT_MS }, () => {
  let dashboard: ServedDashboard;
  let upstream: { url: string; close: () => void };
  let browser: Browser;
  let owner: Person;
  let member: Person;
  let invitation: string;
  let token: string;

  beforeAll(async () => {
    [dashboard, upstream, browser] = await Promise.all([
      serveDashboard(),
      startEverythingUpstream("streamableHttp"),
      launchChromium(),
    ]);
    owner = await openPerson(browser, dashboard.baseUrl);
    member = await openPerson(browser, dashboard.baseUrl);
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

  test("whoever comes without a link is told how the first owner is made", async () => {
    const { page } = owner;
    await page.goto("/");
    await page.getByText("Nobody has an account yet.").waitFor();
    expect(new URL(page.url()).pathname).toBe("/sign-in");
  });

  test("the setup link makes the first owner, with a passkey, and its secret leaves the address", async () => {
    const { page } = owner;
    await join(owner, await makeSetupLink(dashboard.api), "Ada");
    expect(page.url()).not.toContain("#");
    await page.getByRole("button", { name: "Make recovery codes" }).click();
    await page.getByText("They are shown this once").waitFor();
    expect(await page.getByRole("button", { name: "Copy codes" }).isVisible()).toBe(true);
  });

  test("the owner creates a workspace", async () => {
    const { page } = owner;
    await page.getByRole("link", { name: "Continue" }).click();
    await page.getByLabel("Name").fill("Data team");
    await page.getByRole("button", { name: "Create workspace" }).click();
    await page.getByRole("heading", { name: "Data team" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/w/data-team");
  });

  test("a server is looked at before it is added, and its tools are shown", async () => {
    const { page } = owner;
    await page.getByRole("link", { name: "Add a server" }).click();
    await page.getByLabel("URL", { exact: true }).fill(upstream.url);
    await page.getByLabel("Short name").fill("everything");
    await page.getByLabel("Tool prefix").fill("ev");
    await page.getByRole("button", { name: "Test connection" }).click();
    await page.getByText(/^Connected in .*: 1\d tools/).waitFor();
    await page.getByText("Streamable HTTP", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Add server" }).click();
    await page.getByRole("heading", { name: /everything/ }).waitFor();
    await page.getByText("ev_echo", { exact: true }).waitFor();
  });

  test("the owner invites a member and gets a link that is shown once", async () => {
    const { page } = owner;
    await page.getByRole("link", { name: "People" }).click();
    await page.getByRole("button", { name: "Invite" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Grace");
    await page.getByRole("button", { name: "Make link" }).click();
    invitation = (await page.getByLabel("invitation link", { exact: true }).textContent()) ?? "";
    expect(invitation).toContain("/join#");
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByText("cannot sign in yet").waitFor();
  });

  test("the member joins in a browser of their own and sees no page of the admins", async () => {
    const { page } = member;
    await join(member, toPath(invitation), "Grace");
    await page.getByRole("link", { name: "Continue" }).click();
    await page.getByRole("heading", { name: "Data team" }).waitFor();
    const links = await page
      .getByRole("navigation", { name: "Workspace" })
      .getByRole("link")
      .allTextContents();
    expect(links).toEqual(["Overview", "Servers", "Try a tool", "Tokens", "Audit log"]);
    await page.goto("/w/data-team/people");
    await page.getByText("You have no access to this page").waitFor();
  });

  test("an invitation works once", async () => {
    const other = await openPerson(browser, dashboard.baseUrl);
    await other.page.goto(toPath(invitation));
    await other.page.getByRole("heading", { name: "This link does not work" }).waitFor();
    await other.close();
  });

  test("the member makes a token, which is shown with how to connect, and a real client calls a tool with it", async () => {
    const { page } = member;
    await page.goto("/w/data-team/tokens");
    await page.getByRole("button", { name: "Create token" }).click();
    await page.getByLabel("Label", { exact: true }).fill("my laptop");
    await page
      .getByRole("dialog", { name: "Create a token" })
      .getByRole("button", { name: "Create token" })
      .click();
    token = (await page.getByLabel("token", { exact: true }).textContent()) ?? "";
    expect(token).toMatch(/^mng_[0-9a-f]{48}$/);
    await page.getByRole("tab", { name: "Cursor" }).click();
    const link =
      (await page.getByRole("link", { name: "Add to Cursor" }).getAttribute("href")) ?? "";
    expect(decodeURIComponent(link)).not.toContain(token);
    await page.getByRole("button", { name: "Done" }).click();
    expect(await page.content()).not.toContain(token);
    expect(await call()).toContain("hello");
  });

  test("before rules are enforced, the owner sees who would lose which tool, and how often it was called", async () => {
    const { page } = owner;
    await page.goto("/w/data-team/audit?live=true");
    await page.getByRole("row", { name: /echo.*everything.*Grace.*Succeeded/ }).waitFor();
    await page.goto("/w/data-team/access");
    await page.getByRole("switch", { name: "Enforce rules" }).click();
    await page.getByRole("button", { name: "Stop enforcing" }).click();
    await page.getByText("Everybody calls everything").waitFor();
    await page.getByRole("button", { name: "Add rules for Grace" }).click();
    await page.getByRole("combobox", { name: "Servers and tools" }).fill("get-sum");
    await page.getByRole("option", { name: "everything:get-sum" }).click();
    await page.keyboard.press("Tab");
    await page.getByRole("button", { name: "Add 1 rule" }).click();
    await page.getByRole("button", { name: "Remove rule everything:get-sum" }).waitFor();

    await page.getByRole("switch", { name: "Enforce rules" }).click();
    const affected = page.getByRole("list", { name: "People for whom something changes" });
    await affected.getByText(/^loses 1\d tools$/).waitFor();
    await affected.getByText("everything:echo").waitFor();
    await affected.getByText("1 call in 30 days").waitFor();
    await page.getByRole("button", { name: "Enforce", exact: true }).click();
    await page.getByText("People call what their rules name").waitFor();
  });

  test("a refused call appears in the live audit log without a reload", async () => {
    const { page } = owner;
    await page.goto("/w/data-team/audit?status=blocked");
    await page.getByText("No calls", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Live" }).click();
    await page.getByText("Waiting for the first one").waitFor();
    await expect(call()).rejects.toThrow("Tool not allowed");
    const row = page.getByRole("row", { name: /Blocked/ });
    await row.waitFor();
    expect(await row.textContent()).toMatch(/echo.*everything.*Grace.*Blocked/);
    await row.getByRole("button").press("Enter");
    await page.getByRole("dialog", { name: "Call" }).getByText("tools/call").waitFor();
    await page.keyboard.press("Escape");
  });

  test("the member sees only their own calls", async () => {
    const { page } = member;
    await page.goto("/w/data-team/audit");
    await page.getByRole("heading", { name: "Your calls" }).waitFor();
    await page.getByRole("row", { name: /Blocked/ }).waitFor();
    expect(await page.getByRole("button", { name: "Export" }).count()).toBe(0);
    await page.goto("/w/data-team");
    await page.getByRole("heading", { name: "Your calls" }).waitFor();
    await page.getByRole("img", { name: /^Calls over time/ }).waitFor();
  });

  test("a revoked token is refused on the next request", async () => {
    const { page } = owner;
    await page.goto("/w/data-team/tokens?of=all");
    await page.getByRole("button", { name: "Revoke my laptop" }).click();
    await page
      .getByRole("dialog", { name: "Revoke" })
      .getByRole("button", { name: "Revoke" })
      .click();
    await page.getByText("“my laptop” revoked").waitFor();
    await expect(call()).rejects.toThrow("401");
    await page.getByText("No tokens here").waitFor();
  });

  test("signing out ends the session, and the passkey opens a new one", async () => {
    const { page } = owner;
    await page.goto("/w/data-team/people");
    await page.getByRole("button", { name: "Ada" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Sign in with a passkey" }).waitFor();
    await page.goto("/w/data-team/people");
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByRole("heading", { name: "People" }).waitFor();
  });

  test("removing the member ends what the member could do", async () => {
    await owner.page.getByRole("button", { name: "More about Grace" }).click();
    await owner.page.getByRole("menuitem", { name: "Remove" }).click();
    await owner.page
      .getByRole("dialog", { name: "Remove Grace?" })
      .getByRole("button", { name: "Remove" })
      .click();
    await owner.page.getByText("Grace removed").waitFor();
    await member.page.goto("/w/data-team");
    await member.page.getByText("There is no such page").waitFor();
  });

  test("all of it broke no rule of the content security policy", async () => {
    expect(owner.problems).toEqual([]);
    expect(member.problems).toEqual([]);
    // The counter counts: the policy refuses this one.
    await owner.page.evaluate(() => {
      const style = document.createElement("style");
      style.textContent = "body { color: red }";
      document.head.append(style);
    });
    await expect.poll(() => owner.problems.length).toBe(1);
  });
});
