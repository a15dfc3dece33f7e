import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../../scripts/management-client.ts";
import { startListedUpstream } from "../../fixtures/listed-upstream.mjs";
import { createOpenWorkspace } from "../../fixtures/local-gateway.ts";
import { findProblems } from "./axe.ts";
import { hasChromium } from "./chromium.ts";
import { openStage, type Stage } from "./stage.ts";

const Contract = z.object({
  changes: z.array(z.object({ kind: z.string(), key: z.string(), digest: z.string().nullable() })),
});
const TIMEOUT_MS = 120_000;

describe.skipIf(!hasChromium)("the page of versions", { timeout: TIMEOUT_MS }, () => {
  let stage: Stage;
  let upstream: Awaited<ReturnType<typeof startListedUpstream>>;

  /** Has the server `heron` show these tools. */
  const show = async (tools: object[]) => {
    await fetch(`${upstream.url}/control/heron`, {
      method: "POST",
      body: JSON.stringify({ tools }),
    });
  };
  const tool = (name: string, description: string) => ({
    name,
    description,
    inputSchema: { type: "object" },
  });

  beforeAll(async () => {
    upstream = await startListedUpstream();
    stage = await openStage("demo", ({ api }) => createOpenWorkspace(api, "demo", []));
    const { api } = stage.dashboard;
    const server = (slug: string) => ({ slug, url: `https://${slug}.example/mcp`, enabled: false });
    await manage(api, "POST", "/workspaces/demo/servers", server("curlew"));
    await manage(api, "PATCH", "/workspaces/demo/servers/curlew", { prefix: "bird" });
    await manage(api, "DELETE", "/workspaces/demo/servers/curlew");
    await stage.page.goto(`${stage.dashboard.baseUrl}/w/demo/versions`);
  }, TIMEOUT_MS);

  afterAll(async () => {
    await stage.close();
    await upstream.close();
  });

  const dialog = () => stage.page.getByRole("dialog");
  const row = (words: string) =>
    stage.page
      .getByRole("list", { name: "Versions" })
      .getByRole("listitem")
      .filter({ hasText: words });

  test("lists changes as sentences, and compares two of them", async () => {
    const { page } = stage;
    await row("removed the server curlew").getByText("in force").waitFor();
    await row("changed the server curlew").getByRole("checkbox").click();
    await row("added the server curlew").getByRole("checkbox").click();
    await page.getByRole("button", { name: "Compare", exact: true }).click();
    await dialog().getByText("prefix").waitFor();
    await dialog().locator("ins", { hasText: "bird" }).waitFor();
    expect(await findProblems(page)).toEqual([]);
    await page.keyboard.press("Escape");
  });

  test("shows a version as a document", async () => {
    const { page } = stage;
    await row("changed the server curlew").getByRole("button", { name: /^View/ }).click();
    await dialog().getByText("prefix: bird").waitFor();
    expect(await findProblems(page)).toEqual([]);
    await dialog().getByRole("button", { name: "Close", exact: true }).last().click();
  });

  test("goes back after its plan", async () => {
    const { page } = stage;
    await row("changed the server curlew")
      .getByRole("button", { name: /^Go back/ })
      .click();
    await dialog().getByText("curlew", { exact: true }).waitFor();
    await dialog().getByText("Revoked tokens stay revoked").waitFor();
    expect(await findProblems(page)).toEqual([]);
    await dialog().getByRole("button", { name: "Go back", exact: true }).click();
    await row("Ada went back to version").getByText("in force").waitFor();
    const { api } = stage.dashboard;
    const server = await manage(api, "GET", "/workspaces/demo/servers/curlew");
    expect(server).toMatchObject({ prefix: "bird" });
  });

  test("shows how approved definitions differ, and which tools of a member a return closes", async () => {
    const { page } = stage;
    const { api } = stage.dashboard;
    const path = "/workspaces/demo/servers";
    await show([tool("find", "Finds files")]);
    await manage(api, "POST", path, { slug: "heron", url: `${upstream.url}/heron` });
    await show([tool("find", "Finds all files"), tool("dig", "Digs")]);
    await manage(api, "POST", `${path}/heron/check`, {});
    const { changes } = Contract.parse(await manage(api, "GET", `${path}/heron/contract`));
    await manage(api, "POST", `${path}/heron/contract/approve`, { changes });
    await page.reload();
    await row("approved 2 changes").getByRole("checkbox").click();
    await row("first look").getByRole("checkbox").click();
    await page.getByRole("button", { name: "Compare", exact: true }).click();
    await dialog().getByRole("heading", { name: "Approved definitions of heron" }).waitFor();
    await dialog().locator("ins", { hasText: "all" }).first().waitFor();
    expect(await findProblems(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await row("first look")
      .getByRole("button", { name: /^Go back/ })
      .click();
    const lists = dialog().locator("details");
    for (const title of [
      "Closed by contract or change policy (1)",
      "The tools that Ada loses (1)",
    ]) {
      const list = lists.filter({ hasText: title });
      await list.getByText(title).click();
      await list.getByText("heron:dig", { exact: true }).waitFor();
    }
    expect(await findProblems(page)).toEqual([]);
  });

  test("makes the plan anew when the workspace has changed since, and says so", async () => {
    const { page } = stage;
    const { api } = stage.dashboard;
    await manage(api, "PATCH", "/workspaces/demo/servers/curlew", { prefix: "gull" });
    await dialog().getByRole("button", { name: "Go back", exact: true }).click();
    await dialog().getByText("The workspace has changed since the plan was made").waitFor();
    await dialog().locator("del", { hasText: "gull" }).waitFor();
    expect(await findProblems(page)).toEqual([]);
    await dialog().getByRole("button", { name: "Go back", exact: true }).click();
    await row("Ada went back to version").first().getByText("in force").waitFor();
    const server = await manage(api, "GET", "/workspaces/demo/servers/curlew");
    expect(server).toMatchObject({ prefix: "bird" });
  });

  test("plans and applies a document, and says where one is wrong", async () => {
    const { page } = stage;
    await page.getByRole("tab", { name: "As a document" }).click();
    await page.getByRole("button", { name: "Load the current one" }).click();
    const text = page.getByLabel("Configuration in YAML or JSON");
    await expect.poll(() => text.inputValue()).toContain("prefix: bird");
    const yaml = await text.inputValue();
    await text.fill(`${yaml}unknown: 1\n`);
    await page.getByRole("button", { name: "Make a plan" }).click();
    await page.getByRole("alert").getByText("unknown").waitFor();
    await text.fill(yaml.replace("prefix: bird", "prefix: wader"));
    await page.getByRole("button", { name: "Make a plan" }).click();
    await page.locator("ins", { hasText: "wader" }).waitFor();
    expect(await findProblems(page)).toEqual([]);
    await page.getByRole("button", { name: "Apply", exact: true }).click();
    await page.getByText("The document is applied").first().waitFor();
    await page.getByRole("tab", { name: "Versions" }).click();
    await row("Ada applied a configuration document: changed the servers curlew").waitFor();
  });
});
