import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../../scripts/management-client.ts";
import { startWorkloadIssuer, type WorkloadIssuer } from "../../fixtures/workload-issuer.ts";
import { findProblems } from "./axe.ts";
import { hasChromium } from "./chromium.ts";
import { openStage, type Stage } from "./stage.ts";

const TIMEOUT_MS = 90_000;
const Registered = z.object({ client_id: z.string(), client_secret: z.string() });

describe.skipIf(!hasChromium)("issuers of identity assertions", { timeout: TIMEOUT_MS }, () => {
  let stage: Stage;
  let issuer: WorkloadIssuer;

  beforeAll(async () => {
    issuer = await startWorkloadIssuer();
    stage = await openStage("acme", async ({ api }) => {
      await manage(api, "POST", "/workspaces", { slug: "acme", name: "Acme" });
      const member = { name: "Eve", email: "eve@acme.example" };
      await manage(api, "POST", "/workspaces/acme/members", member);
    });
  }, TIMEOUT_MS);

  afterAll(async () => {
    await stage.close();
    await issuer.close();
  });

  /** A client asserts that it acts for Eve; returns the status of the token endpoint. */
  async function assert(subject: string): Promise<number> {
    const { origin } = new URL(stage.dashboard.baseUrl);
    const registration = {
      client_name: "Claude",
      redirect_uris: ["http://127.0.0.1:1/callback"],
      token_endpoint_auth_method: "client_secret_post",
    };
    const registered = await fetch(`${origin}/oauth/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(registration),
    });
    const client = Registered.parse(await registered.json());
    const claims = {
      aud: `${origin}/oauth`,
      client_id: client.client_id,
      resource: `${origin}/mcp/acme`,
      sub: subject,
      email: "eve@acme.example",
      email_verified: true,
      org: "org_acme",
    };
    const assertion = await issuer.sign(claims, "oauth-id-jag+jwt");
    const grantType = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    const body = new URLSearchParams({ grant_type: grantType, assertion, ...client });
    return (await fetch(`${origin}/oauth/token`, { method: "POST", body })).status;
  }

  test("are trusted in the settings, show who is pinned, and let a person be unpinned", async () => {
    const { page, dashboard } = stage;
    await page.goto(`${dashboard.baseUrl}/w/acme/settings`);
    await page.getByRole("button", { name: "Trust an issuer" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Issuer", { exact: true }).fill("https://nowhere.invalid");
    await dialog.getByRole("button", { name: "Trust issuer" }).click();
    await dialog.getByText("Too small").or(dialog.getByText("Too short")).first().waitFor();
    await dialog.getByLabel("Issuer", { exact: true }).fill(issuer.url);
    await dialog.getByLabel("Name", { exact: true }).fill("Claude");
    await dialog.getByRole("button", { name: "Add claim" }).click();
    await dialog.getByLabel("Name of claim 1").fill("org");
    await dialog.getByLabel("Value of claim 1").fill("org_acme");
    expect(await findProblems(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Trust issuer" }).click();
    await page.getByText(issuer.url).waitFor();

    expect([await assert("eve-1"), await assert("eve-2")]).toEqual([200, 400]);
    await page.getByRole("button", { name: "Pinned people of Claude" }).click();
    await dialog.getByText("eve-1").waitFor();
    for (const width of [1280, 375]) {
      await page.setViewportSize({ width, height: 800 });
      for (const colorScheme of ["dark", "light"] as const) {
        await page.emulateMedia({ colorScheme });
        expect([width, colorScheme, await findProblems(page)]).toEqual([width, colorScheme, []]);
      }
    }
    await dialog.getByRole("button", { name: "Unpin Eve", exact: true }).click();
    await dialog.getByRole("button", { name: "Unpin Eve now" }).click();
    await dialog.getByText("No people yet").waitFor();
    expect(await assert("eve-2")).toBe(200);

    await page.goto(`${dashboard.baseUrl}/w/acme/tokens?view=all`);
    await page.getByText("By its issuer’s assertion").first().waitFor();
    await page.goto(`${dashboard.baseUrl}/w/acme/settings`);
    await page.getByRole("button", { name: "Remove issuer of Claude" }).click();
    await page.getByRole("button", { name: "Remove issuer", exact: true }).click();
    await page.getByText("No issuers").waitFor();
    expect(await assert("eve-2")).toBe(400);
  });
});
