import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manage } from "../../../scripts/management-client.ts";
import { findProblems } from "./axe.ts";
import { hasChromium } from "./chromium.ts";
import type { ServedDashboard } from "./served-dashboard.ts";
import { openStage, type Stage } from "./stage.ts";

const TIMEOUT_MS = 120_000;
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";

describe.skipIf(!hasChromium)("the directory of a company", { timeout: TIMEOUT_MS }, () => {
  let stage: Stage;
  let dashboard: ServedDashboard;
  let page: Page;

  beforeAll(async () => {
    stage = await openStage("acme", ({ api }) =>
      manage(api, "POST", "/workspaces", { slug: "acme", name: "Acme" }),
    );
    ({ dashboard, page } = stage);
  }, TIMEOUT_MS);

  afterAll(async () => {
    await stage.close();
  });

  const createUser = (token: string, user: object) =>
    fetch(`${dashboard.baseUrl}/scim/v2/acme/Users`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/scim+json" },
      body: JSON.stringify({ schemas: [USER], ...user }),
    });

  test("is connected by an owner with a token, which provisions people until it is revoked", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto("/w/acme/settings/company-sign-in");
    await page.getByText(`${dashboard.baseUrl}/scim/v2/acme`).waitFor();
    await page.getByText("The directory manages 0 members and 0 teams.").waitFor();
    await page.getByRole("button", { name: "Create a token" }).click();
    await page.getByLabel("Label").fill("Microsoft Entra");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    const shown = page.getByRole("dialog").locator("code, pre").first();
    await shown.waitFor();
    const token = (/mns_[0-9a-f]{48}/.exec((await shown.textContent()) ?? "") ?? [""])[0];
    expect(await findProblems(page)).toEqual([]);
    await page.getByRole("button", { name: "Done" }).click();
    const made = await createUser(token, { userName: "ada", displayName: "Ada from Entra" });
    expect(made.status).toBe(201);
    expect((await createUser(token, {})).status).toBe(400);
    await page.reload();
    await page.getByText("The directory manages 1 member and 0 teams.").waitFor();
    await page.getByText("POST /Users 400 invalidValue").waitFor();
    expect(await findProblems(page)).toEqual([]);
    await page.goto("/w/acme/members");
    const row = page.getByRole("row", { name: /Ada from Entra/ });
    await row.getByText("Directory", { exact: true }).waitFor();
    await page.goto("/w/acme/settings/company-sign-in");
    await page.getByRole("button", { name: "Revoke Microsoft Entra" }).click();
    await page.getByRole("button", { name: "Revoke", exact: true }).click();
    await page.getByText("Revoked", { exact: true }).waitFor();
    expect((await createUser(token, { userName: "ben" })).status).toBe(401);
  });
});
