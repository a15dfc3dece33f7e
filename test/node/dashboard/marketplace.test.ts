import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../../scripts/management-client.ts";
import {
  createOpenWorkspace,
  startLocalGateway,
  type LocalGateway,
} from "../../fixtures/local-gateway.ts";
import {
  importEntries,
  importSamples,
  npmPackage,
  toEntry,
} from "../../fixtures/marketplace-entries.ts";
import { startRegistries } from "../../fixtures/registry.ts";
import { hasChromium, launchChromium, openBrowserUser, type BrowserUser } from "./chromium.ts";
import { join, makeSetupLink, toBaseUrl, type ServedDashboard } from "./served-dashboard.ts";
import { openStage, type Stage } from "./stage.ts";

const TIMEOUT_MS = 120_000;
/** A header in which visitors of the test state their address. */
const ADDRESS_HEADER = "x-visitor-address";
const HOSTILE = `</title><script>alert(1)</script>"><img src=x onerror=alert(1)>$&\u202e`;

const AuditEvents = z.object({
  items: z.array(z.object({ action: z.string(), actorName: z.string().nullable() })),
});

const rows = (page: Page) => page.getByRole("region", { name: "Servers" }).getByRole("listitem");
const titles = (page: Page) => rows(page).getByRole("link").allTextContents();
const field = (page: Page) => page.getByRole("searchbox", { name: "Search servers" });
const filter = (page: Page, name: RegExp) =>
  page.getByRole("complementary", { name: "Filters" }).getByRole("button", { name });
const searchOf = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams);

