import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manage } from "../../../scripts/management-client.ts";
import { startEverythingUpstream } from "../../fixtures/everything-upstream.mjs";
import { startOauthClient, type OauthClientProgram } from "../../fixtures/oauth-client.ts";
import { findProblems } from "./axe.ts";
import { hasChromium } from "./chromium.ts";
import { openStage, type Stage } from "./stage.ts";

const TIMEOUT_MS = 90_000;
/** A name that hides a change of direction. */
const NAME = "Claude\u202e";
const SHOWN_NAME = String.raw`Claude\u{202e}`;
const SERVERS = ["alpha", "beta"];

describe.skipIf(!hasChromium)("sign-in from a client", { timeout: TIMEOUT_MS }, () => {
  let stage: Stage;
  let upstream: { url: string; close: () => void };
  let client: OauthClientProgram;
  let page: Page;

  beforeAll(async () => {
    upstream = await startEverythingUpstream("streamableHttp");
    stage = await openStage("acme", async ({ api }) => {
      const workspace = { slug: "acme", name: "Acme", defaultAccess: "open" };
      await manage(api, "POST", "/workspaces", workspace);
      await manage(api, "POST", "/workspaces", { slug: "others", name: "Others" });
      for (const slug of SERVERS)
        await manage(api, "POST", "/workspaces/acme/servers", {
          slug,
          url: upstream.url,
          prefix: slug,
        });
    });
    ({ page } = stage);
    client = await startOauthClient(stage.dashboard.baseUrl, NAME);
  }, TIMEOUT_MS);

  afterAll(async () => {
    await client.close();
    await stage.close();
    upstream.close();
  });

  const ask = async (changed?: Record<string, string | null>) => {
    await page.goto(client.toRequest(changed));
    await page.getByRole("heading", { name: "Sign in from a client" }).waitFor();
  };
  const answer = async (name: "Allow" | "Deny") => {
    await page.getByRole("button", { name, exact: true }).click();
    await page.getByRole("heading", { name: "Back in the client" }).waitFor();
    return client.findArrived();
  };
  const toAddress = (path: string) => `${stage.dashboard.baseUrl}/mcp/${path}`;

  // The sign-ins come first: a check for accessibility ends the passkey device of the page.
  test("a session that ends before the answer keeps the page, which leads to the sign-in and back", async () => {
    await ask();
    await page.getByText("It can call").waitFor();
    await page.context().clearCookies();
    await page.getByRole("button", { name: "Allow" }).click();
    await page.getByText("Your session has ended, so nothing was allowed.").waitFor();
    await page.getByRole("link", { name: "Sign in again" }).click();
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByText("You are signed in as Ada.").waitFor();
    await page.getByRole("button", { name: "Allow" }).waitFor();
  });

  test("a person who was signed out comes back to the request as the client wrote it, allows one server, and the client gets no other", async () => {
    await ask({ state: '"07"', resource: toAddress("acme") });
    await page.getByRole("button", { name: "Use another account" }).click();
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByText("You are signed in as Ada.").waitFor();
    const allow = page.getByRole("button", { name: "Allow" });
    const beta = page.getByRole("checkbox", { name: "beta" });
    await beta.click();
    await page.getByText(/^It can call \d+ tools of 1 server as you$/).waitFor();
    await page.getByRole("checkbox", { name: "alpha" }).click();
    expect(await allow.isDisabled()).toBe(true);
    await page.getByRole("checkbox", { name: "alpha" }).click();
    const arrived = await answer("Allow");
    expect(arrived?.get("state")).toBe('"07"');
    expect(arrived?.get("iss")).toBe(`${stage.dashboard.baseUrl}/oauth`);
    const connected = await client.connect("acme");
    const { tools } = await connected.listTools();
    expect(new Set(tools.map(({ name }) => name.split("_")[0]))).toEqual(new Set(["alpha"]));
    await connected.close();
  });

  test("a local client that registered itself is shown as not verified, with its name escaped, and the page fits 375 px in light and dark", async () => {
    await ask();
    const facts = page.getByRole("region", { name: "Client" });
    await facts.getByText(SHOWN_NAME).waitFor();
    await facts.getByText("Name not verified").waitFor();
    await facts.getByText("a program on this computer (127.0.0.1)").waitFor();
    await page.getByText(/^It can call \d+ tools of 2 servers as you$/).waitFor();
    expect(await page.title()).toBe("Sign in from a client · mcpnest");
    expect(await findProblems(page), "light").toEqual([]);
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await findProblems(page, "colours"), "dark").toEqual([]);
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 375, height: 800 });
    const readWidth = () => page.evaluate(() => document.documentElement.scrollWidth);
    expect(await readWidth()).toBe(375);
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test("a client that asks for one server gets that one, unless the person chooses others, also one whose tools are not known", async () => {
    const path = "/workspaces/acme/servers";
    const url = "http://127.0.0.1:9/mcp";
    const perPerson = { kind: "key", header: "X-API-Key", template: "{key}" };
    await manage(stage.dashboard.api, "POST", path, { slug: "unlisted", url, perPerson });
    await ask({ resource: toAddress("acme/beta") });
    await page.getByText(/^It can call \d+ tools of 1 server as you$/).waitFor();
    expect(await page.getByRole("checkbox", { name: "beta" }).isChecked()).toBe(true);
    expect(await page.getByRole("checkbox", { name: "alpha" }).isChecked()).toBe(false);
    expect(await page.getByRole("checkbox", { name: "unlisted" }).isChecked()).toBe(false);
    await page.getByText("Tools not known yet").waitFor();
    await manage(stage.dashboard.api, "DELETE", `${path}/unlisted`);
  });

  test("a client with a metadata document is shown with the host that vouches for it", async () => {
    // The document must be at a public host. Only what the API says of the client differs from a real answer.
    await page.route("**/api/oauth/authorization?*", async (route) => {
      const response = await route.fetch();
      const asked = await response.json();
      const told = { ...asked.client, host: "claude.ai", redirectHost: "claude.ai" };
      await route.fulfill({ response, json: { ...asked, client: told, isLocal: false } });
    });
    await ask();
    const facts = page.getByRole("region", { name: "Client" });
    await facts.getByText("The host claude.ai vouches for this name.").waitFor();
    await facts.getByText("The access goes to claude.ai.").waitFor();
    expect(await facts.getByText("this computer").count()).toBe(0);
    await page.unrouteAll({ behavior: "wait" });
  });

  test("the lists of tokens show the grant by its client, without a rotation, and its tools can be chosen", async () => {
    for (const view of ["all", "mine"]) {
      await page.goto(`/w/acme/tokens?view=${view}`);
      const row = page.getByRole("row").filter({ hasText: SHOWN_NAME });
      await row.getByText("Signed in").waitFor();
      await row.getByText("Name not verified").waitFor();
      expect(await row.getByText("mng_").count()).toBe(0);
      await row.getByRole("button", { name: /^Actions for / }).click();
      await page.getByRole("menuitem", { name: "Revoke…" }).waitFor();
      expect(await page.getByRole("menuitem", { name: "Rotate…" }).count()).toBe(0);
      if (view === "all") await page.keyboard.press("Escape");
    }
    await page.getByRole("menuitem", { name: "Choose tools…" }).click();
    const dialog = page.getByRole("dialog", { name: "Tools of this connection" });
    await dialog.getByRole("checkbox", { name: "All tools of alpha" }).click();
    await dialog.getByRole("checkbox", { name: "beta_echo" }).click();
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "detached" });
    await ask();
    await page.getByText("You have signed in from this client before.").waitFor();
  });

  test("a client that is denied gets that back, and no code", async () => {
    await ask();
    const arrived = await answer("Deny");
    expect(arrived?.get("error")).toBe("access_denied");
    expect(arrived?.get("state")).toBe("its-state");
    expect(arrived?.has("code")).toBe(false);
  });

  test("a person who calls no tools in the workspace that the client asks for reads what to do", async () => {
    await ask({ resource: toAddress("others") });
    await page.getByText("The client asks for the workspace others").waitFor();
    expect(await page.getByRole("button", { name: "Allow" }).count()).toBe(0);
    expect((await answer("Deny"))?.get("error")).toBe("access_denied");
  });

  test("an unknown client is not answered, and a known one gets its own mistake back only by a click", async () => {
    await page.goto(client.toRequest({ client_id: "unknown" }));
    await page.getByRole("heading", { name: "This sign-in cannot go on" }).waitFor();
    await page.getByText("start the sign-in there again").waitFor();
    expect(client.findArrived()).toBeUndefined();
    await page.goto(client.toRequest({ code_challenge: null, code_challenge_method: null }));
    await page.getByText("Public clients must use PKCE").waitFor();
    expect(await findProblems(page)).toEqual([]);
    expect(client.findArrived()).toBeUndefined();
    await page.getByRole("link", { name: "Go back to the client" }).click();
    await page.getByRole("heading", { name: "Back in the client" }).waitFor();
    expect(client.findArrived()?.get("error")).toBe("invalid_request");
  });

  test("the page Connect gives a client the address alone, and sees the sign-in by itself", async () => {
    await page.goto("/w/acme/connect?client=claude-code&system=linux");
    const command = await page.getByLabel("command", { exact: true }).first().textContent();
    expect(command).toBe(`claude mcp add --scope user --transport http acme ${toAddress("acme")}`);
    await page.getByText("Waiting for you to sign in").waitFor();
    const other = await page.context().newPage();
    await other.goto(client.toRequest({ resource: toAddress("acme") }));
    await other.getByRole("button", { name: "Allow" }).click();
    await other.getByRole("heading", { name: "Back in the client" }).waitFor();
    await other.close();
    const connected = await client.connect("acme");
    await page.getByText(`You have signed in from ${SHOWN_NAME}`).waitFor();
    await connected.callTool({ name: "alpha_echo", arguments: { message: "hello" } });
    await page
      .getByRole("status", { name: "Connection" })
      .getByText(/ works$/)
      .waitFor();
    await connected.close();
  });

  test("an admin who lists other hosts keeps the client out, which the consent page says, and the page Connect without sign-in has tokens only", async () => {
    await page.goto("/w/acme/settings");
    await page.getByRole("combobox", { name: "Clients" }).click();
    await page.getByRole("option", { name: "Verified clients of listed hosts" }).click();
    const hosts = page.getByRole("textbox", { name: "Hosts" });
    const save = page.locator("form").filter({ has: hosts }).getByRole("button", { name: "Save" });
    await hosts.fill("https://claude.ai");
    await page.getByText("“https://claude.ai” is no host name.").waitFor();
    expect(await save.isDisabled()).toBe(true);
    await hosts.fill("Claude.ai");
    await save.click();
    await page.getByText("Settings saved").waitFor();
    await ask({ resource: toAddress("acme") });
    await page
      .getByText(/only verified clients sign in, and the name of this one is not/)
      .waitFor();
    expect(await page.getByRole("button", { name: "Allow" }).count()).toBe(0);
    expect(client.findArrived()).toBeUndefined();
    await page.getByRole("link", { name: "settings" }).click();
    await page.getByRole("switch", { name: "Sign-in from clients" }).click();
    await page.getByRole("button", { name: "Switch off" }).click();
    await page.getByText("No member can sign in from a client").waitFor();
    await page.goto("/w/acme/connect?client=claude-code");
    await page.getByRole("button", { name: "Create token" }).waitFor();
    expect(await page.getByRole("radio", { name: "ChatGPT" }).count()).toBe(0);
  });

  test("the sign-in leads to no other site, and the question to no frame of one", async () => {
    for (const to of [
      "//evil.example/",
      "/\\evil.example/",
      "/\t/evil.example/",
      "https://evil.example/",
    ]) {
      await page.goto(`/sign-in?to=${encodeURIComponent(to)}`);
      await page.waitForURL("**/w/**");
      expect(new URL(page.url()).origin).toBe(stage.dashboard.baseUrl);
    }
    const { headers } = await fetch(stage.dashboard.baseUrl + client.toRequest());
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  });

  test("no page violates the content security policy", () => {
    expect(stage.owner.problems).toEqual([]);
  });
});
