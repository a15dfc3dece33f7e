import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { handleRequest } from "../../../workers/app.ts";
import { DAY_MS } from "../../../workers/contract/units.ts";
import { runCleanUp } from "../support/clean-up.ts";
import { later } from "../support/clock.ts";
import { bindings } from "../support/gateway-client.ts";
import { manage, refusalOf } from "../support/management-client.ts";

/** Imports servers that this file alone has; returns the path of the first. */
async function importServers(...names: string[]): Promise<string> {
  const servers = names.map((name) => ({ server: { name: `com.example.installs/${name}` } }));
  const body = { source: "installs", asOf: 1_000, page: { servers } };
  expect((await manage("POST", "/marketplace/imports", body)).body.rejected).toEqual([]);
  return pathOf(names[0] ?? "");
}

const pathOf = (name: string) => `/marketplace/servers/com.example.installs/${name}`;

/** The headers of a page of this host, which a visitor has open. */
const asVisitor = (address: string, userAgent = "Firefox") => ({
  "content-type": "application/json",
  "sec-fetch-site": "same-origin",
  "cf-connecting-ip": address,
  "user-agent": userAgent,
});

const install = (
  path: string,
  headers: Record<string, string>,
  body: unknown = { client: "zed" },
) => manage("POST", `${path}/installs`, body, { headers });

const readWeeks = async (path: string): Promise<number[]> =>
  (await manage("GET", `${path}/installs`)).body.weeks.map(
    ({ installs }: { installs: number }) => installs,
  );
const lastWeekOf = async (path: string) => (await readWeeks(path)).at(-1);

test("an install counts once for a visitor, a server and a day, also without a session", async () => {
  const path = await importServers("once", "once-more");
  const visitor = asVisitor("198.51.100.1");
  for (const client of ["zed", "zed", "cursor"])
    expect((await install(path, visitor, { client })).status).toBe(204);
  expect(await lastWeekOf(path)).toBe(1);
  // A browser names itself as it likes.
  await install(path, asVisitor("198.51.100.1", "Chrome"));
  await install(path, asVisitor("198.51.100.2"));
  await install(pathOf("once-more"), visitor);
  expect(await lastWeekOf(path)).toBe(2);
  expect(await lastWeekOf(pathOf("once-more"))).toBe(1);
  expect((await manage("GET", path)).body.installsLastWeek).toBe(2);
});

test("a search sorted by installs has those of the last week first, then the scores", async () => {
  const described = { description: "Sorts the weeks of a calendar by their installs, for a test." };
  const servers = ["a", "b", "c", "d"].map((name) => ({
    server: {
      name: `com.example.installs/sortweek-${name}`,
      ...(name === "b" ? described : {}),
    },
  }));
  await manage("POST", "/marketplace/imports", { source: "installs", page: { servers } });
  await install(pathOf("sortweek-a"), asVisitor("198.51.100.11"));
  for (const visitor of ["198.51.100.11", "198.51.100.12"])
    await install(pathOf("sortweek-c"), asVisitor(visitor));
  for (const visitor of ["198.51.100.11", "198.51.100.12", "198.51.100.13"])
    await later(-7 * DAY_MS, () => install(pathOf("sortweek-d"), asVisitor(visitor)));
  const { body } = await manage("GET", "/marketplace/servers?q=sortweek&sort=installs");
  expect(body.items.map(({ name }: { name: string }) => name.split("-")[1])).toEqual([
    "c",
    "a",
    "b",
    "d",
  ]);
});

test("requests of one visitor at the same time count once", async () => {
  const path = await importServers("together");
  const visitor = asVisitor("198.51.100.3");
  await Promise.all(Array.from({ length: 8 }, () => install(path, visitor)));
  expect(await lastWeekOf(path)).toBe(1);
});

test("on another day it counts again, in its week", async () => {
  const path = await importServers("days");
  const visitor = asVisitor("198.51.100.4");
  for (const days of [0, 1, 6, 7, 83, 84])
    await later(-days * DAY_MS, () => install(path, visitor));
  expect(await readWeeks(path)).toEqual([1, ...Array.from({ length: 9 }, () => 0), 1, 3]);
  const { weeks } = (await manage("GET", `${path}/installs`)).body;
  expect(weeks[11].from % DAY_MS).toBe(0);
  expect(weeks[11].from - weeks[0].from).toBe(11 * 7 * DAY_MS);
});

