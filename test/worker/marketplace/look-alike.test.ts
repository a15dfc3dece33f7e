import { describe, expect, test } from "vitest";
import { DAY_MS } from "../../../workers/contract/units.ts";
import { openDb } from "../../../workers/db/database.ts";
import { compareServers } from "../../../workers/marketplace/compare-servers.ts";
import {
  makeLookAlikeFinder,
  type ComparedServer,
} from "../../../workers/marketplace/look-alike.ts";
import { storeHostedEntries } from "../../../workers/marketplace/sync/hosted-entries.ts";
import { bindings } from "../support/gateway-client.ts";
import { manage } from "../support/management-client.ts";

function server(name: string, npm?: string, more: Partial<ComparedServer> = {}): ComparedServer {
  const packages = npm === undefined ? [] : [{ registryType: "npm", identifier: npm }];
  return { name, title: null, packages, hasRemotes: false, adoption: 0, ...more };
}

const find = makeLookAlikeFinder([
  server("io.github.firecrawl/firecrawl-mcp-server", "firecrawl-mcp", { adoption: 12 }),
  server("io.github.playwright/playwright-mcp", "@playwright/mcp", { adoption: 14 }),
  server("com.chromium/devtools", "chrome-devtools-mcp", { adoption: 12 }),
  server("com.exa/exa", "exa-mcp-server", { adoption: 12 }),
  server("com.example.strata/strata", undefined, { adoption: 9 }),
  server("mcpnest/sequential-thinking", "@modelcontextprotocol/server-sequential-thinking", {
    adoption: 15,
  }),
]);

describe("a server resembles a well-known one", () => {
  test.each<[string, ComparedServer, string | null]>([
    ["two letters swapped", server("io.github.x/firecrwal"), "name"],
    [
      "a letter of another script",
      server("io.github.x/y", undefined, { title: "Firеcrawl" }),
      "name",
    ],
    ["a letter doubled in its package", server("io.github.x/y", "firecrawll-mcp"), "package"],
    ["the scope as a part of the name", server("io.github.x/y", "playwright-mcp"), "package"],
    ["another scope", server("io.github.x/y", "@x/chrome-devtools-mcp"), "package"],
    [
      "a digit in the scope",
      server("io.github.x/y", "@modelcontextprotoc0l/server-sequential-thinking"),
      "package",
    ],
    ["the publisher's name", server("io.github.firecrawI1/y"), "publisher"],
    ["the same name, as many do", server("io.github.x/firecrawl"), null],
    ["the same name with other separators", server("io.github.x/mcp-fire-crawl"), null],
    ["a short name, by chance", server("io.github.x/strava", "esa-mcp-server"), null],
    ["common words only", server("io.github.x/y", "@x/mcp-server"), null],
    ["a plural", server("io.github.x/sequential-thinkings"), null],
    ["its own publisher", server("com.firecrawl/firecrawll"), null],
    ["the genuine package only", server("io.github.x/firecrwal", "firecrawl-mcp"), null],
    [
      "the genuine package and an address",
      server("io.github.x/firecrwal", "firecrawl-mcp", { hasRemotes: true }),
      "name",
    ],
    ["itself well known", server("io.github.x/firecrwal", undefined, { adoption: 7 }), null],
    ["a name without end", server(`io.github.x/${"firecrawl".repeat(20)}`), null],
  ])("%s", (_, compared, part) => {
    expect(find(compared)?.part ?? null).toBe(part);
  });
});

test("a server that resembles a well-known one is marked in lists and on its page by the nightly comparison, until it does not", async () => {
  const db = openDb(bindings.DB);
  await storeHostedEntries(db);
  const name = "com.example.look-alike/thinker";
  const importAs = async (identifier: string) => {
    const packages = [{ registryType: "npm", identifier }];
    const page = { servers: [{ server: { name, packages } }] };
    await manage("POST", "/marketplace/imports", { source: "look-alike", page });
  };
  const compareAll = async (at: number) => {
    const isUnfinished = () =>
      bindings.DB.prepare("SELECT cursor FROM marketplace_comparison").first("cursor");
    do await compareServers(db, at);
    while ((await isUnfinished()) !== null);
  };
  const readMarks = async () => [
    (await manage("GET", `/marketplace/servers/${name}`)).body.resembles,
    (await manage("GET", "/marketplace/servers?q=owner:com.example.look-alike")).body.items[0]
      .resembles,
  ];
  await importAs("@modelcontextprotoco1/server-sequential-thinking");
  expect(await readMarks()).toEqual([null, null]);
  const tonight = Date.now() + 900 * DAY_MS;
  await compareAll(tonight);
  const { resembles, part } = { resembles: expect.any(String), part: "package" };
  expect(await readMarks()).toEqual([
    { name: resembles, part },
    { name: resembles, part },
  ]);
  await importAs("other-thinker");
  await compareAll(tonight);
  expect((await readMarks())[0]).not.toBeNull();
  await compareAll(tonight + DAY_MS);
  expect(await readMarks()).toEqual([null, null]);
});
