import { afterAll, expect, test } from "vitest";
import { DAY_MS, MINUTE_MS } from "../../../workers/contract/units.ts";
import type { SearchedRepository } from "../../fixtures/github-search.ts";
import type { ServicesSetup } from "../../fixtures/signal-services.ts";
import { bindings } from "../support/gateway-client.ts";
import { GithubSource } from "../support/github-source.ts";
import { manage, refusalOf, type Json } from "../support/management-client.ts";
import { deliverStep, entry, runMinute } from "../support/registries.ts";

/** As GitHub writes it. */
const daysAgo = (days: number) =>
  new Date(Date.now() - days * DAY_MS).toISOString().replace(/\.\d+Z/, "Z");
const repository = (
  nameWithOwner: string,
  more: Partial<SearchedRepository> = {},
): SearchedRepository => ({
  nameWithOwner,
  topics: ["mcp-server"],
  createdAt: daysAgo(100),
  ...more,
});
const describing = (server: object) => ({ serverJson: JSON.stringify(server) });
const npm = (identifier: string) => ({
  packages: [{ registryType: "npm", identifier, version: "1.0.0" }],
});
/** Repositories that were created one after another. */
const many = (owner: string, count: number, more: Partial<SearchedRepository> = {}) =>
  Array.from({ length: count }, (_, i) =>
    repository(`${owner}/r${i}`, { createdAt: daysAgo(700 - (600 * i) / count), ...more }),
  );
const namesOf = (owner: string, count: number) =>
  Array.from({ length: count }, (_, i) => `io.github.${owner}/r${i}`).toSorted();
const find = async (name: string): Promise<Json> =>
  (await manage("GET", `/marketplace/servers/${name}`)).body;
const importEntries = (...servers: object[]) =>
  manage("POST", "/marketplace/imports", { source: "official", page: { servers } });
const readSource = async () =>
  (await manage("GET", "/marketplace/sources")).body.items.find(
    ({ name }: Json) => name === "github",
  );
const acceptingLoss = { kind: "sweep", acceptsLoss: true };

// Nothing is left to the tests of other files.
afterAll(() => new GithubSource("end").sync(acceptingLoss));

test("more than 1,000 repositories are found in parts that fit one page, and each is there once", async () => {
  const source = new GithubSource("many");
  const general = { topics: ["mcp-servers", "model-context-protocol"] };
  const named = describing({ name: "io.github.ghgeneral/described", ...npm("ghgeneral") });
  await source.setUp({
    searched: [
      ...many("ghmany", 110),
      ...many("ghgeneral", 1_050, general),
      repository("ghgeneral/described", { ...general, ...named }),
      repository("ghboth/one", { topics: ["mcp-server", ...general.topics] }),
    ],
  });
  const run = await source.sync(acceptingLoss);
  expect(run).toMatchObject({ state: "done", changed: 112, unchanged: 0, rejected: 0 });
  const expected = [
    ...namesOf("ghmany", 110),
    "io.github.ghboth/one",
    "io.github.ghgeneral/described",
  ];
  expect(await source.listNames()).toEqual(expected.toSorted());
  const searches = await source.listSearches();
  expect(new Set(searches).size).toBe(searches.length);
});

test("a run that is killed in the middle goes on at its part, and ends with every repository once", async () => {
  const source = new GithubSource("killed");
  await source.setUp({ searched: many("ghkilled", 150) });
  const { number } = await source.start(acceptingLoss);
  let steps = 0;
  while ((await source.readRun()).changed === 0) {
    await source.deliver(number);
    steps++;
  }
  source.loseMessages();
  const before = await source.listSearches();
  await runMinute(Date.now() + 2 * MINUTE_MS, source.env);
  await deliverStep(number, steps, source.env);
  expect(await source.listSearches()).toEqual(before);
  expect(await source.finish(number)).toMatchObject({
    number,
    state: "done",
    changed: 150,
    unchanged: 0,
  });
  expect(await source.listNames()).toEqual(namesOf("ghkilled", 150));
});