test("nothing that is stored says who it was, and the next clean-up deletes what tells visitors of a past day apart", async () => {
  const path = await importServers("private");
  const visitor = asVisitor("198.51.100.5", "Unusual Browser");
  await later(-DAY_MS, () => install(path, visitor));
  await install(path, visitor);
  const read = async (table: string) =>
    (await bindings.DB.prepare(`SELECT * FROM ${table}`).all<{ day: number }>()).results;
  const tables = ["marketplace_install_visits", "marketplace_install_days"];
  const today = Math.floor(Date.now() / DAY_MS);
  for (const table of tables) {
    const rows = await read(table);
    expect(JSON.stringify(rows)).not.toMatch(/198\.51|Unusual|private/);
    expect(rows.some(({ day }) => day < today)).toBe(true);
  }
  await runCleanUp(Date.now());
  for (const table of tables) {
    const days = new Set((await read(table)).map(({ day }) => day));
    expect([...days]).toEqual([today]);
  }
  expect(await lastWeekOf(path)).toBe(2);
  await install(path, visitor);
  expect(await lastWeekOf(path)).toBe(2);
});

test.each<[string, unknown]>([
  ["an unknown client", { client: "evil'; DROP TABLE marketplace_installs; --" }],
  ["the name of an object's property", { client: "__proto__" }],
  ["a list of clients", { client: ["zed"] }],
  ["another member", { client: "zed", address: "192.0.2.1" }],
  ["no client", {}],
])("a body with %s is refused and counts nothing", async (_what, body) => {
  const path = await importServers("refused");
  const response = await install(path, asVisitor("198.51.100.6"), body);
  expect(refusalOf(response)).toMatch(/^400 invalid: /);
  expect(await lastWeekOf(path)).toBe(0);
});

test("a server that the marketplace does not have is not counted", async () => {
  const response = await install(pathOf("none"), asVisitor("198.51.100.7"));
  expect(refusalOf(response)).toBe("404 not_found: There is no such server in the marketplace.");
  expect((await manage("GET", `${pathOf("none")}/installs`)).status).toBe(404);
});

test("a page of another host cannot count installs", async () => {
  const path = await importServers("forged");
  const headers = { ...asVisitor("198.51.100.8"), "sec-fetch-site": "cross-site" };
  expect(refusalOf(await install(path, headers))).toMatch(/^403 csrf: /);
  expect(await lastWeekOf(path)).toBe(0);
});

test("an address that sends too many requests is refused", async () => {
  const path = await importServers("flood");
  const { SMALL_STRANGER_LIMIT } = env as unknown as { SMALL_STRANGER_LIMIT: RateLimit };
  const limited = { ...bindings, STRANGER_LIMIT: SMALL_STRANGER_LIMIT };
  const statuses: number[] = [];
  // Five a minute are allowed, and a minute can end meanwhile.
  for (let i = 0; i < 12; i++) {
    const request = new Request(`http://gateway.test/api${path}/installs`, {
      method: "POST",
      headers: { ...asVisitor("198.51.100.9"), host: "gateway.test" },
      body: JSON.stringify({ client: "zed" }),
    });
    statuses.push((await handleRequest(request, limited, createExecutionContext())).status);
  }
  expect(new Set(statuses)).toEqual(new Set([204, 429]));
  expect(await lastWeekOf(path)).toBe(1);
});

test("servers with more installs than before are trending, and those with few are not", async () => {
  const path = await importServers("rising", "few");
  const visitors = Array.from({ length: 21 }, (_, i) => asVisitor(`203.0.113.${i}`));
  await Promise.all(visitors.map((visitor) => install(path, visitor)));
  await Promise.all(visitors.slice(2).map((visitor) => install(pathOf("few"), visitor)));
  const { items } = (await manage("GET", "/marketplace/trending")).body;
  const ours = items.filter(({ name }: { name: string }) =>
    name.startsWith("com.example.installs/"),
  );
  expect(ours).toEqual([
    {
      name: "com.example.installs/rising",
      title: null,
      description: null,
      status: "active",
      score: expect.any(Number),
      grade: null,
      installs: 21,
      growth: 41 / 20,
    },
  ]);
});
