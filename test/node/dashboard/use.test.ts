import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { startExampleServers, type ExampleServer } from "../../../scripts/example-servers.ts";
import { manage } from "../../../scripts/management-client.ts";
import { createOpenWorkspace } from "../../fixtures/local-gateway.ts";
import { hasChromium, launchChromium, openPerson, type Person } from "./chromium.ts";
import { join, makeSetupLink, serveDashboard, type ServedDashboard } from "./served-dashboard.ts";

const TIMEOUT_MS = 60_000;
const Tokens = z.object({
  items: z.array(z.object({ label: z.string(), revokedAt: z.number().nullable() })),
});

describe.skipIf(!hasChromium)("an owner at work", { timeout: TIMEOUT_MS }, () => {
  let dashboard: ServedDashboard;
  let examples: ExampleServer[];
  let browser: Browser;
  let owner: Person;
  let page: Page;
  let codes: string[];

  beforeAll(async () => {
    [dashboard, examples, browser] = await Promise.all([
      serveDashboard(),
      startExampleServers({}),
      launchChromium(),
    ]);
    const servers = examples.map(({ slug, url }) => ({ slug, url }));
    await createOpenWorkspace(dashboard.api, "demo", servers);
    owner = await openPerson(browser, dashboard.baseUrl);
    page = owner.page;
    await join(owner, await makeSetupLink(dashboard.api, "demo"), "Ada");
    await page.getByRole("button", { name: "Make recovery codes" }).click();
    const list = page.getByRole("listitem").filter({ hasText: /^[\w-]{20,}$/ });
    await list.first().waitFor();
    codes = await list.allTextContents();
  }, TIMEOUT_MS);

  afterAll(async () => {
    await browser.close();
    for (const example of examples) example.process.kill();
    await dashboard.stop();
  });

  const callTool = async (tool: string) => {
    await page.goto(`/w/demo/try?tool=${tool}`);
    await page.getByRole("button", { name: "Call" }).waitFor();
  };

  test("tries a tool: the form checks the input, the call goes through the gateway and is logged", async () => {
    await callTool("everything__get-sum");
    await page.getByLabel("a*").fill("2");
    await page.getByRole("button", { name: "Call" }).click();
    await page.getByText("is required").waitFor();
    await page.getByLabel("b*").fill("40");
    await page.getByRole("button", { name: "Call" }).click();
    await page.getByText("The sum of 2 and 40 is 42.").waitFor();
    await page.goto("/w/demo/audit?live=true");
    const row = page.getByRole("row", { name: /get-sum.*everything.*Ada.*Succeeded/ });
    await row.getByRole("button").click();
    await page.getByRole("dialog", { name: "Call" }).getByText("mcpnest dashboard").waitFor();
  });

  test("sees a tool's image, its structured content, its resource and its progress", async () => {
    await callTool("everything__get-tiny-image");
    await page.getByRole("button", { name: "Call" }).click();
    const image = page.getByRole("img", { name: "Result of the tool" });
    await image.waitFor();
    expect(await image.evaluate((element) => Reflect.get(element, "naturalWidth"))).toBeGreaterThan(
      0,
    );
    await callTool("everything__get-structured-content");
    await page.getByLabel("location*").selectOption("Chicago");
    await page.getByRole("button", { name: "Call" }).click();
    expect(await page.getByLabel("structured content", { exact: true }).textContent()).toContain(
      '"humidity"',
    );
    await callTool("everything__get-resource-reference");
    await page.getByRole("button", { name: "Call" }).click();
    await page
      .getByText(/^demo:\/\/resource\//)
      .first()
      .waitFor();
    await callTool("everything__trigger-long-running-operation");
    await page.getByLabel("duration").fill("2");
    await page.getByRole("button", { name: "Call" }).click();
    await page.getByRole("progressbar", { name: "Progress" }).waitFor();
    await page.getByText(/Long running operation completed/).waitFor();
  });

  test("leaves no working token behind after trying", async () => {
    await page.getByRole("link", { name: "Tokens" }).click();
    await page.getByText("No tokens here").waitFor();
  });

  test("leaves none behind either when it goes before its token has come", async () => {
    const made = async () => {
      const list = Tokens.parse(await manage(dashboard.api, "GET", "/workspaces/demo/tokens"));
      const tokens = list.items.filter(({ label }) => label.startsWith("Dashboard"));
      return { made: tokens.length, working: tokens.filter((t) => t.revokedAt === null).length };
    };
    const before = await made();
    await callTool("everything__get-tiny-image");
    const left = Promise.withResolvers<void>();
    await page.route("**/me/tokens", async (route) => {
      if (route.request().method() === "POST") await left.promise;
      await route.continue();
    });
    await page.getByRole("button", { name: "Call" }).click();
    await page.getByRole("link", { name: "Tokens" }).click();
    await page.getByText("No tokens here").waitFor();
    left.resolve();
    await expect.poll(made).toEqual({ made: before.made + 1, working: 0 });
    await page.unrouteAll();
  });

  const order = () =>
    page
      .getByRole("button", { name: /^Move / })
      .evaluateAll((grips) => grips.map((grip) => grip.getAttribute("aria-label")));

  /** Moves the first server of two down, with the keyboard. */
  const moveDown = async () => {
    await page.getByRole("button", { name: "Move everything", exact: true }).focus();
    await page.keyboard.press("Space");
    await page.getByText("everything is over place 1 of 2").waitFor({ state: "attached" });
    // The list is measured first; a key that comes before that moves nothing.
    const below = page.getByText("everything is over place 2 of 2");
    await expect
      .poll(async () => {
        await page.keyboard.press("ArrowDown");
        return below.count();
      })
      .toBe(1);
    await page.keyboard.press("Space");
  };

  test("moves a server with the keyboard alone, and takes it back", async () => {
    const saved = async () =>
      JSON.stringify(await manage(dashboard.api, "GET", "/workspaces/demo/servers"));
    await page.goto("/w/demo/servers");
    await moveDown();
    await page.getByText("Order saved").waitFor();
    expect(await order()).toEqual(["Move everything-sse", "Move everything"]);
    expect(await saved()).toMatch(/"slug":"everything-sse".*"slug":"everything"/);
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(order).toEqual(["Move everything", "Move everything-sse"]);
    await expect.poll(saved).toMatch(/"slug":"everything".*"slug":"everything-sse"/);
  });

  test("is told when somebody else changed the servers meanwhile, and sees the order as it is", async () => {
    await page.goto("/w/demo/servers");
    await expect.poll(order).toHaveLength(2);
    const added = { slug: "third", url: `${examples[0]?.url}`, enabled: false };
    await manage(dashboard.api, "POST", "/workspaces/demo/servers", added);
    await moveDown();
    await page
      .getByRole("region", { name: "Notifications" })
      .getByText(/read the servers again/)
      .waitFor();
    await expect.poll(order).toEqual(["Move everything", "Move everything-sse", "Move third"]);
    await manage(dashboard.api, "DELETE", "/workspaces/demo/servers/third");
  });

  test("makes a key for the API, which is shown once, listed and revoked", async () => {
    await page.goto("/w/demo/tokens?of=keys");
    await page.getByRole("button", { name: "Create API key" }).click();
    const dialog = page.getByRole("dialog", { name: "Create an API key" });
    await dialog.getByLabel("Label").fill("Terraform");
    await dialog.getByRole("button", { name: "Create key" }).click();
    const key = (await dialog.getByText(/^mnk_/).textContent()) ?? "";
    await dialog.getByRole("button", { name: "Done" }).click();
    const row = page.getByRole("listitem").filter({ hasText: "Terraform" });
    await row.getByText(`…${key.slice(-4)}`).waitFor();
    await row.getByText(/^Never used · expires in /).waitFor();
    await row.getByText("admin", { exact: true }).waitFor();
    await row.getByRole("button", { name: "Revoke Terraform" }).click();
    await page
      .getByRole("dialog", { name: "Revoke" })
      .getByRole("button", { name: "Revoke" })
      .click();
    await page.getByText("No API keys here").waitFor();
    await page.goto("/w/demo/tokens?of=keys&state=dead");
    await row.getByText("revoked").waitFor();
    expect(await row.getByRole("button").count()).toBe(0);
  });

  test("sets a credential, of which only the last four characters come back", async () => {
    await page.goto("/w/demo/servers/everything?tab=settings");
    await page.getByRole("button", { name: "Add credential" }).click();
    await page.getByLabel("Name of credential 1").fill("X-Api-Key");
    await page.getByLabel("Value of credential 1").fill("very-secret-value-9876");
    await page.getByRole("button", { name: "Save credentials" }).click();
    await page.getByText("…9876").waitFor();
    await expect.poll(() => page.content()).not.toContain("very-secret");
  });

  test("changes rules in bulk and takes the change back", async () => {
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
    await page.getByText("Rules of 2 people saved").waitFor();
    const chips = page.getByRole("button", { name: "Remove rule everything:*" });
    expect(await chips.count()).toBe(2);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Rules are as they were").waitFor();
    await expect.poll(() => chips.count()).toBe(0);
  });

  test("keeps filters in the address", async () => {
    await page.goto("/w/demo/audit");
    await page.getByRole("combobox", { name: "Outcome" }).click();
    await page.getByRole("option", { name: "Failed" }).click();
    await expect.poll(() => page.url()).toContain("status=error");
    await page.reload();
    await page.getByText("No calls", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByRole("row", { name: /get-sum/ }).waitFor();
  });

  test("exports what matches as CSV", async () => {
    await page.getByRole("button", { name: "Export" }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: "CSV", exact: true }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("tool-calls.csv");
    const text = Buffer.concat(await Array.fromAsync(await download.createReadStream())).toString();
    expect(text).toContain(",get-sum,tools/call,ok,");
  });

  test("deletes the workspace only after typing its name", async () => {
    await page.goto("/w/demo/settings");
    await page.getByRole("button", { name: "Delete workspace" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete this workspace?" });
    expect(await dialog.getByRole("button", { name: "Delete workspace" }).isDisabled()).toBe(true);
    await dialog.getByLabel("Type demo to confirm").fill("demo");
    await dialog.getByRole("button", { name: "Delete workspace" }).click();
    await page.getByRole("heading", { name: "Create your first workspace" }).waitFor();
  });

  test("gets back in with a recovery code, on a device without the passkey", async () => {
    const other = await openPerson(browser, dashboard.baseUrl);
    await other.page.goto("/account");
    await other.page.getByRole("button", { name: "Use a recovery code" }).click();
    await other.page.getByLabel("Recovery code").fill(codes[0] ?? "");
    await other.page.getByRole("button", { name: "Sign in" }).click();
    await other.page.getByText(`${codes.length - 1} codes left`).waitFor();
    expect(other.problems).toEqual([]);
    await page.goto("/account");
    await page.getByRole("button", { name: "Sign out everywhere else" }).click();
    await page.getByText("Signed out there").waitFor();
    await other.page.reload();
    await other.page.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  test("breaks no rule of the content security policy with any of it", () => {
    expect(owner.problems).toEqual([]);
  });
});