test.each<[string, ServicesSetup, number, string]>([
  [
    "its limit",
    { faults: [{ status: 403, headers: { "x-ratelimit-remaining": "0" } }] },
    30,
    "GitHub responded with status 403",
  ],
  [
    "a burst",
    { faults: [{ status: 429, headers: { "retry-after": "120" } }] },
    2,
    "GitHub responded with status 429",
  ],
  [
    "a burst with status 200",
    { faults: [{ status: 200, headers: { "retry-after": "120" }, body: '{"errors":[{}]}' }] },
    2,
    "GitHub could not execute the request",
  ],
  ["few points", { remaining: 400 }, 60, "Few requests of the token are left for this hour"],
])(
  "after %s the run waits as long as GitHub asks, and goes on",
  async (what, setup, minutes, problem) => {
    const source = new GithubSource(`limit-${what.replaceAll(" ", "-")}`);
    const searched = [repository("ghlimit/one")];
    const reset = { "x-ratelimit-reset": String(Date.now() / 1_000 + minutes * 60) };
    const faults = setup.faults?.map((fault) => ({
      ...fault,
      headers: { ...reset, ...fault.headers },
    }));
    await source.setUp({ searched, ...setup, ...(faults && { faults }) });
    const { number } = await source.start(acceptingLoss);
    const from = Date.now();
    await source.deliver(number);
    const lease = await bindings.DB.prepare(
      "SELECT lease_until FROM marketplace_runs WHERE number = ?",
    )
      .bind(number)
      .first<number>("lease_until");
    expect(Math.round(((lease ?? 0) - from) / MINUTE_MS)).toBe(minutes + 1);
    expect(await source.readRun()).toMatchObject({ state: "running", problem });
    await source.setUp({ searched });
    expect(await source.finish(number)).toMatchObject({ state: "done", problem: null });
    expect(await source.listNames()).toEqual(["io.github.ghlimit/one"]);
  },
);

test("a server.json describes the server of its repository, and nothing of another one", async () => {
  const source = new GithubSource("names");
  const createdAt = daysAgo(40);
  const remotes = [{ type: "streamable-http", url: "https://mcp.example.com/gh" }];
  await importEntries(
    entry("io.github.ghvictim/tool", { title: "Genuine", description: "The genuine one" }),
    entry("com.example.ghvictim/pack", {
      ...npm("ghvictim-pack"),
      repository: { url: "https://github.com/ghvictim/pack" },
    }),
  );
  await source.setUp({
    searched: [
      repository("GhOwner/tool", {
        createdAt,
        topics: ["mcp-server", "postgres", "zebrafinch-birds"],
        description: "Of the repository",
        homepageUrl: "https://tool.example.com/",
        ...describing({ name: "io.github.ghowner/better", title: "Better", remotes }),
      }),
      repository("ghthief/one", {
        homepageUrl: "javascript:alert(1)",
        ...describing({ name: "io.github.ghvictim/tool", title: "Stolen", remotes }),
      }),
      repository("ghthief/two", describing({ name: "com.example.ghvictim/pack", remotes })),
      repository("ghthief/three", {
        ...describing({
          name: "io.github.ghthief/three",
          repository: { url: "https://github.com/ghvictim/pack" },
          ...npm("ghvictim-pack"),
        }),
      }),
      repository("ghother/mono", {
        ...describing({
          name: "io.github.ghother/mono",
          repository: { url: "https://github.com/GhOther/Mono.git", subfolder: "packages/a" },
          remotes,
        }),
      }),
      repository("ghother/config", describing({ name: "config", packages: ["a"] })),
      repository("ghother/text", { serverJson: "{" }),
      repository("ghother/broken", {
        ...describing({ name: "io.github.ghother/broken", remotes: [{ type: "carrier-pigeon" }] }),
      }),
      repository("ghother/fork", { isFork: true }),
      repository("ghother/old", { isArchived: true }),
      repository("ghother/template", { isTemplate: true }),
      repository("ghother/private", { isPrivate: true }),
      repository("ghother/refused", { error: "FORBIDDEN" }),
    ],
  });
  const run = await source.sync(acceptingLoss);
  expect(run).toMatchObject({ state: "done", changed: 7, rejected: 2 });
  expect(await source.listNames()).toEqual([
    "io.github.ghother/config",
    "io.github.ghother/mono",
    "io.github.ghother/text",
    "io.github.ghowner/better",
    "io.github.ghthief/one",
    "io.github.ghthief/three",
    "io.github.ghthief/two",
  ]);
  const { body } = await manage("GET", `/marketplace/runs/${run.number}/rejections`);
  expect(body.items.map(({ name }: Json) => name).toSorted()).toEqual([
    "io.github.ghother/broken",
    null,
  ]);
  expect((await find("io.github.ghother/mono")).document.repository).toMatchObject({
    url: "https://github.com/ghother/mono",
    subfolder: "packages/a",
  });
  const better = await find("io.github.ghowner/better");
  expect(better).toMatchObject({
    title: "Better",
    description: "Of the repository",
    document: {
      websiteUrl: "https://tool.example.com/",
      repository: { url: "https://github.com/GhOwner/tool" },
      remotes: [{ url: "https://mcp.example.com/gh" }],
    },
    provenance: { title: { source: "github" }, remotes: { source: "github" } },
    publishedAt: Date.parse(createdAt),
    updatedAt: null,
  });
  const found = await manage("GET", "/marketplace/servers?q=zebrafinch&category=databases");
  expect(found.body.items.map(({ name }: Json) => name)).toEqual(["io.github.ghowner/better"]);
  expect(better.scoreDetail.inputs).toMatchObject({
    isInOfficialRegistry: false,
    isNamespaceOwner: false,
    lastActivityAt: null,
  });
  const [version] = (await find("io.github.ghowner/better/versions")).items;
  expect(version).toMatchObject({ source: "github", publishedAt: null });
  expect((await find("io.github.ghthief/one")).document).toMatchObject({
    websiteUrl: null,
    repository: { url: "https://github.com/ghthief/one" },
  });
  expect(await find("io.github.ghvictim/tool")).toMatchObject({
    title: "Genuine",
    sources: [{ source: "official" }],
  });
  expect(await find("com.example.ghvictim/pack")).toMatchObject({
    sources: [{ source: "official" }],
    document: { remotes: [] },
  });
});

