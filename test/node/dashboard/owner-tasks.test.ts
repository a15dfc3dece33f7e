import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { startExampleServers, type ExampleServer } from "../../../scripts/example-servers.ts";
import { manage } from "../../../scripts/management-client.ts";
import { createOpenWorkspace } from "../../fixtures/local-gateway.ts";
import { startProtectedUpstream } from "../../fixtures/protected-upstream.ts";
import { hasChromium, openBrowserUser } from "./chromium.ts";
import { join, toPath, type ServedDashboard } from "./served-dashboard.ts";
import { openStage, type Stage } from "./stage.ts";

const TIMEOUT_MS = 60_000;
const Link = z.object({ url: z.string() });

describe.skipIf(!hasChromium)("tasks of an owner in the dashboard", { timeout: TIMEOUT_MS }, () => {
  let stage: Stage;
  let dashboard: ServedDashboard;
  let examples: ExampleServer[];
  let browser: Browser;
  let page: Page;
  let codes: string[];

  beforeAll(async () => {
    examples = await startExampleServers({});
    const servers = examples.map(({ slug, url }) => ({ slug, url }));
    stage = await openStage("demo", ({ api }) => createOpenWorkspace(api, "demo", servers));
    ({ dashboard, browser, page } = stage);
    await page.getByRole("button", { name: "Create recovery codes" }).click();
    const list = page.getByRole("listitem").filter({ hasText: /^[\w-]{20,}$/ });
    await list.first().waitFor();
    codes = await list.allTextContents();
  }, TIMEOUT_MS);

  afterAll(async () => {
    await stage.close();
    for (const example of examples) example.process.kill();
  });

  const openTool = async (tool: string) => {
    await page.goto(`/w/demo/try?tool=${tool}`);
    await page.getByRole("button", { name: "Call tool" }).waitFor();
  };

  test("the tool form validates the input, calls the tool through the gateway and the call is logged", async () => {
    await openTool("everything__get-sum");
    await page.getByLabel("a*").fill("2");
    await page.getByRole("button", { name: "Call tool" }).click();
    await page.getByText("This field is required.", { exact: true }).waitFor();
    await page.getByLabel("b*").fill("40");
    await page.getByRole("button", { name: "Call tool" }).click();
    await page.getByText("The sum of 2 and 40 is 42.", { exact: true }).waitFor();
    await page.goto("/w/demo/audit?live=true");
    const row = page.getByRole("row", { name: /get-sum.*everything.*You.*Succeeded/ });
    await row.getByRole("button").click();
    const details = page.getByRole("dialog", { name: "Call details" });
    await details.getByText("mcpnest dashboard").waitFor();
    expect(await details.textContent()).toMatch(/Client version1Protocol version2026-07-28/);
  });

  test("the page of a tool shows its image, structured content, resource link and progress", async () => {
    await openTool("everything__get-tiny-image");
    await page.getByRole("button", { name: "Call tool" }).click();
    const image = page.getByRole("img", { name: "Tool result" });
    await image.waitFor();
    expect(await image.evaluate((element) => Reflect.get(element, "naturalWidth"))).toBeGreaterThan(
      0,
    );
    await openTool("everything__get-structured-content");
    await page.getByLabel("location*").selectOption("Chicago");
    await page.getByRole("button", { name: "Call tool" }).click();
    expect(await page.getByLabel("structured content", { exact: true }).textContent()).toContain(
      '"humidity"',
    );
    await openTool("everything__get-resource-reference");
    await page.getByRole("button", { name: "Call tool" }).click();
    await page
      .getByText(/^demo:\/\/resource\//)
      .first()
      .waitFor();
    await openTool("everything__trigger-long-running-operation");
    await page.getByLabel("duration").fill("2");
    await page.getByRole("button", { name: "Call tool" }).click();
    await page.getByRole("progressbar", { name: "Progress" }).waitFor();
    await page.getByText(/^Long running operation completed/).waitFor();
  });

  test("a list that was read before a change and arrives after it is read again", async () => {
    const listRead = Promise.withResolvers<void>();
    const tokenCreated = Promise.withResolvers<void>();
    await page.route("**/me/tokens", async (route) => {
      const isCreation = route.request().method() === "POST";
      if (isCreation) await listRead.promise;
      const response = await route.fetch();
      listRead.resolve();
      if (!isCreation) await tokenCreated.promise;
      await route.fulfill({ response });
      if (isCreation) tokenCreated.resolve();
    });
    await page.goto("/w/demo/tokens");
    await page.getByRole("button", { name: "Create token" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Label").fill("Created meanwhile");
    await dialog.getByRole("button", { name: "Create token" }).click();
    await dialog.getByRole("button", { name: "Done" }).click();
    await page.getByText("Created meanwhile").waitFor();
    await page.unrouteAll();
  });

  const readOrder = () =>
    page
      .getByRole("button", { name: /^Move / })
      .evaluateAll((grips) => grips.map((grip) => grip.getAttribute("aria-label")));

  /** Moves the first server of two down, with the keyboard. */
  const moveDown = async () => {
    await page.getByRole("button", { name: "Move everything", exact: true }).focus();
    await page.keyboard.press("Space");
    await page.getByText("everything is over position 1 of 2").waitFor({ state: "attached" });
    // The drag library ignores keys until it has measured the list.
    const below = page.getByText("everything is over position 2 of 2");
    await expect
      .poll(async () => {
        await page.keyboard.press("ArrowDown");
        return below.count();
      })
      .toBe(1);
    await page.keyboard.press("Space");
  };

  test("an owner reorders servers with the keyboard and undoes it", async () => {
    const saved = async () =>
      JSON.stringify(await manage(dashboard.api, "GET", "/workspaces/demo/servers"));
    await page.goto("/w/demo/servers");
    await moveDown();
    await page.getByText("Server order saved").waitFor();
    expect(await readOrder()).toEqual(["Move everything-sse", "Move everything"]);
    expect(await saved()).toMatch(/"slug":"everything-sse".*"slug":"everything"/);
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(readOrder).toEqual(["Move everything", "Move everything-sse"]);
    await expect.poll(saved).toMatch(/"slug":"everything".*"slug":"everything-sse"/);
  });

  test("reordering fails and shows the stored order after another change of the servers", async () => {
    await page.goto("/w/demo/servers");
    await expect.poll(readOrder).toHaveLength(2);
    const added = { slug: "third", url: `${examples[0]?.url}`, enabled: false };
    await manage(dashboard.api, "POST", "/workspaces/demo/servers", added);
    await moveDown();
    await page
      .getByRole("region", { name: "Notifications" })
      .getByText(/read the servers again/)
      .waitFor();
    await expect.poll(readOrder).toEqual(["Move everything", "Move everything-sse", "Move third"]);
    await manage(dashboard.api, "DELETE", "/workspaces/demo/servers/third");
  });

  test("an owner creates an API key, sees it once in clear, finds it in the list and revokes it", async () => {
    await page.goto("/w/demo/tokens?view=api-keys");
    await page.getByRole("button", { name: "Create API key" }).click();
    const dialog = page.getByRole("dialog", { name: "Create API key" });
    await dialog.getByLabel("Label").fill("Terraform");
    await dialog.getByRole("button", { name: "Create API key" }).click();
    const key = (await dialog.getByText(/^mnk_/).textContent()) ?? "";
    await dialog.getByRole("button", { name: "Done" }).click();
    const row = page.getByRole("row").filter({ hasText: "Terraform" });
    await row.getByText(`…${key.slice(-4)}`).waitFor();
    await row.getByText("Never", { exact: true }).waitFor();
    await row.getByText(/^in \d+ days$/).waitFor();
    await row.getByText("Admin", { exact: true }).waitFor();
    await row.getByRole("button", { name: "Revoke Terraform" }).click();
    await page
      .getByRole("dialog", { name: "Revoke" })
      .getByRole("button", { name: "Revoke" })
      .click();
    await page.getByText("No API keys", { exact: true }).waitFor();
    await page.goto("/w/demo/tokens?view=api-keys&state=inactive");
    await row.getByText("Revoked").waitFor();
    expect(await row.getByRole("button").count()).toBe(0);
  });

  test("after a credential is saved, the dashboard shows only its last four characters", async () => {
    await page.goto("/w/demo/servers/everything?tab=settings");
    await page.getByRole("button", { name: "Add credential" }).click();
    await page.getByLabel("Name of credential 1").fill("X-Api-Key");
    await page.getByLabel("Value of credential 1").fill("very-secret-value-9876");
    await page.getByLabel("Day on which credential 1 expires, if known").fill("2049-12-31");
    await page.getByRole("button", { name: "Save credentials" }).click();
    await page.getByText("…9876").waitFor();
    await expect.poll(() => page.content()).not.toContain("very-secret");
    const day = page.getByLabel(/^Day on which x-api-key expires$/i);
    expect(await day.inputValue()).toBe("2049-12-31");
  });

  test("a new value of a credential expires on no day, although the value before it did", async () => {
    await page.goto("/w/demo/servers/everything?tab=settings");
    const day = page.getByLabel(/^Day on which x-api-key expires$/i);
    await day.fill("2050-01-31");
    await day.blur();
    await page.getByText("Credentials saved").waitFor();
    await page.getByRole("button", { name: "Add credential" }).click();
    await page.getByLabel("Name of credential 1").fill("X-Api-Key");
    await page.getByLabel("Value of credential 1").fill("another-secret-value-5432");
    await page.getByRole("button", { name: "Save credentials" }).click();
    await page.getByText("…5432").waitFor();
    await expect.poll(() => day.inputValue()).toBe("");
  });

  test("an owner sets a server's time limits, and removes one again", async () => {
    const server = "/workspaces/demo/servers/everything";
    await page.goto("/w/demo/servers/everything?tab=settings");
    const save = page.getByRole("button", { name: "Save time limits" });
    await page.getByLabel("Longest call").fill("2 hours");
    await page.getByText("Enter a whole number from 1 to 3600, or leave it empty.").waitFor();
    expect(await save.isDisabled()).toBe(true);
    await page.getByLabel("Longest call").fill("3600");
    await page.getByLabel("Longest silence").fill("300");
    await save.click();
    await page.getByText("Time limits saved").waitFor();
    expect(await manage(dashboard.api, "GET", server)).toMatchObject({
      longestCallSeconds: 3_600,
      longestSilenceSeconds: 300,
    });
    await page.getByLabel("Longest silence").fill("");
    await save.click();
    await expect
      .poll(() => manage(dashboard.api, "GET", server))
      .toMatchObject({ longestCallSeconds: 3_600, longestSilenceSeconds: null });
  });

  test("an owner adds rules to several members at once and undoes it", async () => {
    await manage(dashboard.api, "POST", "/workspaces/demo/members", { name: "Grace" });
    await manage(dashboard.api, "POST", "/workspaces/demo/members", { name: "Alan" });
    await page.goto("/w/demo/access");
    await page.getByRole("checkbox", { name: "Select Grace" }).click();
    await page.getByRole("checkbox", { name: "Select Alan" }).click();
    await page.getByRole("button", { name: "Add rules", exact: true }).click();
    await page.getByRole("combobox", { name: "Servers and tools" }).fill("everything:*");
    await page.getByRole("option", { name: "everything:*", exact: true }).click();
    await page.keyboard.press("Tab");
    await page.getByRole("button", { name: "Add 1 rule" }).click();
    await page.getByText("Rules saved for 2 members").waitFor();
    const chips = page.getByRole("button", { name: "Remove rule everything:*" });
    expect(await chips.count()).toBe(2);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Rules restored").waitFor();
    await expect.poll(() => chips.count()).toBe(0);
  });

  test("an owner who removes an admin reads how many tokens of the admin's go on, and finds them marked", async () => {
    const invitation = { name: "Lin", role: "admin" };
    const { url } = Link.parse(
      await manage(dashboard.api, "POST", "/workspaces/demo/invitations", invitation),
    );
    const admin = await openBrowserUser(browser, dashboard.baseUrl);
    await join(admin, toPath(url), "Lin");
    await admin.page.goto("/w/demo/tokens?view=all");
    await admin.page.getByRole("button", { name: "Create token" }).click();
    const form = admin.page.getByRole("dialog", { name: "Create token" });
    await form.getByLabel("Label").fill("night job");
    await form.getByRole("button", { name: "Create token" }).click();
    await admin.page.getByRole("dialog", { name: "Your new token" }).waitFor();
    await page.goto("/w/demo/members");
    await page.getByRole("button", { name: "Actions for Lin" }).click();
    await page.getByRole("menuitem", { name: "Remove member" }).click();
    const dialog = page.getByRole("dialog", { name: "Remove Lin?" });
    await dialog.getByText(/^Lin made 1 token .* until it is rotated or revoked/).waitFor();
    await dialog.getByRole("button", { name: "Remove member" }).click();
    await page.getByText("Lin removed").waitFor();
    await page.goto("/w/demo/tokens?view=all");
    await page.getByText(/Rotate or revoke the tokens that are marked/).waitFor();
    const row = page.getByRole("row").filter({ hasText: "night job" });
    await row.getByText("Lin", { exact: true }).waitFor();
    await row.getByText("Has left").waitFor();
    await row.getByRole("button", { name: "Actions for night job" }).click();
    await page.getByRole("menuitem", { name: "Rotate…" }).click();
    await page
      .getByRole("dialog", { name: "Rotate" })
      .getByRole("button", { name: "Rotate" })
      .click();
    await page.getByRole("button", { name: "Done" }).click();
    await row.getByText("Workspace", { exact: true }).waitFor();
    expect(await row.getByText("Has left").count()).toBe(0);
  });

  test("the filters of the audit log are part of the URL", async () => {
    await page.goto("/w/demo/audit");
    await page.getByRole("combobox", { name: "Outcome" }).click();
    await page.getByRole("option", { name: "Failed" }).click();
    await expect.poll(() => page.url()).toContain("status=error");
    await page.reload();
    await page.getByText("No calls found", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByRole("row", { name: /get-sum/ }).waitFor();
  });

  test("the CSV export contains the calls of the audit log", async () => {
    await page.getByRole("button", { name: "Export" }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: "CSV", exact: true }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("tool-calls.csv");
    const text = Buffer.concat(await Array.fromAsync(await download.createReadStream())).toString();
    expect(text).toContain(",get-sum,tools/call,ok,");
  });

  test("an owner opens the registry to readers without a token, and closes it again", async () => {
    const read = async () => {
      const response = await fetch(`${dashboard.baseUrl}/api/registry/demo/v0.1/servers`);
      return { status: response.status, text: await response.text() };
    };
    await page.goto("/w/demo/settings");
    const isPublic = page.getByRole("switch", { name: "Readable without a token" });
    expect((await read()).status).toBe(401);
    await isPublic.click();
    await page.getByText("Everyone who knows the address reads").waitFor();
    expect((await read()).text).toContain("/api/gw/demo/everything");
    await isPublic.click();
    await page.getByText("Each token reads the servers that its owner may use").waitFor();
    expect((await read()).status).toBe(401);
  });

  test("an owner downloads the managed settings that allow clients the enabled servers and no others", async () => {
    await page.goto("/w/demo/settings");
    const section = page.locator("section").filter({ hasText: "Fleet pack" });
    await section.getByText("starts under any name").waitFor();
    await section.getByLabel("Client").click();
    await page.getByRole("option", { name: "Codex" }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      section.getByRole("button", { name: "Download requirements.toml" }).click(),
    ]);
    const toml = Buffer.concat(await Array.fromAsync(await download.createReadStream())).toString();
    const url = `${dashboard.baseUrl}/api/gw/demo`;
    expect(toml).toContain(`[mcp_servers."everything".identity]\nurl = "${url}/everything"\n`);
    await section.getByLabel("Distribution").click();
    await page.getByRole("option", { name: "Intune (Windows)" }).click();
    await section.getByRole("button", { name: "Download codex.ps1" }).waitFor();
    expect(await section.getByLabel("codex.ps1", { exact: true }).textContent()).toContain(
      "WriteAllText($path, '# MCP servers that Codex is allowed",
    );
  });

  test("an owner connects a server that wants a sign-in, grants it more permission, reads when that ends, and disconnects it", async () => {
    const upstream = await startProtectedUpstream();
    onTestFinished(async () => {
      await upstream.close();
    });
    const server = { slug: "guarded", url: `${upstream.url}/owner/mcp` };
    const control = (settings: object) =>
      fetch(`${upstream.url}/owner/control`, { method: "POST", body: JSON.stringify(settings) });
    await manage(dashboard.api, "POST", "/workspaces/demo/servers", server);
    await page.goto("/w/demo/servers/guarded");
    await page.getByText("The server wants a sign-in at").first().waitFor();
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Connect guarded" });
    await dialog.getByText("Own client id and secret").click();
    expect(await dialog.getByLabel("redirect address", { exact: true }).textContent()).toBe(
      `${dashboard.baseUrl}/oauth/callback`,
    );
    await dialog.getByRole("button", { name: "Go to the provider" }).click();
    const { host } = new URL(upstream.url);
    await page.getByText(`Signed in at ${host} by Ada`).waitFor();
    await control({ needs: "admin", tokenMembers: { refresh_token_expires_in: 60 } });
    await openTool("secret");
    await page.getByRole("button", { name: "Call tool" }).click();
    const question = page.getByRole("alertdialog", { name: "Call this tool for real?" });
    await question.getByRole("button", { name: "Call tool" }).click();
    await page.getByText(/The call needs the scope "admin"\. An owner or admin/).waitFor();
    await page.goto("/w/demo");
    const attention = page.locator("section", { hasText: "Needs attention" });
    await attention.getByText('more permission: the scope "admin"').waitFor();
    await attention.getByRole("link", { name: "guarded" }).click();
    await page.getByRole("button", { name: "Grant" }).click();
    await dialog.getByText("admin", { exact: true }).waitFor();
    await dialog.getByRole("button", { name: "Go to the provider" }).click();
    await page.getByText(`The sign-in at ${host} ends on`).waitFor();
    await page.getByRole("button", { name: "Sign in again" }).waitFor();
    expect(await page.getByRole("button", { name: "Grant" }).count()).toBe(0);
    await page.getByRole("button", { name: "Disconnect" }).click();
    const confirm = page.getByRole("dialog", { name: "Disconnect guarded?" });
    await confirm.getByRole("button", { name: "Disconnect" }).click();
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await dialog.getByLabel("Whose account").click();
    await page.getByRole("option", { name: "An account of the gateway itself" }).click();
    await dialog.getByLabel("Client id").fill("the-gateway");
    await dialog.getByLabel("Client secret").fill("a-long-secret");
    await dialog.getByRole("button", { name: "Sign the gateway in" }).click();
    await page.getByText(`Signed in at ${host} by Ada`).waitFor();
    await page.getByText("Sign-in", { exact: true }).waitFor();
    expect(await page.getByText("None", { exact: true }).count()).toBe(0);
  });

  test("an owner adds a server with a credential and the day on which it expires", async () => {
    await page.goto("/w/demo/servers/new");
    await page.getByLabel("URL", { exact: true }).fill(examples[0]?.url ?? "");
    await page.getByLabel("Short name").fill("dated");
    await page.getByRole("button", { name: "Add credential" }).click();
    await page.getByLabel("Name of credential 1").fill("X-Api-Key");
    await page.getByLabel("Value of credential 1").fill("very-secret-value-1234");
    await page.getByLabel("Day on which credential 1 expires, if known").fill("2049-12-31");
    await page.getByRole("button", { name: "Test connection" }).click();
    await page.getByRole("button", { name: "Add server" }).click();
    await page.waitForURL("**/servers/dated?*");
    await page.getByText(/, expires /).waitFor();
    await manage(dashboard.api, "DELETE", "/workspaces/demo/servers/dated");
  });

  test("two people connect an account each at a server, and the owner disconnects one of them", async () => {
    const upstream = await startProtectedUpstream();
    onTestFinished(async () => {
      await upstream.close();
    });
    const server = { slug: "personal", url: `${upstream.url}/personal/mcp` };
    await manage(dashboard.api, "POST", "/workspaces/demo/servers", server);
    await page.goto("/w/demo/servers/personal");
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Connect personal" });
    await dialog.getByLabel("Whose account").click();
    await page.getByRole("option", { name: "An account for each person" }).click();
    await dialog.getByRole("button", { name: "Go to the provider" }).click();
    await page.getByText("Lists the tools").waitFor();
    const invitation = { name: "Grace", role: "member" };
    const invited = await manage(dashboard.api, "POST", "/workspaces/demo/invitations", invitation);
    const grace = await openBrowserUser(browser, dashboard.baseUrl);
    await join(grace, toPath(Link.parse(invited).url), "Grace");
    await grace.page.goto("/w/demo/accounts?server=personal");
    await grace.page.getByText("Not connected. Until then your calls are refused.").waitFor();
    await grace.page.getByRole("button", { name: "Connect for personal" }).click();
    await grace.page.getByText("Connected", { exact: true }).waitFor();
    expect(new URL(grace.page.url()).pathname).toBe("/w/demo/accounts");
    // The visible label is the beginning of the name (WCAG 2.5.3).
    await grace.page.getByRole("button", { name: "Connect again for personal" }).waitFor();
    // On a machine whose clock is slow, what has happened is not ahead.
    await grace.page.clock.setSystemTime(Date.now() - 3_600_000);
    await grace.page.reload();
    await grace.page.getByText("just now").waitFor();
    const path = "/workspaces/demo/servers/personal";
    await manage(dashboard.api, "PATCH", path, { enabled: false });
    await grace.page.reload();
    await grace.page.getByText("The server is disabled, so your calls are refused.").waitFor();
    expect(await grace.page.getByRole("button", { name: /^Connect/ }).count()).toBe(0);
    await grace.page.getByRole("button", { name: "Disconnect for personal" }).waitFor();
    await manage(dashboard.api, "PATCH", path, { enabled: true });
    await page.reload();
    await page.getByRole("button", { name: "Disconnect Grace" }).click();
    const confirm = page.getByRole("dialog", { name: "Disconnect the account of Grace?" });
    await confirm.getByRole("button", { name: "Disconnect" }).click();
    await page.getByText("Account disconnected").waitFor();
    await grace.page.reload();
    await grace.page.getByText("Not connected. Until then your calls are refused.").waitFor();
    expect(grace.problems).toEqual([]);
  });

  test("an owner deletes a workspace after typing its short name", async () => {
    await page.goto("/w/demo/settings");
    await page.getByRole("button", { name: "Delete workspace" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete this workspace?" });
    expect(await dialog.getByRole("button", { name: "Delete workspace" }).isDisabled()).toBe(true);
    await dialog.getByLabel("Type demo to confirm").fill("demo");
    await dialog.getByRole("button", { name: "Delete workspace" }).click();
    await page.getByRole("heading", { name: "Create your first workspace" }).waitFor();
  });

  test("a user signs in with a recovery code on a device without a passkey, and signs out all other sessions", async () => {
    const other = await openBrowserUser(browser, dashboard.baseUrl);
    await other.page.goto("/account");
    await other.page.getByRole("button", { name: "Use a recovery code" }).click();
    await other.page.getByLabel("Recovery code").fill(codes[0] ?? "");
    await other.page.getByRole("button", { name: "Sign in" }).click();
    await other.page.getByText(`${codes.length - 1} codes left`).waitFor();
    expect(other.problems).toEqual([]);
    await page.goto("/account");
    await page.getByRole("button", { name: "Sign out all other sessions" }).click();
    await page.getByText("Signed out of all other sessions").waitFor();
    await other.page.reload();
    await other.page.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  test("the tasks of an owner do not violate the content security policy", () => {
    expect(stage.owner.problems).toEqual([]);
  });
});
