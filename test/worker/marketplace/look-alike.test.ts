import { describe, expect, test } from "vitest";
import { DAY_MS } from "../../../workers/contract/units.ts";
import { openDb } from "../../../workers/db/database.ts";
import { readComparison } from "../../../workers/db/marketplace-look-alikes.ts";
import { compareServers } from "../../../workers/marketplace/compare-servers.ts";
import {
  makeLookAlikeFinder,
  type ComparedServer,
} from "../../../workers/marketplace/look-alike.ts";
import { storeHostedEntries } from "../../../workers/marketplace/sync/hosted-entries.ts";
import { bindings } from "../support/gateway-client.ts";
import { manage } from "../support/management-client.ts";
import { entries, SyncedRegistry } from "../support/registries.ts";

function server(name: string, npm?: string, more: Partial<ComparedServer> = {}): ComparedServer {
  const packages = npm === undefined ? [] : [{ registryType: "npm", identifier: npm }];
  return { name, title: null, packages, hasRemotes: false, repository: null, adoption: 0, ...more };
}

const find = makeLookAlikeFinder([
  server("io.github.firecrawl/firecrawl-mcp-server", "firecrawl-mcp", { adoption: 12 }),
  server("io.github.playwright/playwright-mcp", "@playwright/mcp", { adoption: 14 }),
  server("com.chromium/devtools", "chrome-devtools-mcp", { adoption: 12 }),
  server("com.exa/exa", "exa-mcp-server", { adoption: 12 }),
  server("com.example.strata/strata", undefined, { adoption: 9 }),
  server("io.github.upstash/context7", "@upstash/context7-mcp", {
    title: "Context7",
    repository: "github.com/upstash/context7",
    adoption: 15,
  }),
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
    [
      "a digit in its package, with the other's repository and its stars",
      server("io.github.upstahs/context7", "@upstash/c0ntext7-mcp", {
        title: "Context7",
        repository: "github.com/upstash/context7",
        adoption: 15,
      }),
      "package",
    ],
    ["the publisher with the same name", server("io.github.upstahs/context7"), "publisher"],
    ["the publisher with another name", server("io.github.upstahs/vectors"), null],
    ["a name without end", server(`io.github.x/${"firecrawl".repeat(20)}`), null],
  ])("%s", (_, compared, part) => {
    expect(find(compared)?.part ?? null).toBe(part);
  });
});

const db = openDb(bindings.DB);
const IMITATED = "@modelcontextprotoco1/server-sequential-thinking";
const toName = (name: string) => `com.example.look-alike/${name}`;
const toEntry = (name: string, identifier: string) => ({
  server: { name: toName(name), packages: [{ registryType: "npm", identifier }] },
});

async function importAs(name: string, identifier: string): Promise<void> {
  const page = { servers: [toEntry(name, identifier)] };
  await manage("POST", "/marketplace/imports", { source: "look-alike", page });
}

/** Compares the next servers, as in each minute, until all were. */
async function compareAll(at: number): Promise<void> {
  do await compareServers(db, at);
  while ((await readComparison(db)).hasNext);
}

const readMark = async (name: string) =>
  (await manage("GET", `/marketplace/servers/${toName(name)}`)).body.resembles;
const readListed = async (name: string) =>
  (await manage("GET", `/marketplace/servers?q=owner:com.example.look-alike+${name}`)).body.items[0]
    .resembles;

test("a server that resembles a well-known one is marked in lists and on its page by the nightly comparison, until it does not", async () => {
  await storeHostedEntries(db);
  const tonight = Date.now() + 900 * DAY_MS;
  await importAs("thinker", IMITATED);
  expect([await readMark("thinker"), await readListed("thinker")]).toEqual([null, null]);
  await compareAll(tonight);
  const mark = { name: expect.any(String), part: "package" };
  expect([await readMark("thinker"), await readListed("thinker")]).toEqual([mark, mark]);
  await importAs("thinker", "other-thinker");
  await compareAll(tonight);
  expect(await readMark("thinker")).not.toBeNull();
  await compareAll(tonight + DAY_MS);
  expect([await readMark("thinker"), await readListed("thinker")]).toEqual([null, null]);
});

test("a server that arrives after the comparison of the day is compared in the next minute", async () => {
  const today = Date.now() + 902 * DAY_MS;
  await storeHostedEntries(db);
  await compareAll(today);
  for (const name of ["late-one", "late-two", "late-three"]) {
    await importAs(name, IMITATED);
    await compareServers(db, today);
    expect(await readMark(name)).toMatchObject({ part: "package" });
  }
});

test("all servers are compared again after a sweep of a source, but not after an update", async () => {
  const today = Date.now() + 903 * DAY_MS;
  await storeHostedEntries(db);
  const registry = new SyncedRegistry("look-alikes");
  await registry.setUp({ entries: entries("look-alikes", 1) });
  await registry.add();
  await importAs("swept", "another-thinker");
  await registry.sync();
  await compareAll(today);
  await importAs("swept", IMITATED);
  expect(await registry.sync()).toMatchObject({ kind: "update", state: "done" });
  await compareAll(today);
  expect(await readMark("swept")).toBeNull();
  expect(await registry.sync({ kind: "sweep" })).toMatchObject({ state: "done" });
  await compareAll(today);
  expect(await readMark("swept")).toMatchObject({ part: "package" });
});
