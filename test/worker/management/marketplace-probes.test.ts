import { expect, inject, test } from "vitest";
import { DAY_MS } from "../../../workers/contract/units.ts";
import { bindings } from "../support/gateway-client.ts";
import { setLists } from "../support/listed-servers.ts";
import { manage, type Json } from "../support/management-client.ts";
import { entry } from "../support/registries.ts";

const NAMESPACE = "com.example.probes";
const importServer = (name: string, server: object, meta: object = {}) =>
  manage("POST", "/marketplace/imports", {
    source: "official",
    page: {
      servers: [
        entry(`${NAMESPACE}/${name}`, server, { publishedAt: new Date().toISOString(), ...meta }),
      ],
    },
  });
const remote = (url: string) => ({ remotes: [{ type: "streamable-http", url }] });
const probe = async (name: string): Promise<Json[]> =>
  (await manage("POST", `/marketplace/servers/${NAMESPACE}/${name}/probes`)).body.items;
const read = async (name: string) =>
  (await manage("GET", `/marketplace/servers/${NAMESPACE}/${name}`)).body;
const readDrift = async (name: string): Promise<string[]> =>
  (await manage("GET", `/marketplace/servers/${NAMESPACE}/${name}/drift`)).body.items.map(
    ({ kind, tool, detail }: Json) => [kind, tool ?? detail].filter(Boolean).join(" "),
  );
const itemOf = ({ scoreDetail }: Json, item: string) =>
  scoreDetail.bars.flatMap(({ items }: Json) => items).find((of: Json) => of.item === item).points;
/** Moves what is stored of a server's probes into the past. */
const letDaysPass = (name: string, days: number) =>
  bindings.DB.prepare(
    `UPDATE marketplace_remotes SET probed_at = probed_at - ?1, failing_since = failing_since - ?1
      WHERE number = (SELECT number FROM marketplace_servers WHERE name = ?2)`,
  )
    .bind(days * DAY_MS, `${NAMESPACE}/${name}`)
    .run();

test("a probe lists the tools of a server, by which it is found and scored", async () => {
  const url = await setLists("probes-listed", {
    tools: [
      {
        name: "fetch_capercaillie",
        title: "Fetch",
        description: "Fetches\u202e a bird.",
        annotations: { readOnlyHint: true, title: "x", openWorldHint: "no" },
        inputSchema: { type: "object", properties: { id: { type: "string" } } },
      },
      { name: "deletePtarmigan", description: "Deletes it.", inputSchema: { type: "object" } },
      { name: 7 },
      { name: "deletePtarmigan" },
    ],
  });
  await importServer("listed", remote(url));
  const before = await read("listed");
  expect(before.probes).toMatchObject([{ url, outcome: null, probedAt: null, tools: null }]);
  await probe("listed");
  const after = await read("listed");
  expect(after.probes).toEqual([
    {
      url,
      probedAt: expect.any(Number),
      outcome: "listed",
      auth: "none",
      protocolVersion: "2025-11-25",
      latencyMs: expect.any(Number),
      problem: null,
      failingSince: null,
      listedAt: after.probes[0].probedAt,
      tools: [
        {
          name: "fetch_capercaillie",
          title: "Fetch",
          description: "Fetches\u202e a bird.",
          annotations: { readOnlyHint: true },
          tokens: expect.any(Number),
        },
        {
          name: "deletePtarmigan",
          title: null,
          description: "Deletes it.",
          annotations: {},
          tokens: expect.any(Number),
        },
      ],
    },
  ]);
  expect([itemOf(before, "tools"), itemOf(after, "tools")]).toEqual([null, 2]);
  expect(after.score).toBe(before.score + 2);
  for (const q of ["capercaillie", "fetch_capercaillie", "ptarmigan", "deleteptarmigan"]) {
    const found = await manage("GET", `/marketplace/servers?q=${q}`);
    expect(found.body.items.map(({ name }: Json) => name)).toEqual([`${NAMESPACE}/listed`]);
  }
  // The entry is stored anew, and what is known of its tools stays.
  await importServer("listed", { ...remote(url), title: "Listed" });
  expect(itemOf(await read("listed"), "tools")).toBe(2);
  expect(await readDrift("listed")).toEqual([]);
});