test("a repository that the official registry describes is one server with both sources, and no second one without a package", async () => {
  const source = new GithubSource("merged");
  const url = "https://github.com/ghmerged/pack";
  await importEntries(
    entry("io.github.ghmerged/registered", {
      title: "Registered",
      repository: { url },
      ...npm("ghmerged"),
    }),
    entry("io.github.ghmerged/elsewhere", {
      repository: { url: "https://github.com/ghmerged/bare" },
    }),
    entry("com.example.ghmerged/x", { repository: { url: "https://github.com/ghmerged/foreign" } }),
  );
  await source.setUp({
    searched: [
      repository("ghmerged/pack", {
        homepageUrl: "https://pack.example.com/",
        ...describing({ name: "io.github.ghmerged/pack", title: "GitHub's", ...npm("ghmerged") }),
      }),
      repository("ghmerged/bare"),
      repository("ghmerged/foreign"),
    ],
  });
  expect(await source.sync(acceptingLoss)).toMatchObject({ state: "done", changed: 2 });
  const server = await find("io.github.ghmerged/registered");
  expect(server).toMatchObject({
    title: "Registered",
    sources: [{ source: "github", name: "io.github.ghmerged/pack" }, { source: "official" }],
    provenance: {
      title: { source: "official" },
      packages: { source: "official" },
    },
    document: { websiteUrl: null },
  });
  expect(server.scoreDetail.inputs.isInOfficialRegistry).toBe(true);
  expect(await source.listNames()).toEqual(["io.github.ghmerged/foreign"]);
});

test("what is hidden stays hidden as its repository on GitHub, under each of its names, until it is unhidden", async () => {
  const source = new GithubSource("hidden");
  const name = "io.github.ghhidden/server";
  const pack = { repository: { url: "https://github.com/ghhidden/tool" }, ...npm("ghhidden") };
  await importEntries(
    entry(name, pack),
    entry("com.example.ghhidden/claims", {
      repository: { url: "https://github.com/ghhidden/other" },
    }),
  );
  const setUp = (own: string) =>
    source.setUp({
      searched: [
        repository("ghhidden/tool", describing({ name: `io.github.ghhidden/${own}`, ...pack })),
        repository("ghhidden/other"),
      ],
    });
  await setUp("tool");
  await source.sync(acceptingLoss);
  expect((await find(name)).sources).toHaveLength(2);
  const hide = (server: string, method = "PUT") =>
    manage(method, `/marketplace/hidden-servers/${server}`, { reason: "It is a copy." });
  expect((await hide(name)).status).toBe(200);
  // The name of a domain proves nothing of a repository that it names.
  expect((await hide("com.example.ghhidden/claims")).status).toBe(200);
  await importEntries(entry(name, {}, { status: "deleted" }));
  expect(await source.listNames()).toEqual(["io.github.ghhidden/other"]);
  expect(await find("io.github.ghhidden/tool")).toMatchObject({
    error: { code: "hidden_server", message: expect.stringContaining("It is a copy.") },
  });
  await setUp("renamed");
  await source.sync(acceptingLoss);
  expect(await source.listNames()).toEqual(["io.github.ghhidden/other"]);
  expect((await hide(name, "DELETE")).status).toBe(204);
  expect(await source.listNames()).toEqual([
    "io.github.ghhidden/other",
    "io.github.ghhidden/renamed",
  ]);
  await hide("com.example.ghhidden/claims", "DELETE");
});

