import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { HostReport } from "../../../workers/contract/hosting/hosts.ts";
import { openD1File } from "../../fixtures/d1-file.ts";
import { createOpenWorkspace } from "../../fixtures/local-gateway.ts";
import { findProblems } from "./axe.ts";
import { hasChromium, openBrowserUser } from "./chromium.ts";
import { join, makeSetupLink, type ServedDashboard } from "./served-dashboard.ts";
import { openStage, type Stage } from "./stage.ts";

const TIMEOUT_MS = 90_000;
const GIB = 1024 ** 3;
const REPORT: HostReport = {
  version: "0.1.0",
  startedAt: Date.now() - 60_000,
  isDraining: false,
  engineVersion: "29.1.3",
  memory: { totalBytes: 16 * GIB, availableBytes: 12 * GIB },
  instances: 0,
  findings: [
    { check: "kernel", state: "ok", message: "The kernel is current." },
    { check: "firewall", state: "warning", message: "Containers reach the private network." },
  ],
  catalogueIds: ["github"],
};

describe.skipIf(!hasChromium)("the page of the container hosts", { timeout: TIMEOUT_MS }, () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await openStage("demo", registerHosts, { managesHosts: true });
  }, TIMEOUT_MS);

  afterAll(() => stage.close());

  const hosts = () => stage.page.getByRole("list", { name: "Container hosts" });
  const host = (id: string) =>
    hosts().locator("> li", { has: stage.page.getByRole("heading", { name: id }) });

  test("shows a user who manages them each host with its state, its last report and its findings", async () => {
    const { page } = stage;
    await page.goto("/hosts");
    await host("host-1").getByText("Ready", { exact: true }).waitFor();
    for (const text of ["http://127.0.0.1:9", "0 instances", "4.0 GB of 16.0 GB", "29.1.3"])
      await host("host-1").getByText(text, { exact: true }).waitFor();
    const findings = host("host-1").getByRole("list", { name: "Findings of host-1" });
    expect(await findings.getByRole("listitem").allTextContents()).toEqual([
      "WarningfirewallContainers reach the private network.",
    ]);
    await host("host-1").getByText("1 check passed").click();
    await host("host-1").getByText("The kernel is current.").waitFor();
    await host("host-2").getByText("Not reachable", { exact: true }).waitFor();
    expect(await host("host-2").getByRole("status").textContent()).toBe("It did not respond.");
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect([colorScheme, await findProblems(page)]).toEqual([colorScheme, []]);
    }
    expect(stage.owner.problems).toEqual([]);
  });

  test("removes a host after its name is typed", async () => {
    const { page } = stage;
    await page.goto("/hosts");
    await host("host-3").getByRole("button", { name: "Remove" }).click();
    const remove = page.getByRole("dialog").getByRole("button", { name: "Remove host" });
    expect(await remove.isDisabled()).toBe(true);
    await page.getByLabel("Type host-3 to confirm").fill("host-3");
    await remove.click();
    await host("host-3").waitFor({ state: "detached" });
    await host("host-1").waitFor();
  });

  test("shows an owner who does not manage them no host", async () => {
    const { dashboard, browser } = stage;
    const other = await openBrowserUser(browser, dashboard.baseUrl);
    await join(other, await makeSetupLink(dashboard.api, "demo"), "Olga");
    await other.page.goto("/hosts");
    await other.page.getByText("You don’t manage the container hosts").waitFor();
    expect(await other.page.getByText("host-1").count()).toBe(0);
    await other.close();
  });
});

/** One host that responded, one that did not, and one to remove. Their rows are written while the gateway is stopped. */
async function registerHosts(dashboard: ServedDashboard): Promise<void> {
  await createOpenWorkspace(dashboard.api, "demo", []);
  await dashboard.pause();
  const db = await openD1File(dashboard.stateDir);
  const insert = db.prepare(
    `INSERT INTO hosts (id, url, public_key, is_draining, report, checked_at, problem, created_at)
     VALUES (?, 'http://127.0.0.1:9', ?, 0, ?, ?, ?, 1)`,
  );
  const key = "A".repeat(43);
  insert.run("host-1", key, JSON.stringify(REPORT), Date.now(), null);
  insert.run("host-2", key, null, Date.now(), "It did not respond.");
  insert.run("host-3", key, null, null, null);
  db.close();
  await dashboard.resume();
}