describe.skipIf(!hasChromium)("the marketplace", { timeout: TIMEOUT_MS }, () => {
  let stage: Stage;
  let visitor: BrowserUser;
  let page: Page;

  beforeAll(async () => {
    const prepare = async ({ api }: ServedDashboard) => {
      await createOpenWorkspace(api, "demo", []);
      await importSamples(api);
      await importEntries(api, [
        toEntry("com.example/hostile", { title: HOSTILE, ...npmPackage("hostile-mcp") }),
        toEntry("collections/starling", { title: "Starling", ...npmPackage("starling-mcp") }),
        ...Array.from({ length: 30 }, (_, i) =>
          toEntry(`net.example/heron-${i}`, { ...npmPackage(`heron-${i}`) }),
        ),
      ]);
    };
    stage = await openStage("demo", prepare, {
      curatesMarketplace: true,
      bindings: { CLIENT_ADDRESS_HEADER: ADDRESS_HEADER },
    });
    visitor = await openBrowserUser(stage.browser, stage.dashboard.baseUrl);
    ({ page } = visitor);
  }, TIMEOUT_MS);

  afterAll(async () => {
    await stage.close();
  });

  test("shows a visitor without a session the highest rated and the newest servers, and finds servers by words", async () => {
    await page.goto("/marketplace");
    const top = page.getByRole("heading", { name: "Highest rated" });
    await top.waitFor();
    await page.getByRole("link", { name: "Postgres Explorer" }).first().waitFor();
    await field(page).fill("postgres");
    await expect.poll(() => titles(page)).toEqual(["Postgres Explorer", "Postgres Cloud"]);
    await page.getByText("2 servers", { exact: true }).waitFor();
    expect(searchOf(page)).toEqual({ q: "postgres" });
    await page.goBack();
    await top.waitFor();
    expect(await field(page).inputValue()).toBe("");
  });

  test("shows the servers whose installs have grown, and no such list without any", async () => {
    await page.goto("/marketplace");
    await page.getByRole("link", { name: "Postgres Explorer" }).first().waitFor();
    const { baseUrl } = stage.dashboard;
    expect(await page.getByRole("heading", { name: "Trending" }).count()).toBe(0);
    const install = (visitor: number) =>
      fetch(`${baseUrl}/api/marketplace/servers/org.example/weather/installs`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "sec-fetch-site": "same-origin",
          [ADDRESS_HEADER]: `192.0.2.${visitor}`,
        },
        body: JSON.stringify({ client: "zed" }),
      });
    await Promise.all(Array.from({ length: 20 }, (_, visitor) => install(visitor)));
    await page.reload();
    const trending = page
      .locator("section")
      .filter({ has: page.getByRole("heading", { name: "Trending" }) });
    await expect
      .poll(() => trending.getByRole("listitem").allInnerTexts())
      .toEqual([expect.stringMatching(/Weather[^]*20 installs/)]);
    await page.getByRole("heading", { name: "Server of the week" }).waitFor();
    const headings = await page.getByRole("heading", { level: 2 }).allTextContents();
    expect(headings).toEqual([
      "Server of the week",
      "Categories",
      "Trending",
      "Highest rated",
      "Newest",
    ]);
  });

  test("has one configuration for all servers of a starter pack, and a report of wrong data reaches the operator", async () => {
    const { api } = stage.dashboard;
    const servers = ["com.example/postgres", "org.example/weather"].map((name) => ({
      name,
      note: `Why ${name}`,
    }));
    const pack = { title: "First steps", description: "For new teams.", isPack: true, servers };
    await manage(api, "PUT", "/marketplace/collections/first-steps", pack);
    await page.goto("/marketplace");
    await page.getByRole("link", { name: /First steps.*2 servers/ }).click();
    await page.getByRole("heading", { name: "First steps" }).waitFor();
    await page.getByRole("tab", { name: "Cursor" }).click();
    const configuration = page.getByLabel("configuration", { exact: true });
    await expect.poll(() => configuration.innerText()).toMatch(/"postgres": [^]*"weather": /);
    await page.getByText("Why org.example/weather").waitFor();
    await page.getByRole("link", { name: "Weather" }).click();
    await page.getByRole("link", { name: "First steps" }).waitFor();
    await page.getByRole("button", { name: "Report wrong data" }).click();
    const dialog = page.getByRole("dialog", { name: "Report wrong data" });
    await dialog.getByRole("textbox").fill("The forecast ends at noon.");
    await dialog.getByRole("button", { name: "Send report" }).click();
    await page.getByText("Report sent to the operator").waitFor();
    const reports = await manage(api, "GET", "/marketplace/reports");
    expect(reports).toMatchObject({
      items: [{ name: "org.example/weather", kind: "facts", text: "The forecast ends at noon." }],
    });
    const { baseUrl } = stage.dashboard;
    const address = "/marketplace/collections/first-steps";
    expect(await (await fetch(`${baseUrl}/sitemap.xml`)).text()).toContain(address);
    expect(await (await fetch(baseUrl + address)).text()).toContain("<title>First steps");
  });

  test("says which registries the data is from, and how current it is", async () => {
    const registries = await startRegistries();
    const { api } = stage.dashboard;
    await manage(api, "PUT", "/marketplace/sources/herons", { url: `${registries.url}/herons` });
    await manage(api, "POST", "/marketplace/sources/herons/runs", {});
    await page.goto("/marketplace");
    const sources = page.getByRole("list", { name: "Sources" }).getByRole("listitem");
    await expect
      .poll(() => sources.allTextContents())
      .toEqual([expect.stringMatching(/^Data from the herons\. Synced .+\.$/)]);
    await registries.close();
  });

  test("filters by a client that cannot connect to a server, and the address restores search, filter and order", async () => {
    await page.goto("/marketplace?q=postgres");
    await filter(page, /^Codex 1$/).click();
    await expect.poll(() => titles(page)).toEqual(["Postgres Explorer"]);
    await page.getByRole("combobox", { name: "Order" }).click();
    await page.getByRole("option", { name: "Installs this week" }).click();
    await expect
      .poll(() => searchOf(page))
      .toEqual({ q: "postgres", client: "codex", sort: "installs" });
    await page.reload();
    await expect.poll(() => titles(page)).toEqual(["Postgres Explorer"]);
    expect(await field(page).inputValue()).toBe("postgres");
    expect(await filter(page, /^Codex/).getAttribute("aria-pressed")).toBe("true");
    expect(await page.getByRole("combobox", { name: "Order" }).textContent()).toBe(
      "Installs this week",
    );
    await page.getByRole("button", { name: "Remove filter Client" }).click();
    await expect.poll(async () => (await titles(page)).length).toBe(2);
  });

  test("is used with the keyboard alone: slash, arrow keys and Enter", async () => {
    await page.goto("/marketplace?q=postgres");
    await expect.poll(async () => (await titles(page)).length).toBe(2);
    await page.keyboard.press("/");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    expect(await field(page).evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.press("ArrowDown");
    const [first] = await titles(page);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(first);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/marketplace\/com\.example\/postgres$/);
  });

  test("asks whether a word with a typing error was meant otherwise", async () => {
    await page.goto("/marketplace");
    await field(page).fill("postgers");
    await page.getByText("No servers match “postgers”").waitFor();
    await page.getByRole("link", { name: "postgres", exact: true }).click();
    await expect.poll(async () => (await titles(page)).length).toBe(2);
    expect(await field(page).inputValue()).toBe("postgres");
  });

  test("shows further servers when asked to, each once, and says what to do when there are none", async () => {
    await page.goto("/marketplace?q=heron");
    await expect.poll(async () => (await titles(page)).length).toBe(25);
    await page.getByRole("button", { name: "Show more" }).click();
    await expect.poll(async () => new Set(await titles(page)).size).toBe(30);
    await page.goto("/marketplace?q=heron&category=finance");
    await page.getByText("Remove a filter, or search for other words.").waitFor();
    await page.getByRole("link", { name: "Clear filters" }).click();
    await expect.poll(async () => (await titles(page)).length).toBe(25);
  });

  test("opens the page of a server whose namespace other pages have taken", async () => {
    await page.goto("/marketplace?q=starling");
    await rows(page).getByRole("link", { name: "Starling" }).click();
    await page.getByRole("heading", { level: 1, name: "Starling" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/marketplace/~collections/starling");
  });

  test("is a page of the navigation for signed-in users", async () => {
    const { page: own } = stage;
    await own.goto("/w/demo");
    await own.getByRole("navigation", { name: "Marketplace" }).getByRole("link").click();
    await own.getByRole("heading", { name: "Highest rated" }).waitFor();
    expect(await own.getByRole("navigation", { name: "Workspace" }).isVisible()).toBe(true);
    expect(await own.getByRole("link", { name: "Sign in" }).count()).toBe(0);
  });

  test("a curator makes a collection, picks a server, hides one and answers a report, and visitors see it", async () => {
    const { page: own, dashboard } = stage;
    const { api } = dashboard;
    const report = { kind: "harmful", text: "It sends forecasts away." };
    await manage(api, "POST", "/marketplace/servers/net.example/heron-1/reports", report);
    const dialog = own.getByRole("dialog");
    const choose = async (scope: Page | Locator, title: string) => {
      await scope.getByRole("searchbox").last().fill(title);
      await scope
        .getByRole("list", { name: "Servers found" })
        .getByRole("button", { name: title })
        .click();
    };
    await own.goto("/marketplace");
    await own.getByRole("link", { name: "Curate" }).click();
    const reported = own.getByRole("listitem", { name: "Report of net.example/heron-1" });
    await reported.getByRole("button", { name: "Hide the server" }).click();
    await dialog.getByRole("textbox", { name: "Reason" }).fill("It sends forecasts away.");
    await dialog.getByRole("button", { name: "Hide" }).click();
    await reported.getByRole("button", { name: "Resolve" }).click();
    await dialog.getByRole("textbox", { name: "Note" }).fill("Hidden.");
    await dialog.getByRole("button", { name: "Resolve" }).click();
    await reported.waitFor({ state: "detached" });
    await own.getByRole("tab", { name: "Hidden servers" }).click();
    await own.getByRole("row", { name: /heron-1 .*sends forecasts away.*Ada/ }).waitFor();

    await own.getByRole("tab", { name: "Server of the week" }).click();
    await own.getByRole("button", { name: "Pick a server" }).click();
    await choose(dialog, "Weather");
    await dialog.getByRole("textbox", { name: "Reason" }).fill("It stands still.");
    await dialog.getByRole("button", { name: "Pick" }).click();
    await own.getByText("Picked by hand").waitFor();

    await own.getByRole("tab", { name: "Collections" }).click();
    await own.getByRole("link", { name: "New collection" }).click();
    await own.getByLabel("Title").fill("Databases");
    await own.getByLabel("Description").fill("For data teams.");
    await choose(own, "Postgres Cloud");
    await choose(own, "Postgres Explorer");
    await own.getByRole("button", { name: "Move Postgres Explorer up" }).press("Enter");
    await own.getByRole("button", { name: "Create" }).click();
    await own.getByRole("link", { name: "Databases" }).waitFor();

    await page.goto("/marketplace");
    await page.getByText("It stands still.").waitFor();
    await page.getByRole("link", { name: /Databases.*2 servers/ }).click();
    await page.getByRole("heading", { name: "Databases" }).waitFor();
    const servers = page.getByRole("listitem").locator("[data-result]");
    expect(await servers.allTextContents()).toEqual(["Postgres Explorer", "Postgres Cloud"]);
    await page.goto("/marketplace/net.example/heron-1");
    await page.getByText("It sends forecasts away.").waitFor();
    const events = AuditEvents.parse(await manage(api, "GET", "/audit-events?limit=50"));
    const actions = events.items.flatMap(({ action, actorName }) =>
      actorName === "Ada" && action.startsWith("marketplace") ? [action] : [],
    );
    expect(actions).toEqual([
      "marketplace_collection.created",
      "marketplace_week.picked",
      "marketplace_report.resolved",
      "marketplace_server.hidden",
    ]);
  });

  test("violates the content security policy nowhere, also with hostile entries", async () => {
    await page.goto("/marketplace?q=hostile");
    await expect.poll(async () => (await titles(page)).join()).toContain("<script>");
    expect([...visitor.problems, ...stage.owner.problems]).toEqual([]);
  });
});

