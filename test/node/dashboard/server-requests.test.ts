import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { manage } from "../../../scripts/management-client.ts";
import { connectV2, type Gateway } from "../../fixtures/clients.ts";
import { startEverythingUpstream } from "../../fixtures/everything-upstream.mjs";
import { createOpenWorkspace } from "../../fixtures/local-gateway.ts";
import { startRegistries } from "../../fixtures/registry.ts";
import { findProblems } from "./axe.ts";
import { hasChromium, openBrowserUser, type BrowserUser } from "./chromium.ts";
import { join, toPath, type ServedDashboard } from "./served-dashboard.ts";
import { openStage, type Stage } from "./stage.ts";

const TIMEOUT_MS = 120_000;
const Issued = z.object({ url: z.string() });
const ENTRY = "com.example.requests/everything";
const OTHER = "com.example.requests/other";

describe.skipIf(!hasChromium)("requests for servers", { timeout: TIMEOUT_MS }, () => {
  let stage: Stage;
  let dashboard: ServedDashboard;
  let browser: Browser;
  let admin: BrowserUser;
  let member: BrowserUser;
  let upstream: { url: string; close: () => void };
  let workspace: Gateway;

  /** Imports entries whose address has the upstream's port as a variable. */
  const importEntries = (version: string, meta: object = { status: "active" }) => {
    const entries = [ENTRY, OTHER].map((name) => ({
      server: {
        name,
        title: name === ENTRY ? "Everything" : "Other",
        description: "Shows each feature that a server can have, for tests of clients.",
        version,
        repository: { url: "https://github.com/example/everything", source: "github" },
        remotes: [
          {
            type: "streamable-http",
            url: "http://127.0.0.1:{port}/mcp",
            variables: { port: { description: "The port of your installation." } },
            headers: [
              {
                name: "X-Demo-Key",
                description: "A key of yours.",
                isRequired: true,
                isSecret: true,
              },
              { name: "X-Demo-Region", choices: ["eu", "us"], default: "eu" },
            ],
          },
        ],
      },
      _meta: {
        "io.modelcontextprotocol.registry/official": {
          publishedAt: new Date(Date.now() - 86_400_000).toISOString(),
          ...meta,
        },
      },
    }));
    return manage(dashboard.api, "POST", "/marketplace/imports", {
      source: "requests-test",
      page: { servers: entries },
    });
  };

  beforeAll(async () => {
    [upstream, stage] = await Promise.all([
      startEverythingUpstream("streamableHttp"),
      openStage("demo", async ({ api }) => {
        workspace = await createOpenWorkspace(api, "demo", []);
      }),
    ]);
    ({ dashboard, browser, owner: admin } = stage);
    await importEntries("1.0.0");
    const invitation = { name: "Mia", role: "member" };
    const invited = await manage(dashboard.api, "POST", "/workspaces/demo/invitations", invitation);
    member = await openBrowserUser(browser, dashboard.baseUrl);
    await join(member, toPath(Issued.parse(invited).url), "Mia");
  }, TIMEOUT_MS);

  afterAll(async () => {
    await stage.close();
    upstream.close();
  });

  const ask = async (entry: string, reason: string) => {
    const { page } = member;
    await page.goto(`/marketplace/${entry}`);
    await page.getByRole("button", { name: "Request" }).click();
    const dialog = page.getByRole("dialog", { name: "Ask for this server" });
    await dialog.getByLabel("What do you need it for?").fill(reason);
    await dialog.getByRole("button", { name: "Send request" }).click();
    await page.getByText("You have asked for it").waitFor();
  };

  test("a member's request is approved into the filled-in form, and a client calls the new server's tool", async () => {
    await ask(ENTRY, "For the weekly report.");
    const { page } = admin;
    await page.goto("/w/demo");
    await page.getByRole("link", { name: "1 request waits for an admin" }).waitFor();
    await page.getByRole("link", { name: "Requests 1 open" }).click();
    const item = page.getByRole("listitem", { name: `Request for ${ENTRY}` });
    await item.getByText("For the weekly report.").waitFor();
    await item.getByText("version 1.0.0").waitFor();
    expect(await findProblems(page), "queue").toEqual([]);
    await item.getByRole("link", { name: "Approve" }).click();

    await page.getByText("Mia asks for this server").waitFor();
    expect(new URL(page.url()).searchParams.get("from")).toBe(ENTRY);
    expect(await page.getByLabel("URL", { exact: true }).inputValue()).toBe(
      "http://127.0.0.1:{port}/mcp",
    );
    await page.getByText("Fill in port for the address.").waitFor();
    expect(await findProblems(page), "form").toEqual([]);
    await page.getByLabel("port (required)").fill(new URL(upstream.url).port);
    await page.getByText(`The gateway calls ${upstream.url}`).waitFor();
    await page.getByLabel("X-Demo-Key (required)").fill("demo-secret-value");
    expect(await page.getByLabel("Short name").inputValue()).toBe("everything");
    await page.getByRole("button", { name: "Test connection" }).click();
    await page.getByRole("button", { name: "Add server" }).click();
    await page.getByRole("heading", { name: "Everything", level: 1 }).waitFor();

    const client = await connectV2(workspace, "auto");
    expect(await client.call("echo", { message: "hello" })).toContain("hello");
    await client.close();
    const server = await manage(dashboard.api, "GET", "/workspaces/demo/servers/everything");
    expect(server).toMatchObject({
      headers: { "x-demo-region": "eu" },
      credentials: [{ name: "x-demo-key", lastFour: "alue" }],
      origin: { name: ENTRY, version: "1.0.0" },
    });
    await member.page.goto("/w/demo/requests");
    await member.page.getByText("An admin added it").waitFor();
    expect(await findProblems(member.page), "own requests").toEqual([]);
  });

  test("a declined request's words reach the member, and the navigation counts it until the page has shown them", async () => {
    await ask(OTHER, "It looks nice.");
    const { page } = admin;
    await page.goto("/w/demo/requests");
    await page.getByRole("button", { name: "Decline" }).click();
    const dialog = page.getByRole("dialog", { name: "Decline the request" });
    await dialog.getByLabel("Answer").fill("Take the one that is there.");
    await dialog.getByRole("button", { name: "Decline" }).click();
    await page.getByText("No open requests for servers").waitFor();

    await member.page.goto("/w/demo");
    await member.page.getByRole("link", { name: "1 request of yours has an answer" }).click();
    await member.page.getByText("Take the one that is there.").waitFor();
    await member.page.getByRole("link", { name: "Requests", exact: true }).waitFor();
    expect(member.problems).toEqual([]);
  });

  test("a server shows that its entry is deprecated and has a newer version, and when the entry is gone", async () => {
    const { page } = admin;
    await importEntries("2.0.0", { status: "deprecated", statusMessage: "Use example-2." });
    await page.goto("/w/demo/servers");
    await page.getByText("Entry deprecated", { exact: true }).waitFor();
    await page.getByRole("link", { name: /^Everything/ }).click();
    await page.getByText("The publisher says: “Use example-2.”").waitFor();
    await page.getByText("Its entry is at version 2.0.0 now.").waitFor();
    await page.getByText("Changes since version 1.0.0").waitFor();
    await page.getByText("Nothing that installations need has changed.").waitFor();
    expect(await findProblems(page), "server").toEqual([]);
    await page.getByRole("button", { name: "Mark as compared" }).click();
    await page.getByText(`${ENTRY}, version 2.0.0`).waitFor();
    await importEntries("2.0.0", { status: "deleted" });
    await page.reload();
    await page.getByText("its sources have deleted it, or the operator has hidden it.").waitFor();
    expect(admin.problems).toEqual([]);
  });

  test("an admin follows a registry, approves its plan, and the server's page says which registry keeps it", async () => {
    const registry = await startRegistries();
    onTestFinished(() => void registry.close());
    const { page } = admin;
    const url = `${registry.url}/followed`;
    const setUp = (names: string[]) => {
      const remotes = [{ type: "streamable-http", url: `${upstream.url}?followed` }];
      const entries = names.map((name) => ({ server: { name, title: "Followed", remotes } }));
      return fetch(url, { method: "PUT", body: JSON.stringify({ entries }) });
    };
    await setUp(["com.example.team/echo"]);
    await page.goto("/w/demo/settings");
    await page.getByRole("link", { name: "Followed registries" }).click();
    await page.getByText("No registry is followed").waitFor();
    await page.getByRole("button", { name: "Follow a registry" }).click();
    const dialog = page.getByRole("dialog", { name: "Follow a registry" });
    await dialog.getByLabel("Address").fill(url);
    await dialog.getByLabel("Names").fill("com.example.*/*");
    await dialog.getByRole("button", { name: "Read and show the plan" }).click();
    await page.getByRole("checkbox", { name: "Add com.example.team/echo" }).waitFor();
    expect(await findProblems(page), "plan").toEqual([]);
    await page.getByRole("button", { name: "Approve plan" }).click();
    await page.getByText("Server echo", { exact: true }).waitFor();

    await page.goto("/w/demo/servers/echo");
    await page.getByText("Kept by the followed registry").waitFor();
    await setUp([]);
    await page.getByRole("link", { name: url }).click();
    await page.getByRole("button", { name: "Read now" }).click();
    await page.getByText("It is no longer in the registry.").waitFor();
    await page.goto("/w/demo/servers/echo");
    await page.getByText("No longer in the registry it came from").waitFor();
    expect(await findProblems(page), "server").toEqual([]);
    expect(admin.problems).toEqual([]);
  });
});
