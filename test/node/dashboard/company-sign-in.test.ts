import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../../scripts/management-client.ts";
import { COMPANY_CALLBACK_PATH } from "../../../workers/contract/api/company.ts";
import { CLIENT, startCompanyProvider } from "../../fixtures/company-provider.mjs";
import { findProblems } from "./axe.ts";
import { hasChromium, openBrowserUser } from "./chromium.ts";
import type { ServedDashboard } from "./served-dashboard.ts";
import { openStage, type Stage } from "./stage.ts";

const TIMEOUT_MS = 120_000;
const Members = z.object({
  items: z.array(z.object({ id: z.string(), name: z.string(), role: z.string() })),
});
const Client = z.object({ client_id: z.string() });
const DOMAIN = "acme.example";

const accounts = new Map<string, Record<string, unknown>>([
  ["ada-sub", { name: "Ada", email: `ada@${DOMAIN}`, email_verified: true, groups: ["board"] }],
  ["bea-sub", { name: "Bea", email: `bea@${DOMAIN}`, email_verified: true, groups: ["it"] }],
  ["eve-sub", { name: "Eve", email: "eve@evil.example", email_verified: true, groups: ["it"] }],
]);

/** Signs in on the provider’s page. */
async function signInAt(page: Page, account: string): Promise<void> {
  await page.locator("input[name=login]").fill(account);
  await page.locator("input[name=password]").fill("any");
  await page.locator("button[type=submit]").click();
}