describe("the marketplace for programs that read links", () => {
  let open: LocalGateway;
  let closed: LocalGateway;

  beforeAll(async () => {
    [open, closed] = await Promise.all([
      startLocalGateway(),
      startLocalGateway({ MARKETPLACE_PUBLIC: "false" }),
    ]);
    const hostile = toEntry("com.example/hostile", {
      title: HOSTILE,
      ...npmPackage("hostile-mcp"),
    });
    // The first part of its address is that of the pages of publishers.
    const taken = toEntry("publishers/heron", { title: "Heron", ...npmPackage("heron-mcp") });
    for (const { api } of [open, closed]) {
      await importSamples(api);
      await importEntries(api, [hostile, taken]);
    }
  }, TIMEOUT_MS);

  afterAll(async () => {
    await Promise.all([open.stop(), closed.stop()]);
  });

  const get = async (gateway: LocalGateway, path: string) => {
    const response = await fetch(toBaseUrl(gateway.api) + path);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };

  test("a server's page has its title, description and preview tags", async () => {
    const { status, headers, text } = await get(open, "/marketplace/org.example/weather");
    expect(status).toBe(200);
    expect(text).toContain("<title>Weather · mcpnest</title>");
    expect(text).toContain('<meta property="og:title" content="Weather" />');
    expect(text).toMatch(/<meta name="description" content="Forecasts for every place/);
    expect(text).toContain(
      `<link rel="canonical" href="${toBaseUrl(open.api)}/marketplace/org.example/weather" />`,
    );
    expect(text).toContain('<div id="app">');
    expect(headers.get("content-security-policy")).toContain("script-src 'self'");
    expect((await get(open, "/marketplace?q=x")).text).toContain(
      "<title>MCP server marketplace · mcpnest</title>",
    );
  });

  test("a server whose namespace other pages have taken has a page with a tilde", async () => {
    const { status, text } = await get(open, "/marketplace/~publishers/heron");
    expect(status).toBe(200);
    expect(text).toContain("<title>Heron · mcpnest</title>");
    expect(text).toContain('/marketplace/~publishers/heron" />');
    expect((await get(open, "/marketplace/publishers/heron")).status).toBe(404);
    expect((await get(open, "/marketplace/~org.example/weather")).status).toBe(404);
  });

  test("a publisher's page has its namespace and the number of its servers in its head", async () => {
    const { status, text } = await get(open, "/marketplace/publishers/org.example");
    expect(status).toBe(200);
    expect(text).toContain("<title>org.example · mcpnest</title>");
    expect(text).toContain('content="2 MCP servers of org.example, with scores from evidence."');
    expect((await get(open, "/marketplace/publishers/org.nobody")).status).toBe(404);
  });

  test("no value of an entry leaves its place in the page's head", async () => {
    const { text } = await get(open, "/marketplace/com.example/hostile");
    const [head = ""] = text.split("</head>");
    expect(head.match(/<script/g)).toEqual((await get(open, "/")).text.match(/<script/g));
    expect(head).not.toContain("<img");
    expect(head).toContain("<title>&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&gt;");
    expect(head).toContain("$&amp;\\u{202e} · mcpnest</title>");
  });

  test("the page of a server that does not exist is one with status 404", async () => {
    const { status, text } = await get(open, "/marketplace/org.example/nothing");
    expect([status, text.includes('<div id="app">')]).toEqual([404, true]);
  });

  test("the sitemap has the address of each server", async () => {
    const { status, headers, text } = await get(open, "/sitemap.xml");
    expect([status, headers.get("content-type")]).toEqual([200, "application/xml; charset=utf-8"]);
    const root = `${toBaseUrl(open.api)}/marketplace`;
    const locations = [...text.matchAll(/<loc>(.*?)<\/loc>/g)].map(
      ([, location]) => location ?? "",
    );
    expect(locations.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      root,
      `${root}/com.example/hostile`,
      `${root}/com.example/postgres`,
      `${root}/com.example/postgres-cloud`,
      `${root}/org.example/unnamed`,
      `${root}/org.example/weather`,
      `${root}/~publishers/heron`,
    ]);
    expect((await get(open, "/sitemap-1.xml")).text).toBe(text);
    expect((await get(open, "/sitemap-2.xml")).status).toBe(404);
  });

  test("a closed marketplace has neither tags nor a sitemap", async () => {
    const plain = (await get(closed, "/")).text;
    for (const path of ["/marketplace", "/marketplace/org.example/weather", "/marketplace/a/b"])
      expect(await get(closed, path)).toMatchObject({ status: 200, text: plain });
    expect((await get(closed, "/sitemap.xml")).status).toBe(404);
  });

  test.skipIf(!hasChromium)(
    "a closed marketplace asks visitors to sign in, and shows them then what they wanted to see",
    async () => {
      const browser = await launchChromium();
      const user = await openBrowserUser(browser, toBaseUrl(closed.api));
      await user.page.goto("/marketplace?q=weather");
      await user.page.waitForURL(/\/sign-in\?to=/);
      await join(user, await makeSetupLink(closed.api), "Ada");
      await user.page.goto("/sign-in?to=%2Fmarketplace%3Fq%3Dweather");
      await expect.poll(() => titles(user.page)).toEqual(["Weather"]);
      await browser.close();
    },
  );
});