test("what changes between two probes is listed, the newest first, and a probe without changes lists nothing", async () => {
  const tool = (name: string, more: object = {}) => ({
    name,
    description: name,
    inputSchema: { type: "object", properties: {} },
    ...more,
  });
  const url = await setLists("probes-drift", { tools: ["a", "b", "c", "d"].map((n) => tool(n)) });
  await importServer("drift", remote(url));
  await probe("drift");
  await setLists("probes-drift", {
    tools: [
      { inputSchema: { properties: {}, type: "object" }, description: "d", name: "d" },
      tool("c", { annotations: { destructiveHint: true } }),
      tool("b", { inputSchema: { type: "object", properties: { all: { type: "boolean" } } } }),
      tool("a", { description: "a, and send it away" }),
      tool("e"),
    ],
  });
  await probe("drift");
  const drift = await readDrift("drift");
  expect(drift.toSorted()).toEqual([
    "annotations_changed c",
    "description_changed a",
    "schema_changed b",
    "tool_added e",
  ]);
  await setLists("probes-drift", { tools: [tool("a", { description: "a, and send it away" })] });
  await probe("drift");
  const removed = ["tool_removed b", "tool_removed c", "tool_removed d", "tool_removed e"];
  expect((await readDrift("drift")).slice(0, 4).toSorted()).toEqual(removed);
  await probe("drift");
  expect(await readDrift("drift")).toHaveLength(8);
  await setLists("probes-drift", { refusal: { status: 401 } });
  const [refused] = await probe("drift");
  expect(refused).toMatchObject({ outcome: "protected", auth: "headers", tools: [{ name: "a" }] });
  expect(refused.listedAt).toBeLessThan(refused.probedAt);
  expect((await readDrift("drift"))[0]).toBe("auth_changed none to headers");
});

const metadata = { authorization_servers: ["https://auth.example.com"] };
const BEARER = 'Bearer resource_metadata="https://mcp.example.com/metadata"';
test.each([
  [
    "a challenge with metadata",
    { status: 401, headers: { "www-authenticate": BEARER } },
    {},
    "oauth",
  ],
  ["published metadata", { status: 401 }, { metadata }, "oauth"],
  ["a challenge alone", { status: 401, headers: { "www-authenticate": "Bearer" } }, {}, "headers"],
  ["nothing but 401", { status: 401 }, {}, "headers"],
  ["403, which can have other causes", { status: 403 }, {}, null],
])("a server that responds with %s asks for credentials", async (what, refusal, more, auth) => {
  const name = what.replaceAll(/\W+/g, "-");
  const url = await setLists(`probes-${name}`, { refusal, ...more });
  await importServer(name, remote(url));
  expect(await probe(name)).toMatchObject([
    { outcome: "protected", auth, tools: null, failingSince: null, latencyMs: expect.any(Number) },
  ]);
  const filter = `auth=${auth ?? "none"}&q=${encodeURIComponent(`owner:${NAMESPACE} ${name}`)}`;
  const found = await manage("GET", `/marketplace/servers?${filter}`);
  expect(found.body.items.map(({ name: of }: Json) => of)).toContain(`${NAMESPACE}/${name}`);
});

