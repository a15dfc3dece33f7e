import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manage } from "../../../scripts/management-client.ts";
import { startHookReceiver, type HookReceiver } from "../../fixtures/alert-receivers.ts";
import { createOpenWorkspace } from "../../fixtures/local-gateway.ts";
import { findProblems } from "./axe.ts";
import { hasChromium } from "./chromium.ts";
import { openStage, type Stage } from "./stage.ts";

const TIMEOUT_MS = 120_000;

describe.skipIf(!hasChromium)("the page of alerts", { timeout: TIMEOUT_MS }, () => {
  let stage: Stage;
  let hooks: HookReceiver;

  beforeAll(async () => {
    hooks = await startHookReceiver();
    stage = await openStage("demo", ({ api }) => createOpenWorkspace(api, "demo", []));
  }, TIMEOUT_MS);

  afterAll(async () => {
    await stage.close();
    await hooks.close();
  });

  test("adds a webhook with its secret shown once, tests it, and says why a test has not arrived", async () => {
    const { page } = stage;
    await page.goto("/w/demo");
    await page.getByRole("link", { name: "Alerts" }).click();
    await page.getByText("No alerts", { exact: true }).waitFor();
    expect(await findProblems(page), "empty").toEqual([]);
    await page.getByRole("button", { name: "Add a channel" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Ops");
    await dialog.getByLabel("Address").fill("ftp://127.0.0.1/x");
    await dialog.getByLabel("Address").fill(`${hooks.url}/ops`);
    expect(await findProblems(page), "form").toEqual([]);
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await dialog.getByText(/^whsec_/).waitFor();
    expect(await findProblems(page), "secret").toEqual([]);
    await dialog.getByRole("button", { name: "Done" }).click();
    const channel = page.getByRole("listitem", { name: "Ops" });
    await channel.getByRole("button", { name: "Send a test alert" }).click();
    await page.getByText("The test alert has arrived").waitFor();
    expect(hooks.received.map(({ path }) => path)).toEqual(["/ops"]);
    hooks.down.add("/ops");
    await channel.getByRole("button", { name: "Send a test alert" }).click();
    await channel.getByText("It answered with status 503.").waitFor();
    await channel.getByRole("checkbox", { name: "An unknown client calls" }).click();
    await expect
      .poll(async () =>
        JSON.stringify(await manage(stage.dashboard.api, "GET", "/workspaces/demo/alert-channels")),
      )
      .not.toContain("unknown_client");
    expect(await findProblems(page), "channel").toEqual([]);
  });

  test("keeps what a person wants by e-mail", async () => {
    const { page } = stage;
    await page.goto("/w/demo/alerts");
    await page.getByText("This deployment sends no e-mail").waitFor();
    const mine = page.getByRole("group", { name: "Kinds that you get" });
    await mine.getByRole("checkbox", { name: "A server fails its checks" }).click();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Choices saved").waitFor();
    await page.reload();
    const choice = mine.getByRole("checkbox", { name: "A server fails its checks" });
    await expect.poll(() => choice.getAttribute("aria-checked")).toBe("true");
    expect(stage.owner.problems).toEqual([]);
  });
});