test("of two repositories of one owner that state the same name, the one that is called so has it", async () => {
  const source = new GithubSource("twins");
  const twin = describing({ name: "io.github.ghtwins/second", ...npm("ghtwins") });
  const first = repository("ghtwins/first", { ...twin, createdAt: daysAgo(300) });
  const second = repository("ghtwins/second", { createdAt: daysAgo(200) });
  await source.setUp({ searched: [first] });
  await source.sync(acceptingLoss);
  expect(await source.listNames()).toEqual(["io.github.ghtwins/second"]);
  await source.setUp({ searched: [first, second] });
  for (const _ of [1, 2]) {
    await source.sync(acceptingLoss);
    expect(await source.listNames()).toEqual([
      "io.github.ghtwins/first",
      "io.github.ghtwins/second",
    ]);
  }
});

test("an update asks for what was pushed since, and a sweep deletes what is gone", async () => {
  const source = new GithubSource("update");
  const kept = repository("ghupdate/kept");
  const gone = repository("ghupdate/gone");
  const third = repository("ghupdate/third");
  await source.setUp({ searched: [kept, gone, third] });
  const sweep = await source.sync(acceptingLoss);
  const fresh = repository("ghupdate/fresh", { createdAt: daysAgo(0) });
  await source.setUp({ searched: [{ ...kept, pushedAt: daysAgo(0) }, fresh] });
  expect(await source.sync({ kind: "update" })).toMatchObject({
    kind: "update",
    changed: 1,
    unchanged: 1,
    deleted: 0,
  });
  const since = new Date(sweep.startedAt - 10 * MINUTE_MS).toISOString().replace(/\.\d+Z/, "Z");
  const searches = await source.listSearches();
  expect(searches).toHaveLength(4);
  for (const search of searches) expect(search).toContain(`pushed:>=${since}`);
  await source.setUp({ searched: [kept, fresh, third] });
  expect(await source.sync()).toMatchObject({ state: "done", deleted: 1, changed: 0 });
  expect(await source.listNames()).toEqual(
    ["fresh", "kept", "third"].map((name) => `io.github.ghupdate/${name}`),
  );
});

test("after a response that is too large a smaller part is asked for, and a repository that GitHub cannot read costs itself", async () => {
  const source = new GithubSource("large");
  await source.setUp({
    searched: [...many("ghlarge", 3), repository("ghlarge/failing", { error: "INTERNAL" })],
    faults: [{ status: 200, body: " ".repeat(8 * 1024 * 1024 + 1) }],
  });
  const run = await source.sync(acceptingLoss);
  expect(run).toMatchObject({ state: "done", changed: 3, rejected: 1 });
  expect(await source.listNames()).toEqual(namesOf("ghlarge", 3));
  const [first, second] = await source.listSearches();
  expect(second).not.toBe(first);
});

test("without token or address, and disabled, the source is not synced and says why", async () => {
  const source = new GithubSource("off");
  await source.setUp({ searched: [repository("ghoff/one")] });
  await bindings.DB.prepare(
    "UPDATE marketplace_sources SET next_run_at = 0 WHERE name = 'github'",
  ).run();
  const { number } = await source.readRun();
  await runMinute(Date.now(), { ...source.env, GITHUB_TOKEN: "" });
  await runMinute(Date.now(), { ...source.env, MARKETPLACE_GITHUB: "" });
  expect((await source.readRun()).number).toBe(number);
  expect(await readSource()).toMatchObject({
    kind: "github",
    isBuiltIn: true,
    offBecause: "Set the variable MARKETPLACE_GITHUB to its address",
    nextRunAt: null,
  });
  expect(refusalOf(await manage("POST", "/marketplace/sources/github/runs", {}))).toBe(
    "409 conflict: This source is not synced. Set the variable MARKETPLACE_GITHUB to its address.",
  );
  await manage("PUT", "/marketplace/sources/github", { isEnabled: false });
  expect((await readSource()).offBecause).toBe("It is disabled");
  await runMinute(Date.now(), source.env);
  expect((await source.readRun()).number).toBe(number);
  expect(await source.listSearches()).toEqual([]);
  await manage("PUT", "/marketplace/sources/github", { isEnabled: true });
  // A token that is removed during a run ends it, and nothing is requested without one.
  await source.start();
  await deliverStep((await source.readRun()).number, 0, { ...source.env, GITHUB_TOKEN: "" });
  expect(await source.readRun()).toMatchObject({
    state: "failed",
    problem: "The source is not synced any more. Set the secret GITHUB_TOKEN",
  });
  expect(await source.listSearches()).toEqual([]);
});
