import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { DAY_MS } from "../../../workers/contract/units.ts";
import { makeJoinedUser, makeOwner } from "../support/browser.ts";
import { runCleanUp } from "../support/clean-up.ts";
import { later } from "../support/clock.ts";
import { manage, refusalOf } from "../support/management-client.ts";

const NAME = "com.example.shares/weather";

async function importWeather() {
  const server = {
    name: NAME,
    version: "1.0.0",
    packages: [
      {
        registryType: "npm",
        identifier: "@example/weather",
        version: "1.0.0",
        environmentVariables: [
          { name: "WEATHER_API_KEY", isRequired: true, isSecret: true },
          { name: "WEATHER_REGION" },
        ],
      },
    ],
  };
  await manage("POST", "/marketplace/imports", {
    source: "shares",
    page: { servers: [{ server }] },
  });
}

const compose = (...values: [string, string][]) => ({
  v: 1,
  servers: [{ from: "catalogue", name: NAME, version: "1.0.0", values }],
});
const REGION: [string, string] = ["environment:WEATHER_REGION", "eu"];
const asVisitor = { headers: { "sec-fetch-site": "same-origin" } };

test("a stored composition is read by its link without a session, and only who made it lists and deletes it", async () => {
  await importWeather();
  const ada = await makeOwner("shares-rights");
  const bob = (await makeJoinedUser("shares-rights", "member")).browser;
  const made = await ada.send("POST", "/workshop/shares", {
    composition: compose(REGION),
    days: 7,
  });
  expect(made.status).toBe(200);
  const path = `/workshop/shares/${made.body.id}`;
  expect(made.body.id).toMatch(/^shr_[0-9a-f]{24}$/);

  const read = await manage("GET", path, undefined, asVisitor);
  expect(read.body.composition).toEqual(compose(REGION));
  expect(Object.keys(read.body).toSorted()).toEqual(["composition", "createdAt", "expiresAt"]);
  expect((await bob.send("GET", "/workshop/shares")).body.items).toEqual([]);
  expect((await ada.send("GET", "/workshop/shares")).body.items).toMatchObject([
    { id: made.body.id, servers: [NAME] },
  ]);
  expect(refusalOf(await bob.send("DELETE", path))).toContain("404 not_found");
  expect((await ada.send("DELETE", path)).status).toBe(204);
  expect(refusalOf(await manage("GET", path, undefined, asVisitor))).toContain("404 not_found");
});

test.each([
  ["the value of a secret variable", "secret", ["environment:WEATHER_API_KEY", "plain"]],
  ["a value of a variable that the entry does not have", "other", ["environment:OTHER", "plain"]],
  [
    "a key in a variable that is no secret",
    "key",
    ["environment:WEATHER_REGION", "ghp_0123456789abcdefghijklmnop"],
  ],
] satisfies [string, string, [string, string]][])(
  "%s is not stored",
  async (_what, slug, value) => {
    await importWeather();
    const ada = await makeOwner(`shares-${slug}`);
    const refused = await ada.send("POST", "/workshop/shares", {
      composition: compose(value),
      days: 1,
    });
    expect(refusalOf(refused)).toContain("400 invalid");
    expect(JSON.stringify(refused.body)).not.toContain(value[1]);
  },
);

test.each([
  "https://example.com/mcp?api_key=S3cretValue12345",
  "https://example.com/mcp?profile=k3yV4lueAbCdEf12",
  "https://u:p@example.com/mcp",
  "https://{u}:{p}@example.com/mcp",
  "https://example.com/sk-ant-api03-Ab3dEf6hIj9lMn2p/sse",
  "https://example.com/token/9f8e7d6c5b4/mcp",
  "https://example.com/mcp#access_token=Ab3dEf6hIj9l",
  "https://ghp_Ab3dEf6hIj9lMn2pQr5tUv8x.example.com/",
  "https://example.com/{ghp_Ab3dEf6hIj9lMn2pQr5tUv8x}",
  "javascript:alert(1)",
  "file:///etc/passwd",
])("the address %s is neither stored nor read", async (url) => {
  const address = { from: "address", key: "a", url, type: "sse", headers: [] as string[] };
  const ada = await makeOwner(`shares-a${addresses++}`);
  const body = { composition: { v: 1, servers: [address] }, days: 1 };
  const refused = await ada.send("POST", "/workshop/shares", body);
  expect(refusalOf(refused)).toMatch(/^400 invalid: composition\.servers\.0\.url: (?:has|is) /);
  expect(JSON.stringify(refused.body)).not.toMatch(/S3cret|k3yV4lue|Ab3dEf6hIj9l|9f8e7d6c5b4/);
  // As a release before stored it.
  const id = `shr_old${addresses}`;
  await env.DB.prepare(
    "INSERT INTO workshop_shares (id, user_id, composition, created_at, expires_at) VALUES (?, 'usr_old', ?, ?, ?)",
  )
    .bind(id, JSON.stringify(body.composition), Date.now(), Date.now() + DAY_MS)
    .run();
  const read = await manage("GET", `/workshop/shares/${id}`, undefined, asVisitor);
  expect(refusalOf(read)).toMatch(/^404 .*no link may hold/);
});
let addresses = 0;

test("an address whose values are variables is stored, and a header that looks like a key is not", async () => {
  const ada = await makeOwner("shares-open");
  const share = (headers: string[]) => {
    const url = "https://{host-1}.example.com:8443/mcp/{part-2}?profile={profile}&key={key}";
    const address = { from: "address", key: "a", url, type: "sse", headers };
    const composition = { v: 1, servers: [address] };
    return ada.send("POST", "/workshop/shares", { composition, days: 1 });
  };
  expect((await share(["x-api-key"])).status).toBe(200);
  expect(refusalOf(await share(["ghp_aB3dEf6hIj9lMn2pQr5tUv8x"]))).toContain("looks like a key");
});

test("a share expires after its days, and the clean-up deletes its row", async () => {
  const ada = await makeOwner("shares-expiry");
  const address = {
    from: "address",
    key: "own",
    url: "https://own.example/mcp",
    type: "sse",
    headers: [],
  };
  const body = { composition: { v: 1, servers: [address] }, days: 2 };
  const { id } = (await ada.send("POST", "/workshop/shares", body)).body;
  const read = () => manage("GET", `/workshop/shares/${id}`, undefined, asVisitor);
  expect((await read()).status).toBe(200);
  const count = () =>
    env.DB.prepare("SELECT count(*) AS n FROM workshop_shares WHERE id = ?").bind(id).first("n");
  await later(3 * DAY_MS, async () => {
    expect((await read()).status).toBe(404);
    expect(await count()).toBe(1);
  });
  await runCleanUp(Date.now() + 3 * DAY_MS);
  expect(await count()).toBe(0);
});

test("a person has at most 50 links, a link at most 40 servers and 30 days", async () => {
  const ada = await makeOwner("shares-limits");
  const address = (key: string) => ({
    from: "address",
    key,
    url: "https://own.example/mcp",
    type: "streamable-http",
    headers: [],
  });
  const share = (servers: object[], days = 1) =>
    ada.send("POST", "/workshop/shares", { composition: { v: 1, servers }, days });
  const many = Array.from({ length: 41 }, (_, index) => address(`s${index}`));
  expect((await share(many)).status).toBe(400);
  expect((await share([])).status).toBe(400);
  expect((await share([address("a")], 31)).status).toBe(400);
  for (let number = 0; number < 50; number++)
    expect((await share([address("a")])).status).toBe(200);
  expect(refusalOf(await share([address("a")]))).toContain("409 conflict");
});
