import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../../scripts/management-client.ts";
import { startEverythingUpstream } from "../../fixtures/everything-upstream.mjs";
import { startWorkloadIssuer } from "../../fixtures/workload-issuer.ts";
import { findProblems } from "./axe.ts";
import { hasChromium, openBrowserUser } from "./chromium.ts";
import { join, toPath, type ServedDashboard } from "./served-dashboard.ts";
import { openStage, type Stage } from "./stage.ts";

const TIMEOUT_MS = 90_000;
const Invited = z.object({ url: z.string(), invitation: z.object({ memberId: z.string() }) });
const Created = z.object({ token: z.string() });
const Exchanged = z.object({ access_token: z.string() });
/** An operation of the upstream that takes longer than a test. */
const LONG_CALL = {
  name: "trigger-long-running-operation",
  arguments: { duration: 60, steps: 60 },
};

describe.skipIf(!hasChromium)("people in the dashboard", { timeout: TIMEOUT_MS }, () => {
  let stage: Stage;
  let dashboard: ServedDashboard;
  let upstream: { url: string; close: () => void };
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    upstream = await startEverythingUpstream("streamableHttp");
    stage = await openStage("acme", async ({ api }) => {
      const workspace = { slug: "acme", name: "Acme", defaultAccess: "open" };
      await manage(api, "POST", "/workspaces", workspace);
      await manage(api, "POST", "/workspaces/acme/servers", { slug: "ev", url: upstream.url });
    });
    ({ dashboard, browser, page } = stage);
  }, TIMEOUT_MS);

  afterAll(async () => {
    await stage.close();
    upstream.close();
  });

  const invite = async (name: string, role: string) =>
    Invited.parse(
      await manage(dashboard.api, "POST", "/workspaces/acme/invitations", { name, role }),
    );
  const connect = async (memberId: string) => {
    const input = { label: "laptop", memberId };
    const { token } = Created.parse(
      await manage(dashboard.api, "POST", "/workspaces/acme/tokens", input),
    );
    const client = new Client({ name: "tester", version: "1.0.0" });
    const headers = { authorization: `Bearer ${token}` };
    const url = new URL(dashboard.api.apiUrl.replace(/\/api$/, "/api/gw/acme"));
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
    return client;
  };

  test("pasted addresses become invitations, each with another link, and what is wrong is shown before", async () => {
    await page.goto("/w/acme/members");
    await page.getByRole("button", { name: "Invite people" }).click();
    await page.getByRole("tab", { name: "Several people" }).click();
    const list = page.getByRole("textbox", { name: "People" });
    await list.fill(
      '"Hopper, Grace" <grace@x.org>, linus@x.org; nonsense\nLINUS@x.org\n\u202eeve@x.org',
    );
    await page.getByText("2 people to invite, 3 left out").waitFor();
    await page.getByText("“nonsense” has no e-mail address").waitFor();
    await page.getByText("“\\u{202e}eve@x.org” has hidden characters: U+202E").waitFor();
    await page.getByText("“LINUS@x.org” is in the list twice").waitFor();
    expect(await findProblems(page)).toEqual([]);
    await page.getByRole("button", { name: "Create 2 links" }).click();
    const links = page.getByRole("list", { name: "Invitation links" });
    await links.waitFor();
    const urls = await links.getByText(/\/join#/).allTextContents();
    expect(new Set(urls).size).toBe(2);
    await page.getByRole("button", { name: "Done" }).click();
    const row = page.getByRole("row").filter({ hasText: "Hopper, Grace" });
    await row.getByText("Invited", { exact: true }).waitFor();
    const grace = await openBrowserUser(browser, dashboard.baseUrl);
    await join(grace, toPath(urls[0] ?? ""), "Grace");
    await grace.close();
  });

  test("a suspension ends the running call of a person, and lifting it lets the person call again", async () => {
    const { url, invitation } = await invite("Vic", "member");
    const vic = await openBrowserUser(browser, dashboard.baseUrl);
    await join(vic, toPath(url), "Vic");
    const client = await connect(invitation.memberId);
    const reason = client.callTool(LONG_CALL).then(
      () => "the call has ended",
      (error: unknown) => String(error),
    );
    await page.goto("/w/acme/members?q=vic");
    await page.getByRole("button", { name: "Actions for Vic" }).click();
    await page.getByRole("menuitem", { name: "Suspend…" }).click();
    const dialog = page.getByRole("dialog", { name: "Suspend Vic?" });
    await dialog.getByRole("button", { name: "Suspend" }).click();
    await page.getByText("Vic suspended").waitFor();
    expect(await reason).toContain("Your access to this workspace is suspended");
    await expect(client.callTool({ name: "echo", arguments: { message: "a" } })).rejects.toThrow(
      /An owner or admin of the workspace can lift the suspension/,
    );
    await vic.page.goto("/w/acme/tokens");
    await vic.page.getByRole("heading", { name: "Your access is suspended" }).waitFor();
    await page.goto("/w/acme/stop");
    await page.getByRole("button", { name: "Lift the suspension of Vic" }).click();
    await page.getByText("No person is suspended.").waitFor();
    const { content } = await client.callTool({ name: "echo", arguments: { message: "again" } });
    expect(JSON.stringify(content)).toContain("again");
    await vic.page.reload();
    await vic.page.getByRole("heading", { name: "Tokens" }).waitFor();
    await client.close();
    await vic.close();
  });

  test("everybody in the workspace sees at once who stopped its calls", async () => {
    const { url, invitation } = await invite("Mia", "member");
    const mia = await openBrowserUser(browser, dashboard.baseUrl);
    await join(mia, toPath(url), "Mia");
    const client = await connect(invitation.memberId);
    await page.goto("/w/acme/stop");
    await page.getByRole("button", { name: "Stop all calls" }).click();
    const dialog = page.getByRole("dialog", { name: "Stop all calls?" });
    await dialog.getByRole("button", { name: "Stop all calls" }).click();
    await page.getByRole("note").filter({ hasText: "Ada stopped all calls" }).waitFor();
    await expect(client.listTools()).rejects.toThrow(/All calls in this workspace are stopped/);
    await mia.page.goto("/w/acme");
    const notice = mia.page.getByRole("note").filter({ hasText: "Ada stopped all calls" });
    await notice.getByText("An owner or admin can lift the stop.").waitFor();
    await page.getByRole("button", { name: "Lift the stop" }).click();
    await page.getByText("Clients can call.").waitFor();
    expect((await client.listTools()).tools.length).toBeGreaterThan(0);
    await client.close();
    await mia.close();
  });

  test("a range of people is selected with the Shift key, and the bulk change names the person for which it failed", async () => {
    for (const name of ["Bulk 1", "Bulk 2", "Bulk 3"])
      await manage(dashboard.api, "POST", "/workspaces/acme/members", { name });
    await page.goto("/w/acme/members?q=bulk");
    await page.getByRole("checkbox", { name: "Select Bulk 1" }).click();
    await page.getByRole("checkbox", { name: "Select Bulk 3" }).click({ modifiers: ["Shift"] });
    await page.getByText("3 selected").waitFor();
    const { items } = z
      .object({ items: z.array(z.object({ id: z.string(), name: z.string() })) })
      .parse(await manage(dashboard.api, "GET", "/workspaces/acme/members"));
    const second = items.find(({ name }) => name === "Bulk 2");
    await manage(dashboard.api, "DELETE", `/workspaces/acme/members/${second?.id}`);
    await page.getByRole("button", { name: "Change role" }).click();
    const dialog = page.getByRole("dialog", { name: "Change the role of 3 people" });
    await dialog.getByRole("combobox").click();
    await page.getByRole("option", { name: "Auditor" }).click();
    await dialog.getByRole("button", { name: "Change role" }).click();
    await dialog.getByText("It was done for 2 of 3. It failed for:").waitFor();
    await dialog.getByText("There is no such member in this workspace.").waitFor();
    await dialog.getByRole("button", { name: "Close" }).last().click();
    const first = page.getByRole("row").filter({ hasText: "Bulk 1" });
    await first.getByText("Auditor", { exact: true }).waitFor();
    const sorter = page.getByRole("columnheader", { name: "Person" });
    expect(await sorter.getAttribute("aria-sort")).toBe("ascending");
    await sorter.getByRole("button").click();
    expect(await sorter.getAttribute("aria-sort")).toBe("descending");
    expect(page.url()).toContain("sort=-name");
  });

  test("an invitation link says with which role it invites", async () => {
    const guest = await openBrowserUser(browser, dashboard.baseUrl);
    for (const [role, text] of [
      ["owner", "an owner"],
      ["admin", "an admin"],
      ["auditor", "an auditor"],
      ["member", "a member"],
    ] as const) {
      const { url, invitation } = await invite(`Invited ${role}`, role);
      // A link that differs only in its fragment would not load the page again.
      await guest.page.goto("about:blank");
      await guest.page.goto(toPath(url));
      await guest.page.getByText(`You are invited as ${text}. `).waitFor();
      await manage(dashboard.api, "DELETE", `/workspaces/acme/members/${invitation.memberId}`);
    }
    expect(guest.problems).toEqual([]);
    await guest.close();
  });

  test("the pages of an auditor show everything and have no enabled control that changes anything", async () => {
    const { url } = await invite("Vera", "auditor");
    const auditor = await openBrowserUser(browser, dashboard.baseUrl);
    await join(auditor, toPath(url), "Vera");
    const main = auditor.page.getByRole("main");
    const writes: string[] = [];
    auditor.page.on("request", (request) => {
      if (request.url().includes("/api/") && request.method() !== "GET")
        writes.push(`${request.method()} ${request.url()}`);
    });
    const pages: [path: string, shown: RegExp][] = [
      ["", /Calls/],
      ["/members", /Hopper, Grace|Grace/],
      ["/tokens", /laptop/],
      ["/access", /Your role reads the rules/],
      ["/access", /^Rules are (not )?enforced$/],
      ["/access?view=grid", /^The grid is for people who can change rules/],
      ["/settings", /^Requests per minute per token$/],
      ["/servers", /ev/],
      ["/servers/ev", /echo/],
      ["/audit", /tester/],
      ["/audit?tab=events", /suspended Vic/],
      ["/stop", /No client is blocked/],
    ];
    const CHANGES =
      /^(add|invite|create|remove|revoke|rotate|suspend|lift|stop|block|unblock|allow|delete|save|change|disable|enable|withdraw|check now|edit|switch|checkbox)\b/i;
    const enabled: [path: string, name: string][] = [];
    for (const [path, shown] of pages) {
      await auditor.page.goto(`/w/acme${path}`);
      await main.getByText(shown).first().waitFor();
      const buttons = await main.getByRole("button", { disabled: false }).all();
      for (const button of buttons)
        enabled.push([
          path,
          (await button.getAttribute("aria-label")) ?? (await button.innerText()),
        ]);
      for (const role of ["switch", "checkbox"] as const)
        if ((await main.getByRole(role, { disabled: false }).count()) > 0)
          enabled.push([path, role]);
    }
    expect(enabled.length).toBeGreaterThan(10);
    expect(enabled.filter(([, name]) => CHANGES.test(name.trim()))).toEqual([]);
    await auditor.page.goto("/w/acme/members");
    await main.getByRole("button", { name: "Actions for Vic" }).click();
    await auditor.page.getByRole("menuitem").first().waitFor();
    expect(await auditor.page.getByRole("menuitem").allTextContents()).toEqual([
      "View calls",
      "View access",
    ]);
    expect(writes).toEqual([]);
    expect(auditor.problems).toEqual([]);
    await auditor.close();
  });

  test("an auditor is not told to connect a client, and cannot open the pages for it", async () => {
    const { api, baseUrl } = dashboard;
    await manage(api, "POST", "/workspaces", { slug: "quiet", name: "Quiet" });
    const invitation = { name: "Otto", role: "auditor" };
    const { url } = Invited.parse(
      await manage(api, "POST", "/workspaces/quiet/invitations", invitation),
    );
    const auditor = await openBrowserUser(browser, baseUrl);
    await join(auditor, toPath(url), "Otto");
    const main = auditor.page.getByRole("main");
    await auditor.page.goto("/w/quiet");
    await main.getByText("No calls in this time range").waitFor();
    expect(await main.getByText(/connect a client/i).count()).toBe(0);
    for (const path of ["/connect", "/try"]) {
      await auditor.page.goto(`/w/quiet${path}`);
      await main.getByRole("heading", { name: "You don’t have access to this page" }).waitFor();
    }
    expect(auditor.problems).toEqual([]);
    await auditor.close();
  });

  test("the tokens of a person are revoked also if the dialog is answered before the list of tokens is there", async () => {
    const { invitation } = await invite("Tia", "member");
    const client = await connect(invitation.memberId);
    await page.goto("/w/acme/members?q=tia");
    const isAnswered = Promise.withResolvers<void>();
    await page.route("**/api/workspaces/acme/tokens", async (route) => {
      await isAnswered.promise;
      await route.continue();
    });
    await page.getByRole("button", { name: "Actions for Tia" }).click();
    await page.getByRole("menuitem", { name: "Revoke tokens…" }).click();
    const dialog = page.getByRole("dialog", { name: "Revoke all tokens of Tia?" });
    await dialog.getByRole("button", { name: "Revoke tokens" }).click();
    isAnswered.resolve();
    await page.getByText("Tokens of Tia revoked").waitFor();
    await expect(client.listTools()).rejects.toThrow(/token/);
    await page.unroute("**/api/workspaces/acme/tokens");
  });

  test("an agent is shown with its owner, and can be neither invited nor given a role", async () => {
    const { invitation } = await invite("Orla", "member");
    const agent = { name: "Deploy bot", ownerId: invitation.memberId };
    await manage(dashboard.api, "POST", "/workspaces/acme/agents", agent);
    await page.goto("/w/acme/members?q=deploy");
    const row = page.getByRole("row").filter({ hasText: "Deploy bot" });
    await row.getByText("Agent", { exact: true }).waitFor();
    await row.getByText("Owner: Orla").waitFor();
    await row.getByText("Active", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Actions for Deploy bot" }).click();
    await page.getByRole("menuitem", { name: "Suspend…" }).waitFor();
    const actions = await page.getByRole("menuitem").allTextContents();
    expect(actions.filter((label) => /invitation|role/i.test(label))).toEqual([]);
    await page.keyboard.press("Escape");
    await manage(dashboard.api, "DELETE", `/workspaces/acme/members/${invitation.memberId}`);
    await page.reload();
    await row.getByText("Its owner has left").waitFor();
    await row.getByText("Ended", { exact: true }).waitFor();
  });

  test("an admin makes an agent with a rule for GitHub Actions, a job exchanges its own token and calls, which the page shows, and nothing works without the rule", async () => {
    const issuer = await startWorkloadIssuer();
    await page.goto("/w/acme/members");
    await page.getByRole("tab", { name: "Agents" }).click();
    await page.getByRole("button", { name: "New agent" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("Deploy");
    await page.getByLabel("Ends after (optional)").fill("2020-01-01");
    await page.getByRole("button", { name: "Create agent" }).click();
    await page.getByText("The time is in the past; give a later time").waitFor();
    await page.getByLabel("Ends after (optional)").fill("");
    await page.getByRole("combobox", { name: "Servers and tools" }).fill("ev:*");
    await page.getByRole("option", { name: "ev:*", exact: true }).click();
    await page.getByRole("button", { name: "Create agent" }).click();
    await page.getByRole("heading", { name: "Deploy" }).waitFor();
    await page.getByText("ev: all tools").waitFor();
    await page.getByRole("button", { name: "Add trust rule" }).click();
    const dialog = page.getByRole("dialog", { name: "Add trust rule" });
    const issuerField = dialog.getByRole("textbox", { name: "Issuer" });
    expect(await issuerField.inputValue()).toBe("https://token.actions.githubusercontent.com");
    const audience = await dialog.getByRole("textbox", { name: "Audience" }).inputValue();
    // The preset's issuer signs no tokens for this test.
    await issuerField.fill("http://169.254.169.254/");
    await dialog.getByRole("textbox", { name: "repository" }).first().fill("acme*");
    await dialog
      .getByRole("textbox", { name: "ref (optional)", exact: true })
      .fill("refs/heads/main");
    await dialog.getByRole("button", { name: "Add rule" }).click();
    await dialog.getByText('Repository: "acme*" also fits workloads of others').waitFor();
    await dialog.getByRole("textbox", { name: "repository" }).first().fill("acme/app");
    await dialog.getByRole("button", { name: "Add rule" }).click();
    await dialog
      .getByText(/^The address is /)
      .or(dialog.getByText(/address/i).last())
      .waitFor();
    await issuerField.fill(issuer.url);
    await dialog.getByRole("button", { name: "Add rule" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("heading", { name: "GitHub Actions" }).waitFor();
    const call = async (claims: Record<string, string>) => {
      const resource = `${dashboard.baseUrl}/mcp/acme`;
      const own = await issuer.sign({ aud: audience, repository: "acme/app", ...claims });
      const answer = await fetch(`${dashboard.baseUrl}/oauth/token`, {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
          subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
          subject_token: own,
          resource,
        }),
      });
      if (!answer.ok) throw new Error(await answer.text());
      const { access_token: token } = Exchanged.parse(await answer.json());
      const client = new Client({ name: "job", version: "1.0.0" });
      const requestInit = { headers: { authorization: `Bearer ${token}` } };
      await client.connect(new StreamableHTTPClientTransport(new URL(resource), { requestInit }));
      return client;
    };
    await expect(call({ ref: "refs/heads/side" })).rejects.toThrow("Its claims fit no trust rule");
    const client = await call({ ref: "refs/heads/main" });
    await client.callTool({ name: "echo", arguments: { message: "hello" } });
    const readPage = async () => {
      await page.reload();
      await page.getByRole("heading", { name: "Refused workloads" }).waitFor();
      return page.getByRole("main").innerText();
    };
    await expect.poll(readPage, { timeout: 20_000 }).toMatch(/Last call: (?!none)/);
    await page.getByText("its claims fit no trust rule").waitFor();
    await page.getByRole("button", { name: "Use in a workload of GitHub Actions" }).click();
    const snippet = page.getByLabel("snippet", { exact: true });
    expect(await snippet.textContent()).toContain(`'resource=${audience}'`);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Remove rule of GitHub Actions" }).click();
    await page.getByRole("button", { name: "Remove rule", exact: true }).click();
    await page.getByText("No trust rules").waitFor();
    await expect(client.listTools()).rejects.toThrow(/401|token|unauthorized/i);
    await expect(call({ ref: "refs/heads/main" })).rejects.toThrow("No trust rule");
    await issuer.close();
  });
});
