import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { startExampleServers, type ExampleServer } from "../../../scripts/example-servers.ts";
import { manage } from "../../../scripts/management-client.ts";
import { postRequest } from "../../fixtures/local-gateway.ts";
import { hasChromium, launchChromium, openBrowserUser, type BrowserUser } from "./chromium.ts";
import {
  join,
  makeSetupLink,
  serveDashboard,
  toPath,
  type ServedDashboard,
} from "./served-dashboard.ts";

const TIMEOUT_MS = 60_000;
const Issued = z.object({ url: z.string() });
const Token = z.object({ token: z.string() });
const Created = z.object({ id: z.string() });
const Member = z.object({ rules: z.array(z.string()), isRestricted: z.boolean() });
const Names = z.object({ items: z.array(z.object({ name: z.string() })) });

describe.skipIf(!hasChromium)("access in two browsers at once", { timeout: TIMEOUT_MS }, () => {
  let dashboard: ServedDashboard;
  let examples: ExampleServer[];
  let browser: Browser;
  let owner: BrowserUser;
  let admin: BrowserUser;
  let member: BrowserUser;

  const addMember = async (name: string, rules: string[] = []) => {
    const path = "/workspaces/demo/members";
    const { id } = Created.parse(await manage(dashboard.api, "POST", path, { name }));
    if (rules.length > 0) await manage(dashboard.api, "PUT", `${path}/${id}/rules`, { rules });
    return id;
  };
  const read = async (id: string) =>
    Member.parse(await manage(dashboard.api, "GET", `/workspaces/demo/members/${id}`));
  const joinAs = async (name: string, role: string) => {
    const invitation = { name, role };
    const path = "/workspaces/demo/invitations";
    const { url } = Issued.parse(await manage(dashboard.api, "POST", path, invitation));
    const user = await openBrowserUser(browser, dashboard.baseUrl);
    await join(user, toPath(url), name);
    return user;
  };

  beforeAll(async () => {
    [dashboard, examples, browser] = await Promise.all([
      serveDashboard(),
      startExampleServers({}),
      launchChromium(),
    ]);
    const { api } = dashboard;
    const settings = { slug: "demo", name: "Demo", defaultAccess: "open" };
    await manage(api, "POST", "/workspaces", settings);
    for (const { slug, url } of examples)
      await manage(api, "POST", "/workspaces/demo/servers", { slug, url });
    owner = await openBrowserUser(browser, dashboard.baseUrl);
    await join(owner, await makeSetupLink(api, "demo"), "Ada");
    admin = await joinAs("Lin", "admin");
    member = await joinAs("Max", "member");
  }, TIMEOUT_MS);

  afterAll(async () => {
    await browser.close();
    for (const example of examples) example.process.kill();
    await dashboard.stop();
  });

  /** Calls a tool as a member; returns the response. */
  const callGetSum = async (memberId: string) => {
    const body = { label: "x", memberId };
    const { token } = Token.parse(
      await manage(dashboard.api, "POST", "/workspaces/demo/tokens", body),
    );
    const gateway = { gatewayUrl: `${dashboard.api.apiUrl}/gw/demo`, token };
    const params = { name: "everything__get-sum", arguments: {} };
    return (await postRequest(gateway, "tools/call", params)).text();
  };

  const openGrid = async (page: Page, name: string) => {
    await page.goto(`/w/demo/access?server=everything&q=${name}`);
    const cell = (tool: string) =>
      page.getByRole("checkbox", { name: new RegExp(`^${name}: (all tools of )?${tool},`) });
    await cell("everything").waitFor();
    return cell;
  };

  test("a right that another admin took away stays away, and the conflict says who changed what", async () => {
    const id = await addMember("Grace", ["everything:echo", "everything:get-sum"]);
    const { page } = owner;
    const cell = await openGrid(page, "Grace");
    await admin.page.goto("/w/demo/access?q=Grace");
    await admin.page.getByRole("button", { name: "Remove rule everything:echo" }).click();
    await admin.page.getByText("Rules saved for Grace").waitFor();
    await cell("everything:get-tiny-image").click();
    const conflict = page.getByRole("alert", { name: "Change not applied" });
    await conflict.getByText("You wanted to allow everything:get-tiny-image (Grace).").waitFor();
    await conflict
      .getByText(/^Lin changed the rules of Grace at .*: take away everything:echo\./)
      .waitFor();
    await conflict.getByText("The rules of Grace are: everything:get-sum.").waitFor();
    await cell("everything:echo")
      .and(page.getByLabel(/refused$/))
      .waitFor();
    expect((await read(id)).rules).toEqual(["everything:get-sum"]);
    await conflict.getByRole("button", { name: "Apply again" }).click();
    await expect
      .poll(async () => (await read(id)).rules)
      .toEqual(["everything:get-sum", "everything:get-tiny-image"]);
    expect(await conflict.count()).toBe(0);
  });

  test("a conflict names every change since the page showed the rules, and the loss with a removed server", async () => {
    const path = "/workspaces/demo/servers";
    const url = examples[0]?.url;
    await manage(dashboard.api, "POST", path, { slug: "spare", url });
    const rules = ["everything:echo", "everything:get-sum", "spare:echo"];
    const id = await addMember("Frances", rules);
    const { page } = owner;
    const cell = await openGrid(page, "Frances");
    await admin.page.goto("/w/demo/access?q=Frances");
    for (const rule of rules.slice(0, 2)) {
      await admin.page.getByRole("button", { name: `Remove rule ${rule}` }).click();
      await expect.poll(async () => (await read(id)).rules).not.toContain(rule);
    }
    await manage(dashboard.api, "DELETE", `${path}/spare`);
    await cell("everything:get-tiny-image").click();
    const conflict = page.getByRole("alert", { name: "Change not applied" });
    await conflict.getByText(/^With a removed server Frances lost spare:echo\.$/).waitFor();
    for (const rule of rules.slice(0, 2))
      await conflict.getByText(new RegExp(`^Lin changed .*: take away ${rule}\\.`)).waitFor();
    expect(await conflict.getByText(/changed the rules of Frances/).count()).toBe(2);
    await conflict.getByRole("button", { name: "Drop my change" }).click();
  });

  test("Undo does not give back what another admin took away since", async () => {
    const id = await addMember("Alan", ["everything:echo", "everything:get-sum"]);
    const { page } = owner;
    await page.goto("/w/demo/access?q=Alan");
    await page.getByRole("button", { name: "Remove rule everything:echo" }).click();
    await page.getByText("Rules saved for Alan").waitFor();
    await admin.page.goto("/w/demo/access?q=Alan");
    await admin.page.getByRole("button", { name: "Remove rule everything:get-sum" }).click();
    const question = admin.page.getByRole("dialog", { name: "Take the last rule of Alan?" });
    await question.getByText(/^Without rules Alan may call no tool/).waitFor();
    await question.getByRole("button", { name: "Take the last rule" }).click();
    await admin.page.getByText("Rules saved for Alan").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    const conflict = page.getByRole("alert", { name: "Change not applied" });
    await conflict.getByText("You wanted to allow everything:echo (Alan).").waitFor();
    await conflict.getByRole("button", { name: "Drop my change" }).click();
    expect(await read(id)).toEqual({ rules: [], isRestricted: true });
  });

  test("two quick changes of one person both hold, and Undo takes back only its own", async () => {
    const id = await addMember("Edsger", ["everything:echo"]);
    const { page } = owner;
    const cell = await openGrid(page, "Edsger");
    const release = Promise.withResolvers<void>();
    let sent = 0;
    await page.route("**/workspaces/demo/rules", async (route) => {
      sent += 1;
      await release.promise;
      await route.continue();
    });
    await cell("everything:get-sum").click();
    await cell("everything:get-tiny-image").click();
    await cell("everything:get-tiny-image")
      .and(page.getByLabel(/allowed by a rule$/))
      .waitFor();
    // The second change waits for the first one: it needs the version that the first one makes.
    expect(sent).toBe(1);
    release.resolve();
    const both = ["everything:echo", "everything:get-sum", "everything:get-tiny-image"];
    await expect.poll(async () => (await read(id)).rules).toEqual(both);
    await expect.poll(() => page.getByRole("button", { name: "Undo" }).count()).toBe(2);
    await page.getByRole("button", { name: "Undo" }).last().click();
    await expect.poll(async () => (await read(id)).rules).toEqual(both.toSpliced(1, 1));
  });

  test("the first rule of a person with default access is asked for, with the safe choice first", async () => {
    const id = await addMember("Barbara");
    const { page } = owner;
    const cell = await openGrid(page, "Barbara");
    await cell("everything:echo")
      .and(page.getByLabel(/allowed by default$/))
      .click();
    const question = page.getByRole("dialog", { name: "Restrict Barbara to rules?" });
    await question.getByText(/^Barbara may call \d\d tools by default\.$/).waitFor();
    await question.getByText("With this rule Barbara may call only this one.").waitFor();
    const cancel = question.getByRole("button", { name: "Cancel" });
    await expect
      .poll(() => cancel.evaluate((button) => button === document.activeElement))
      .toBe(true);
    await page.keyboard.press("Enter");
    await question.waitFor({ state: "hidden" });
    expect(await read(id)).toEqual({ rules: [], isRestricted: false });
    await cell("everything:echo").click();
    await question.getByRole("button", { name: "Restrict to rules" }).click();
    await cell("everything:get-sum")
      .and(page.getByLabel(/refused$/))
      .waitFor();
    await expect.poll(() => read(id)).toEqual({ rules: ["everything:echo"], isRestricted: true });
  });

  test("a refused call is allowed from the audit log only for the rules that the page showed, and with what the rule takes away", async () => {
    const id = await addMember("Radia", ["everything:echo"]);
    expect(await callGetSum(id)).toContain("Tool not allowed");
    const { page } = owner;
    await page.goto(`/w/demo/audit?member=${id}&live=true`);
    await page
      .getByRole("row", { name: /get-sum.*Refused/ })
      .getByRole("button")
      .click();
    await page.getByRole("button", { name: "Allow this…" }).click();
    const allow = page.getByRole("button", { name: "Allow for Radia" });
    await allow.waitFor();
    expect(await page.getByText(/by default/).count()).toBe(0);
    const open = { memberIds: [id], add: [], remove: ["everything:echo"], isRestricted: false };
    await manage(dashboard.api, "PATCH", "/workspaces/demo/rules", open);
    await allow.click();
    await page.getByText("Not applied: the rules changed meanwhile").waitFor();
    expect(await read(id)).toEqual({ rules: [], isRestricted: false });
    await page
      .getByText(
        /^Radia may call \d\d tools by default\. With this rule Radia may call only this one\.$/,
      )
      .waitFor();
    await allow.click();
    await page.getByText("The next call succeeds.").waitFor();
    expect(await read(id)).toEqual({ rules: ["everything:get-sum"], isRestricted: true });
  });

  test("the keys of a grid move the focus and change a rule", async () => {
    const id = await addMember("Donald", ["everything:echo"]);
    const { page } = owner;
    const cell = await openGrid(page, "Donald");
    await cell("everything").focus();
    await page.keyboard.press("End");
    const last = page.locator(":focus");
    const name = (await last.getAttribute("aria-label")) ?? "";
    expect(name).toMatch(/^Donald: everything:/);
    const rule = name.split(", ")[0]?.replace("Donald: ", "") ?? "";
    await page.keyboard.press("Space");
    await expect.poll(async () => (await read(id)).rules).toContain(rule);
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.getByRole("combobox", { name: "Tool" }).waitFor();
    expect(page.url()).toContain(encodeURIComponent(rule));
  });

  test("the card counts who may call everything, in both browsers, and a tool's view allows it to several people at once", async () => {
    const [one, two] = [
      await addMember("Tony H", ["everything:echo"]),
      await addMember("Tony B", ["everything:echo"]),
    ];
    const { items } = Names.parse(await manage(dashboard.api, "GET", "/workspaces/demo/members"));
    const { page } = owner;
    await page.goto("/w/demo/access?view=tool&tool=everything:get-sum&q=Tony");
    await page
      .getByRole("heading", { name: `3 of ${items.length} people may call everything` })
      .waitFor();
    await page.getByText("0 of 2 people may call this").waitFor();
    await page.getByRole("checkbox", { name: "Select all shown people" }).check();
    await page.getByRole("button", { name: "Allow selected" }).click();
    await page.getByText("2 of 2 people may call this").waitFor();
    for (const id of [one, two])
      await expect.poll(async () => (await read(id)).rules).toContain("everything:get-sum");
    await page.getByRole("switch", { name: "Enforce rules" }).click();
    await page.getByRole("button", { name: "Stop enforcing rules" }).click();
    const all = `${items.length} of ${items.length} people may call everything`;
    await page.getByRole("heading", { name: all }).waitFor();
    await admin.page.goto("/w/demo/access?view=grid&q=Tony");
    await admin.page.getByRole("heading", { name: all }).waitFor();
    await admin.page
      .getByRole("checkbox", { name: /^Tony H: .*, allowed because rules are not enforced$/ })
      .first()
      .waitFor();
    await admin.page.getByRole("switch", { name: "Enforce rules" }).click();
    await admin.page.getByRole("button", { name: "Enforce rules", exact: true }).click();
    await admin.page.getByText("Rules are enforced", { exact: true }).waitFor();
  });

  test("a tool that no server lists is named, and cannot be allowed to people", async () => {
    const { page } = owner;
    for (const rule of ["everything:gone", "nosuch:tool", "readonly"]) {
      await page.goto(`/w/demo/access?view=tool&tool=${rule}`);
      await page.getByText(`No server lists the tool ${rule}`).waitFor();
      expect(await page.getByRole("combobox", { name: "Tool" }).inputValue()).toBe("");
      expect(await page.getByRole("button", { name: /^(Allow|Add rule|Take)/ }).count()).toBe(0);
    }
    const id = await addMember("Ken", ["everything:gone", "everything:echo"]);
    await page.goto("/w/demo/access?view=tool&tool=everything:gone&q=K");
    await page
      .getByText(/^No server lists the tool everything:gone\. Rules for it can be/)
      .waitFor();
    expect(await page.getByRole("button", { name: /^(Allow|Add rule)/ }).count()).toBe(0);
    await page.getByRole("button", { name: "Take away from Ken" }).click();
    await expect.poll(async () => (await read(id)).rules).toEqual(["everything:echo"]);
  });

  test("an auditor and a suspended person count as people without access, and an auditor's access cannot be changed", async () => {
    const post = async (path: string, body: unknown) =>
      Created.parse(await manage(dashboard.api, "POST", `/workspaces/demo/${path}`, body)).id;
    const auditor = await post("members", { name: "Rosa", role: "auditor" });
    const suspended = await addMember("Rob");
    await manage(dashboard.api, "PUT", `/workspaces/demo/members/${suspended}/suspension`, {});
    const { page } = owner;
    const cell = await openGrid(page, "Rosa");
    await page.getByText("Closing it leaves 3 people who never had a rule no tool.").waitFor();
    await page.getByRole("heading", { name: /^3 of \d+ people may call everything$/ }).waitFor();
    const echo = cell("everything:echo").and(page.getByLabel(/refused$/));
    expect(await echo.getAttribute("aria-disabled")).toBe("true");
    await echo.click({ force: true });
    await page.goto("/w/demo/access?view=tool&tool=everything:echo&q=Ro");
    await page.getByText("refused: auditor").waitFor();
    await page.getByText("refused: suspended").waitFor();
    await page.getByRole("button", { name: "Allow Rob" }).waitFor();
    expect(await page.getByRole("button", { name: /^(Allow|Take|Add).*Rosa/ }).count()).toBe(0);
    expect(await page.getByRole("checkbox", { name: "Select Rosa" }).isDisabled()).toBe(true);
    expect(await read(auditor)).toEqual({ rules: [], isRestricted: false });
    await page.getByRole("switch", { name: "Open default access" }).click();
    await page.getByText(/^3 people lose tools\./).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
  });

  test("of several selected people, rules are added to those who can call tools, not to auditors", async () => {
    const path = "/workspaces/demo/members";
    const input = { name: "Bulk Rosa", role: "auditor" };
    const { id: auditor } = Created.parse(await manage(dashboard.api, "POST", path, input));
    const caller = await addMember("Bulk Tom", ["everything:echo"]);
    const { page } = owner;
    await page.goto("/w/demo/access?q=bulk");
    await page.getByRole("checkbox", { name: "Select Bulk Rosa" }).click();
    const bar = page.getByRole("group", { name: "Selected members" });
    expect(await bar.getByRole("button").allTextContents()).toEqual([
      "Remove rules",
      "Clear selection",
    ]);
    await page.getByRole("checkbox", { name: "Select Bulk Tom" }).click();
    await bar.getByRole("button", { name: "Copy rules… (1)" }).waitFor();
    await bar.getByRole("button", { name: "Add rules (1)" }).click();
    await page.getByRole("combobox", { name: "Servers and tools" }).fill("everything:*");
    await page.getByRole("option", { name: "everything:*", exact: true }).click();
    await page.keyboard.press("Tab");
    await page.getByRole("button", { name: "Add 1 rule" }).click();
    await page.getByText("Rules saved for Bulk Tom").waitFor();
    expect((await read(caller)).rules).toContain("everything:*");
    expect((await read(auditor)).rules).toEqual([]);
  });

  test("a preview that opens reads the page beside it again, and Settings names the default access as Access does", async () => {
    const { page } = owner;
    await page.goto("/w/demo/access?q=Ada");
    await page.getByText(/^People who never had a rule may call every tool/).waitFor();
    await manage(dashboard.api, "PATCH", "/workspaces/demo", { defaultAccess: "closed" });
    await page.getByRole("switch", { name: "Enforce rules" }).click();
    await page.getByText("People without rules may call no tool.").waitFor();
    await manage(dashboard.api, "PATCH", "/workspaces/demo", { defaultAccess: "open" });
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText(/^People who never had a rule may call every tool/).waitFor();
    await page.goto("/w/demo/settings");
    const open = page.getByRole("switch", { name: "Open default access" });
    expect(await open.getAttribute("aria-checked")).toBe("true");
  });

  test("a restricted member sees the own tools with what they do, no address, and why a call was refused", async () => {
    const { page } = member;
    const { items } = z
      .object({ items: z.array(z.object({ id: z.string(), name: z.string() })) })
      .parse(await manage(dashboard.api, "GET", "/workspaces/demo/members"));
    const id = items.find(({ name }) => name === "Max")?.id ?? "";
    const rules = { rules: ["everything:echo"] };
    await manage(dashboard.api, "PUT", `/workspaces/demo/members/${id}/rules`, rules);
    expect(await callGetSum(id)).toContain("Tool not allowed");
    await page.goto("/w/demo");
    await page.getByRole("link", { name: "My access" }).click();
    await page.getByText(/^You may call what 1 rule of yours allows/).waitFor();
    await page.getByText("Echoes back the input").waitFor();
    const calls = page.getByRole("list", { name: "Refused calls" });
    await expect
      .poll(async () => {
        await page.reload();
        await page.getByRole("heading", { name: "Refused calls" }).waitFor();
        return calls.getByText(/^At that time no rule of yours allowed this tool\./).count();
      })
      .toBe(1);
    await page.getByRole("link", { name: "Server", exact: true }).click();
    await page.getByRole("tab", { name: "Tools" }).waitFor();
    await page.getByText("Echoes back the input").waitFor();
    expect(await page.getByText("get-sum").count()).toBe(0);
    expect(await page.locator("main").textContent()).not.toMatch(/127\.0\.0\.1|localhost/);
  });

  test("nothing of this violates the content security policy", () => {
    expect([owner, admin, member].flatMap((user) => user.problems)).toEqual([]);
  });
});