describe.skipIf(!hasChromium)("a company’s sign-in", { timeout: TIMEOUT_MS }, () => {
  let stage: Stage;
  let dashboard: ServedDashboard;
  let browser: Browser;
  let page: Page;
  let provider: { url: string; close(): void };

  beforeAll(async () => {
    stage = await openStage("acme", ({ api }) =>
      manage(api, "POST", "/workspaces", { slug: "acme", name: "Acme" }),
    );
    ({ dashboard, browser, page } = stage);
    const redirectUri = dashboard.baseUrl + COMPANY_CALLBACK_PATH;
    provider = await startCompanyProvider(accounts, redirectUri);
  }, TIMEOUT_MS);

  afterAll(async () => {
    provider.close();
    await stage.close();
  });

  const findRole = async (name: string) => {
    const { items } = Members.parse(await manage(dashboard.api, "GET", "/workspaces/acme/members"));
    return items.find((member) => member.name === name)?.role;
  };

  test("is set up by an owner, who sees in a test what the provider says, and maps groups", async () => {
    await page.goto("/w/acme/settings");
    await page.getByRole("link", { name: "Set up" }).click();
    await page.getByText(dashboard.baseUrl + COMPANY_CALLBACK_PATH).waitFor();
    await page.getByLabel("Name").fill("Acme SSO");
    await page.getByLabel("Issuer URL").fill(provider.url);
    await page.getByLabel("Client ID").fill(CLIENT.id);
    await page.getByLabel("Client secret").fill(CLIENT.secret);
    expect(await findProblems(page)).toEqual([]);
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByLabel("More scopes").fill("groups");
    await page.getByLabel("Groups claim").fill("groups");
    await page.getByLabel("Domains of verified addresses").fill(DOMAIN);
    await page.getByRole("switch", { name: "New people become members" }).click();
    await page.getByRole("button", { name: "Add a group" }).click();
    await page.getByLabel("Group 1", { exact: true }).fill("it");
    await page.getByLabel("Role of group 1").click();
    await page.getByRole("option", { name: "Admin" }).click();
    const saved = page.waitForResponse((response) => response.request().method() === "PATCH");
    await page.getByRole("button", { name: "Save" }).click();
    expect((await saved).status()).toBe(200);
    await page.getByRole("button", { name: "Test the sign-in" }).click();
    await signInAt(page, "ada-sub");
    await page.getByText("This account would become a new member, with the role member.").waitFor();
    await page.getByText(`ada@${DOMAIN}`).waitFor();
    await page.getByRole("switch", { name: "People can sign in by it" }).click();
    await page.getByText("At /sign-in?workspace=acme.").waitFor();
    expect(await findProblems(page)).toEqual([]);
    expect(await findRole("Ada")).toBe("owner");
  });

  test("makes a person of a group an admin, and leads back to the page that was opened", async () => {
    const bea = await openBrowserUser(browser, dashboard.baseUrl, { width: 375 });
    await bea.page.goto("/w/acme/members");
    await bea.page.getByRole("button", { name: "Sign in with Acme SSO" }).waitFor();
    expect(await findProblems(bea.page)).toEqual([]);
    await bea.page.getByRole("button", { name: "Sign in with Acme SSO" }).click();
    await signInAt(bea.page, "bea-sub");
    await bea.page.waitForURL("**/w/acme/members");
    await bea.page.getByRole("heading", { name: "People" }).waitFor();
    expect(await findRole("Bea")).toBe("admin");
    await bea.page.goto("/account");
    await bea.page.getByText("You are signed in by your company").waitFor();
    expect(await bea.page.getByText("Recovery codes", { exact: true }).count()).toBe(0);
    expect(bea.problems).toEqual([]);
    await bea.close();
  });

  test("refuses a person of another domain with what to do, also from a typed workspace", async () => {
    const eve = await openBrowserUser(browser, dashboard.baseUrl);
    await eve.page.goto("/sign-in");
    await eve.page.getByRole("button", { name: "Sign in by your company" }).click();
    await eve.page.getByLabel("Workspace").fill("nowhere");
    await eve.page.getByRole("button", { name: "Continue" }).click();
    await eve.page.getByText("There is no company sign-in under this name.").waitFor();
    await eve.page.getByLabel("Workspace").fill("acme");
    await eve.page.getByRole("button", { name: "Continue" }).click();
    await signInAt(eve.page, "eve-sub");
    await eve.page.getByText("lacks a claim or an address that this workspace requires").waitFor();
    expect(await findProblems(eve.page)).toEqual([]);
    await eve.close();
  });

  test("leads a person without a session to the consent that a client asks for", async () => {
    const redirect = "http://127.0.0.1:7777/callback";
    const registered = await fetch(`${dashboard.baseUrl}/oauth/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        client_name: "Tester",
        redirect_uris: [redirect],
        token_endpoint_auth_method: "none",
      }),
    });
    const { client_id } = Client.parse(await registered.json());
    const query = new URLSearchParams({
      response_type: "code",
      client_id,
      redirect_uri: redirect,
      resource: `${dashboard.baseUrl}/mcp/acme`,
      state: "s",
      code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      code_challenge_method: "S256",
    });
    const bea = await openBrowserUser(browser, dashboard.baseUrl);
    await bea.page.goto(`/oauth/authorize?${query}`);
    await bea.page.getByRole("button", { name: "Sign in with Acme SSO" }).click();
    await signInAt(bea.page, "bea-sub");
    await bea.page.waitForURL("**/oauth/authorize?**");
    await bea.page.getByRole("button", { name: "Allow" }).waitFor();
    await bea.close();
  });

  test("confirms a sensitive action by a fresh sign-in", async () => {
    const bea = await openBrowserUser(browser, dashboard.baseUrl);
    await bea.page.goto("/sign-in?workspace=acme");
    await bea.page.getByRole("button", { name: "Sign in with Acme SSO" }).click();
    await signInAt(bea.page, "bea-sub");
    await bea.page.waitForURL("**/w/acme");
    await bea.page.goto("/w/acme/settings");
    const isConfirmed = () =>
      bea.page.evaluate(async () => {
        const response = await fetch("/api/me");
        return (await response.json()).session.steppedUpUntil !== null;
      });
    expect(await isConfirmed()).toBe(false);
    await bea.page.getByRole("switch", { name: "Readable without a token" }).click();
    await signInAt(bea.page, "bea-sub");
    await bea.page.waitForURL("**/w/acme/settings");
    expect(await isConfirmed()).toBe(true);
    await bea.close();
  });
});