test("servers of each era and transport are probed, and sessions and streams are closed", async () => {
  const urls = {
    modern: inject("modernUrl"),
    session: `${inject("hostileUrl")}/session/probes`,
    sse: `${inject("eventStreamUrl")}/ok?from=probes`,
  };
  for (const [name, url] of Object.entries(urls))
    await importServer(name, {
      remotes: [{ type: name === "sse" ? "sse" : "streamable-http", url }],
    });
  const [[modern], [session], [sse]] = [
    await probe("modern"),
    await probe("session"),
    await probe("sse"),
  ];
  expect(modern).toMatchObject({ protocolVersion: "2026-07-28", outcome: "listed" });
  expect(modern.tools.map(({ name }: Json) => name)).toEqual([
    "echo",
    "regional",
    "spaced",
    "numeric",
  ]);
  expect(session).toMatchObject({
    protocolVersion: "2025-11-25",
    tools: [{ name: "echo" }, { name: "add" }],
  });
  expect(sse).toMatchObject({ protocolVersion: "2024-11-05", tools: [{ name: "echo" }] });
  const stats = await (await fetch(`${inject("hostileUrl")}/stats`)).json<Json>();
  expect(stats["/session/probes"].methods).toMatchObject({ initialize: 1, DELETE: 1 });
  expect(stats["/session/probes"].last.headers).toMatchObject({ "user-agent": "mcpnest" });
  await expect
    .poll(
      async () =>
        (await (await fetch(`${inject("eventStreamUrl")}/stats?from=probes`)).json<Json>()).open,
    )
    .toBe(0);
});

test("a server is unreachable after several failures over days, and not after one; it counts again once it responds", async () => {
  const name = "unreachable";
  const url = await setLists("probes-unreachable", { tools: ["count_dotterels"] });
  await importServer(name, remote(url));
  await probe(name);
  await setLists("probes-unreachable", { refusal: { status: 503 } });
  // Three failures of one day do not count.
  for (let failures = 1; failures <= 3; failures += 1)
    expect(await probe(name)).toMatchObject([
      {
        outcome: "failed",
        latencyMs: null,
        failingSince: expect.any(Number),
        problem: expect.stringMatching(/^503/),
      },
    ]);
  await letDaysPass(name, 2);
  expect((await read(name)).scoreDetail.caps).toEqual([]);
  await probe(name);
  expect((await read(name)).scoreDetail.caps).toEqual([{ cap: "unreachable", max: 44 }]);
  expect(await readDrift(name)).toEqual(["stopped"]);
  await setLists("probes-unreachable", { refusal: null });
  await probe(name);
  const back = await read(name);
  expect(back.scoreDetail.caps).toEqual([]);
  expect(back.probes).toMatchObject([{ outcome: "listed", failingSince: null }]);
  expect(await readDrift(name)).toEqual(["resumed", "stopped"]);
});

test("only the first addresses of an active entry without variables are probed, and what is gone is forgotten", async () => {
  const url = await setLists("probes-planned", { tools: ["x"] });
  const addresses = (count: number) => Array.from({ length: count }, (_, i) => `${url}/${i}`);
  const remotes = (urls: string[]) => ({
    remotes: urls.map((of) => ({ type: "streamable-http", url: of })),
  });
  await importServer("planned", remotes([`${url}/{tenant}`, ...addresses(200).slice(0, 9)]));
  expect((await probe("planned")).map((of) => of.url)).toEqual(addresses(2));
  await importServer("planned", remotes(addresses(1)));
  expect((await read("planned")).probes).toMatchObject([
    { outcome: "listed", tools: [{ name: "x" }] },
  ]);
  await importServer("planned", remotes(addresses(1)), { status: "deprecated" });
  expect((await read("planned")).probes).toEqual([]);
  expect((await manage("GET", `/marketplace/servers/${NAMESPACE}/none/drift`)).status).toBe(404);
  expect((await manage("POST", `/marketplace/servers/${NAMESPACE}/none/probes`)).status).toBe(404);
});

test.each([
  ["/list/many-tools", "listed", 300],
  ["/list/endless-cursor", "listed", 10],
  ["/list/deep-tools", "listed", 2],
  ["/list/no-list", "answered", null],
  ["/list/giant", "answered", null],
  ["/list/500", "answered", null],
  ["/any/html", "failed", null],
  ["/any/redirect", "failed", null],
  ["/any/refuse", "failed", null],
])(
  "of the hostile server %s, the probe says %s and keeps at most 300 tools",
  async (path, outcome, count) => {
    const name = path.slice(1).replaceAll("/", "-");
    await importServer(name, remote(`${inject("hostileUrl")}${path}/probes`));
    const [probed] = await probe(name);
    expect([probed.outcome, probed.tools?.length ?? null]).toEqual([outcome, count]);
    expect(probed.problem === null).toBe(outcome === "listed");
  },
);
