import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { promisify } from "node:util";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { startExampleServers, type ExampleServer } from "../../../scripts/example-servers.ts";
import { createToken, manage } from "../../../scripts/management-client.ts";
import { createOpenWorkspace } from "../../fixtures/local-gateway.ts";
import { startSchemasUpstream } from "../../fixtures/schemas-upstream.ts";
import { findProblems } from "./axe.ts";
import { hasChromium, launchChromium, openBrowserUser, type BrowserUser } from "./chromium.ts";
import { join, makeSetupLink, serveDashboard, type ServedDashboard } from "./served-dashboard.ts";

const TIMEOUT_MS = 60_000;
const EXTRA_TOOLS = 480;

const Calls = z.object({
  items: z.array(
    z.object({
      toolName: z.string().nullable(),
      status: z.string(),
      clientName: z.string().nullable(),
      tokenId: z.string().nullable(),
    }),
  ),
});
const Tokens = z.object({ items: z.array(z.unknown()) });
const Response = z.object({
  result: z.object({ content: z.array(z.object({ text: z.string() })) }),
});

describe.skipIf(!hasChromium)("the page Try a tool", { timeout: TIMEOUT_MS }, () => {
  let dashboard: ServedDashboard;
  let examples: ExampleServer[];
  let schemas: { url: string; close(): void };
  let browser: Browser;
  let owner: BrowserUser;
  let page: Page;
  /** Values of the temporary tokens that the page has got. */
  const tokens: string[] = [];

  beforeAll(async () => {
    [dashboard, examples, schemas, browser] = await Promise.all([
      serveDashboard(),
      startExampleServers({}),
      startSchemasUpstream(EXTRA_TOOLS),
      launchChromium(),
    ]);
    const servers = examples.map(({ slug, url }) => ({ slug, url }));
    servers.push({ slug: "schemas", url: `${schemas.url}/mcp` });
    await createOpenWorkspace(dashboard.api, "demo", servers);
    owner = await openBrowserUser(browser, dashboard.baseUrl);
    page = owner.page;
    page.on("response", (response) => {
      if (!response.url().endsWith("/me/temporary-tokens")) return;
      void response
        .json()
        .then((body) => tokens.push(z.object({ token: z.string() }).parse(body).token));
    });
    await join(owner, await makeSetupLink(dashboard.api, "demo"), "Ada");
  }, TIMEOUT_MS);

  afterAll(async () => {
    await browser.close();
    for (const example of examples) example.process.kill();
    schemas.close();
    await dashboard.stop();
  });

  const json = () => page.getByLabel("Arguments as JSON");
  const callButton = () => page.getByRole("button", { name: "Call tool", exact: true });
  const result = () => page.getByLabel("text", { exact: true });
  const readJson = async (): Promise<unknown> => JSON.parse(await json().inputValue());

  const openTool = async (tool: string) => {
    await page.goto(`/w/demo/try?tool=${tool}`);
    await callButton().waitFor();
  };

  const listCalls = async () =>
    Calls.parse(await manage(dashboard.api, "GET", "/workspaces/demo/tool-calls")).items;

  /** Status with which the gateway answers a temporary token of the page. */
  const statusOf = async (token: string | undefined) => {
    const response = await fetch(`${dashboard.api.apiUrl}/gw/demo`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token ?? ""}` },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }),
    });
    return response.status;
  };

  test("form and JSON show the same arguments, whichever of them changes", async () => {
    await openTool("kinds");
    expect(await readJson()).toEqual({ count: 3, isOn: true, tree: {} });
    await page.getByLabel("count*").fill("7");
    await page.getByLabel("either").fill('"seven"');
    expect(await readJson()).toEqual({ count: 7, isOn: true, tree: {}, either: "seven" });
    await json().fill(
      '{"count": 5, "labels": {"colour": "red"}, "tree": {"children": [{"name": "leaf"}]}}',
    );
    await expect.poll(() => page.getByLabel("count*").inputValue()).toBe("5");
    expect(await page.getByLabel("colour", { exact: true }).inputValue()).toBe("red");
    expect(await page.locator("#root_tree_children_0_name").inputValue()).toBe("leaf");
    // A default that is removed in the JSON stays removed.
    expect(await readJson()).not.toHaveProperty("isOn");
    await json().fill('{"count": 5');
    await page.getByText(/This is not valid JSON/).waitFor();
    expect(await callButton().isDisabled()).toBe(true);
    expect(await page.getByLabel("count*").inputValue()).toBe("5");
  });

  test("a form leaves out optional arguments until they are filled in, and offers null and objects as values", async () => {
    await openTool("optional");
    expect(await readJson()).toEqual({});
    await page.getByLabel("note").fill("x");
    expect(await readJson()).toEqual({ note: "x" });
    const choice = page.locator("#root_choice__oneof_select");
    await choice.selectOption("null");
    await expect.poll(readJson).toEqual({ note: "x", choice: null });
    await choice.selectOption("object");
    await expect.poll(readJson).toEqual({ note: "x", choice: {} });
    await choice.selectOption("string");
    await expect.poll(readJson).toEqual({ note: "x" });
    await choice.selectOption("null");
    await page.getByLabel("level").selectOption('{"level":1}');
    const expected = { choice: null, note: "x", level: { level: 1 } };
    await expect.poll(readJson).toEqual(expected);
    await callButton().click();
    expect(await result().textContent()).toContain(`"arguments":${JSON.stringify(expected)}`);
  });

  test("a number of many digits is edited as JSON, and is sent with all of them", async () => {
    await openTool("find");
    await page.getByLabel("id").fill("12345678901234567890");
    await page.getByText(/it would round a long number/).waitFor();
    expect(await json().inputValue()).toContain('"id": 12345678901234567890');
    await callButton().click();
    expect(await result().textContent()).toContain('"arguments":{"id":12345678901234567890}');
  });

  test.each([
    ["huge", /its input schema is too large. Write the arguments as JSON/],
    ["untyped", /This tool needs no arguments/],
  ])("the tool %s, whose schema has no form, is called with JSON", async (tool, note) => {
    await openTool(tool);
    await page.getByText(note).waitFor();
    await json().fill('{"x": [1, {"y": null}]}');
    await callButton().click();
    expect(await result().textContent()).toContain('"arguments":{"x":[1,{"y":null}]}');
  });

  test("arguments of wrong types are named, and the form comes back when they are right", async () => {
    await openTool("kinds");
    await json().fill('{"count": 1, "points": {"x": 1}, "labels": 7, "tree": [1]}');
    await callButton().click();
    await page.getByText(/^points: The type "object" is invalid/).waitFor();
    await json().fill('{"count": 1, "points": [{"x": 9}], "tree": {}}');
    await expect.poll(() => page.locator("#root_points_0_x").inputValue()).toBe("9");
  });

  test("a form with alternatives names errors at their fields and has no serious accessibility problem", async () => {
    await openTool("choose");
    expect(await readJson()).toEqual({ contact: { kind: "mail" } });
    await page.getByLabel("Alternative: Contact").selectOption("By phone");
    await expect.poll(readJson).toEqual({ contact: { kind: "phone" } });
    await callButton().click();
    await page.getByText("contact.number: This field is required.").waitFor();
    await page.getByLabel("number*").fill("12");
    await page.getByLabel("size").selectOption("Large");
    await page.getByLabel("limit").fill("0");
    await page.getByText(/^limit: /).waitFor();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect({ colorScheme, problems: await findProblems(page) }).toEqual({
        colorScheme,
        problems: [],
      });
    }
    await page.emulateMedia({ colorScheme: "light" });
    // The server decides: a client can send what the schema forbids.
    await page.getByRole("button", { name: "Call anyway" }).click();
    expect(await result().textContent()).toContain(
      '"arguments":{"contact":{"kind":"phone","number":"12"},"size":"l","limit":0}',
    );
  });

  const answerQuestion = async (question: Locator, answer: string) => {
    await question.getByRole("button", { name: answer }).click();
    await question.waitFor({ state: "detached" });
  };

  test("a destructive call asks first, with the safe answer selected, until the person wants no more questions", async () => {
    const question = page.getByRole("alertdialog");
    const countCalls = async () =>
      (await listCalls()).filter(({ toolName }) => toolName === "delete").length;
    await openTool("delete");
    await page.getByLabel("id*").fill("all");
    await callButton().click();
    await question.getByText(/The server says that this tool can change or delete data/).waitFor();
    expect(await findProblems(page)).toEqual([]);
    await page.keyboard.press("Enter");
    await question.waitFor({ state: "detached" });
    await callButton().click();
    await question.getByRole("checkbox").click();
    await answerQuestion(question, "Call tool");
    await result().waitFor();
    await callButton().click();
    await expect.poll(countCalls).toBe(2);
    expect(await question.count()).toBe(0);
    await openTool("unstated");
    await callButton().click();
    await question.getByText(/does not say whether/).waitFor();
    await answerQuestion(question, "Do not call");
    // The page was loaded again.
    await openTool("delete");
    await page.getByLabel("id*").fill("all");
    await callButton().click();
    await answerQuestion(question, "Do not call");
    expect(await countCalls()).toBe(2);
  });

  test("a cancelled call is a cancelled call of the dashboard in the audit log", async () => {
    await openTool("wait");
    await callButton().click();
    await page.getByText("1 s", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Cancel call" }).click();
    await page.getByText("You have cancelled the call.").waitFor();
    const findCall = async () => (await listCalls()).find(({ toolName }) => toolName === "wait");
    await expect
      .poll(findCall, { timeout: 10_000 })
      .toMatchObject({ status: "cancelled", clientName: "mcpnest dashboard" });
    expect((await findCall())?.tokenId).toMatch(/^tmp_/);
  });

  test("request and response are shown as they were sent, without the token", async () => {
    await openTool("find");
    await page.getByLabel("note").fill("hello");
    await callButton().click();
    await page.getByText("Request and response").click();
    const request = await page.getByLabel("request", { exact: true }).textContent();
    expect(request).toMatch(/^POST \/api\/gw\/demo\n[^]*\nmcp-name: find\n[^]*"note":"hello"/);
    expect(request).toContain("authorization: Bearer <your token>");
    const response = await page.getByLabel("response", { exact: true }).textContent();
    expect(response).toMatch(/^HTTP 200\n[^]*content-type: application\/json\n[^]*"result"/);
    await expect.poll(() => statusOf(tokens.at(-1))).toBe(200);
    for (const token of tokens) expect(await page.content()).not.toContain(token);
  });

  test("the copied curl command calls the tool with a token of a client", async () => {
    const token = await createToken(dashboard.api, "demo", "curl");
    const note = `it's "quoted" $HOME \\ \`x\` %PATH% – 日本`;
    await openTool("find");
    await json().fill(JSON.stringify({ id: 1, note }));
    await page.getByRole("button", { name: "Copy as curl" }).click();
    const command = page.getByLabel("curl command", { exact: true });
    const shown = (await command.textContent()) ?? "";
    expect(shown).not.toContain("mng_");
    const env = { ...process.env, MCPNEST_DEMO_TOKEN: token };
    const { stdout } = await promisify(execFile)("sh", ["-c", shown], { env });
    const { content } = Response.parse(JSON.parse(stdout)).result;
    expect(JSON.parse(content[0]?.text ?? "").params.arguments).toEqual({ id: 1, note });
    await page.getByRole("tab", { name: "PowerShell" }).click();
    const script = (await command.textContent()) ?? "";
    // A verbatim here-string: its lines are the body, in ASCII.
    const body = /^@'\n([\x20-\x7e]+)\n'@ \| curl\.exe .*\$env:MCPNEST_DEMO_TOKEN".* '@-'$/.exec(
      script,
    );
    expect(JSON.parse(body?.[1] ?? "").params).toEqual({
      name: "find",
      arguments: { id: 1, note },
    });
  });

  test("a result of 8 MiB is shown in part, and downloaded as a whole", async () => {
    await openTool("large");
    await page.getByLabel("characters*").fill("8388000");
    await callButton().click();
    await page.getByText("10,000 of 8,388,000 characters").waitFor();
    await page.getByRole("button", { name: "Show more" }).first().click();
    await page.getByText("110,000 of 8,388,000 characters").waitFor();
    expect((await result().textContent())?.length).toBe(110_000);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download" }).first().click(),
    ]);
    expect((await stat(await download.path())).size).toBe(8_388_000);
  });

  test("of an invalid result, the fault is named in a sentence, and the valid parts are shown", async () => {
    await openTool("hologram");
    await callButton().click();
    await page
      .getByText("Part 2 of 3 of the result has the unknown content type “hologram”.")
      .waitFor();
    expect(await result().textContent()).toBe("the valid part");
    expect(await page.getByText("invalid_union").isVisible()).toBe(false);
  });

  test("an address with an unknown tool says that there is no such tool", async () => {
    await page.goto("/w/demo/try?tool=nosuch");
    await page.getByText("nosuch does not exist, or your rules do not allow it.").waitFor();
  });

  test("a question of the server is answered in the page", async () => {
    await openTool("everything__trigger-elicitation-request");
    await callButton().click();
    const send = page.getByRole("button", { name: "Send answer" });
    await send.click();
    await page.getByText("This field is required.").waitFor();
    await page.getByLabel("String*").fill("Grace");
    expect(await findProblems(page)).toEqual([]);
    await send.click();
    await page.getByText(/Grace/).first().waitFor();
    await callButton().click();
    await page.getByRole("button", { name: "Decline" }).click();
    await page
      .getByText(/declined/i)
      .first()
      .waitFor();
  });

  test("a call is made again from the history of the page, which a reload empties", async () => {
    await openTool("find");
    await json().fill('{"note": "again", "id": 98765432109876543210}');
    await callButton().click();
    await result().waitFor();
    await page.getByRole("button", { name: "choose", exact: true }).click();
    await page.getByLabel("Alternative: Contact").waitFor();
    await page.getByRole("button", { name: "Call find again" }).click();
    expect(await result().textContent()).toContain('{"note":"again","id":98765432109876543210}');
    expect(await page.getByRole("button", { name: "Call find again" }).count()).toBe(2);
    await page.reload();
    await callButton().waitFor();
    expect(await page.getByRole("button", { name: "Call find again" }).count()).toBe(0);
  });

  test("the list of 500 tools is searched, and moved through with the arrow keys", async () => {
    await page.goto("/w/demo/try");
    const list = page.getByRole("list", { name: "Tools" });
    await list.waitFor();
    expect(await list.getByRole("button").count()).toBeLessThan(100);
    await list.getByRole("button").first().focus();
    await page.keyboard.press("End");
    await list.getByRole("button", { name: `extra-${EXTRA_TOOLS - 1}` }).waitFor();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: `extra-${EXTRA_TOOLS - 2}` }).waitFor();
    await page.getByLabel("Search tools").fill("extra-123");
    expect(await list.getByRole("button").allTextContents()).toEqual(["extra-123"]);
  });

  test("no token remains after the page is left, also while it is being issued, and none is listed", async () => {
    const listTokens = async () =>
      Tokens.parse(await manage(dashboard.api, "GET", "/workspaces/demo/tokens")).items;
    const before = await listTokens();
    await openTool("find");
    await callButton().click();
    await result().waitFor();
    await expect.poll(() => statusOf(tokens.at(-1))).toBe(200);
    expect(await listTokens()).toEqual(before);
    await page.getByRole("link", { name: "Servers" }).click();
    await expect.poll(() => statusOf(tokens.at(-1))).toBe(401);
    await openTool("find");
    const pageLeft = Promise.withResolvers<void>();
    await page.route("**/me/temporary-tokens", async (route) => {
      await pageLeft.promise;
      await route.continue();
    });
    const count = tokens.length;
    await callButton().click();
    await page.getByRole("link", { name: "Servers" }).click();
    await page.getByRole("heading", { name: "Servers", level: 1 }).waitFor();
    pageLeft.resolve();
    await expect.poll(() => tokens.length).toBe(count + 1);
    await expect.poll(() => statusOf(tokens.at(-1))).toBe(401);
    await page.unrouteAll();
  });

  test("no page violates the content security policy", () => {
    expect(owner.problems).toEqual([]);
  });
});
