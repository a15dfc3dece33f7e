import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createOpenWorkspace } from "../../fixtures/local-gateway.ts";
import { startPublishingServices } from "../../fixtures/publishing-services.ts";
import { findProblems } from "./axe.ts";
import { hasChromium } from "./chromium.ts";
import { openStage, type Stage } from "./stage.ts";

const TIMEOUT_MS = 120_000;
const NAME = "com.example.workshop/engine";

const toRecord = (key: KeyObject) =>
  `v=MCPv1; k=ed25519; p=${key.export({ format: "der", type: "spki" }).subarray(-32).toString("base64")}`;

describe.skipIf(!hasChromium)("publishing", { timeout: TIMEOUT_MS }, () => {
  let stage: Stage;
  let page: Page;
  let services: Awaited<ReturnType<typeof startPublishingServices>>;

  beforeAll(async () => {
    services = await startPublishingServices();
    const addresses = { dns: `${services.url}/dns`, registry: `${services.url}/registry` };
    const bindings = {
      MARKETPLACE_PUBLISHING: JSON.stringify(addresses),
      MARKETPLACE_READMES: services.url,
    };
    stage = await openStage("demo", async ({ api }) => createOpenWorkspace(api, "demo", []), {
      bindings,
    });
    ({ page } = stage);
  }, TIMEOUT_MS);

  afterAll(async () => {
    await stage.close();
    await services.close();
  });

  const fillSignature = async (key: KeyObject) => {
    const text = await page.getByLabel("text to sign", { exact: true }).textContent();
    const signature = sign(null, Buffer.from(text ?? ""), key).toString("hex");
    await page.getByLabel("Signature").fill(signature);
    await page.getByRole("button", { name: "Check the proof" }).click();
  };

  test("a server from a repository is cured, proven with a key after a wrong one, published, and found in the catalogue", async () => {
    const own = generateKeyPairSync("ed25519");
    const other = generateKeyPairSync("ed25519");
    const server = {
      $schema: "https://static.modelcontextprotocol.io/schemas/2025-10-17/server.schema.json",
      name: NAME,
      description: "Computes tables of polynomials with the method of differences",
      version: "^1.0.0",
      remotes: [{ type: "streamable-http", url: "https://engine.example.com/mcp" }],
    };
    services.state.files.set("/ada/engine/HEAD/server.json", JSON.stringify(server, null, 2));
    services.state.records.set("workshop.example.com", [toRecord(own.publicKey)]);
    await page.goto("/workshop/publish");
    await page.getByRole("tab", { name: "From a repository" }).click();
    await page.getByLabel("Repository", { exact: true }).fill("https://github.com/ada/engine");
    await page.getByRole("button", { name: "Fetch server.json" }).click();
    await page.getByText("2 findings have to be cured").waitFor();
    await page.getByRole("button", { name: "Use 1.0.0" }).click();
    await page.getByRole("button", { name: "Declare the schema 2025-12-11" }).click();
    await page.getByText("This can be published.").waitFor();
    const publish = page.getByRole("button", { name: `Publish ${NAME}` });
    expect(await publish.isDisabled()).toBe(true);

    await page.getByRole("button", { name: "Get a text to sign" }).click();
    await fillSignature(other.privateKey);
    await page.getByText(/is ed25519:.*It has not signed this text/).waitFor();
    expect(await findProblems(page), "proof").toEqual([]);
    await fillSignature(own.privateKey);
    await page.getByText("com.example.workshop is proven by a key in the DNS").waitFor();
    await publish.click();
    await page.getByRole("link", { name: "open it in the marketplace" }).click();
    await page.getByRole("heading", { name: "engine" }).waitFor();

    await page.goto("/marketplace?q=polynomials");
    await page
      .getByRole("link", { name: /^engine/ })
      .first()
      .waitFor();
    await page.goto("/marketplace/publishers/com.example.workshop");
    await page.getByText("Installs and scores").waitFor();
    expect(await findProblems(page), "publisher").toEqual([]);
  });

  test("a published version is handed on to the official registry after it was refused, and the server is deprecated", async () => {
    await page.goto("/workshop/publish");
    const openMenu = () => page.getByRole("button", { name: `Actions for ${NAME} 1.0.0` }).click();
    await openMenu();
    await page.getByRole("menuitem", { name: "Hand on to the official registry" }).click();
    const dialog = page.getByRole("dialog", { name: "Hand on to the official registry" });
    await dialog.getByLabel("Token").fill("wrong-jwt");
    await dialog.getByRole("button", { name: "Hand on" }).click();
    await dialog.getByText("Status 401: Invalid or expired Registry JWT token").waitFor();
    await dialog.getByLabel("Token").fill(services.state.token);
    await dialog.getByRole("button", { name: "Hand on" }).click();
    await page.getByText("In the official registry").waitFor();
    expect(services.state.published).toMatchObject([{ name: NAME, version: "1.0.0" }]);
    await openMenu();
    await page.getByRole("menuitem", { name: "Deprecate the server" }).click();
    await page.getByLabel("Message").fill("Use the analytical engine");
    await page.getByRole("button", { name: "Deprecate", exact: true }).click();
    await page.getByText("deprecated", { exact: true }).waitFor();
    await page.goto(`/marketplace/${NAME}`);
    await page.getByText("Use the analytical engine").waitFor();
  });
});
