import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manage } from "../../../scripts/management-client.ts";
import { createOpenWorkspace } from "../../fixtures/local-gateway.ts";
import { findProblems } from "./axe.ts";
import { hasChromium } from "./chromium.ts";
import { openStage, type Stage } from "./stage.ts";

const TIMEOUT_MS = 120_000;

describe.skipIf(!hasChromium)("the page of versions", { timeout: TIMEOUT_MS }, () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await openStage("demo", ({ api }) => createOpenWorkspace(api, "demo", []));
    const { api } = stage.dashboard;
    const server = (slug: string) => ({ slug, url: `https://${slug}.example/mcp`, enabled: false });
    await manage(api, "POST", "/workspaces/demo/servers", server("curlew"));
    await manage(api, "PATCH", "/workspaces/demo/servers/curlew", { prefix: "bird" });
    await manage(api, "DELETE", "/workspaces/demo/servers/curlew");
    await stage.page.goto(`${stage.dashboard.baseUrl}/w/demo/versions`);
  }, TIMEOUT_MS);

  afterAll(() => stage.close());

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
