import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { expect, test } from "vitest";
import { handleRequest } from "../../../workers/app.ts";
import { DAY_MS, MINUTE_MS } from "../../../workers/contract/units.ts";
import type { Env } from "../../../workers/runtime/env.ts";
import type { ServicesSetup } from "../../fixtures/signal-services.ts";
import { later } from "../support/clock.ts";
import { bindings, HOST } from "../support/gateway-client.ts";
import { manage, type Json } from "../support/management-client.ts";
import {
  beginJob,
  deliverJob,
  fetchSignals,
  GITHUB_TOKEN,
  makeDue,
  readProgress,
  runJob,
  runNight,
  SignalServices,
} from "../support/signal-services.ts";

const OFFICIAL = "io.modelcontextprotocol.registry/official";
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();

const entry = (name: string, server: object = {}, publishedAt = daysAgo(40)) => ({
  server: { name, version: "1.0.0", ...server },
  _meta: { [OFFICIAL]: { status: "active", publishedAt } },
});
const inRepository = (repository: string, server: object = {}) => ({
  repository: { url: `https://github.com/${repository}`, source: "github" },
  ...server,
});
const withPackage = (registryType: string, identifier: string) => ({
  packages: [{ registryType, identifier, version: "1.0.0" }],
});
const importEntries = async (...servers: object[]) => {
  const body = { source: "official", page: { servers } };
  expect(await manage("POST", "/marketplace/imports", body)).toMatchObject({ status: 200 });
};
const find = async (name: string): Promise<Json> =>
  (await manage("GET", `/marketplace/servers/${name}`)).body;
/** Reads a server as visitors do, whose figures are asked for first then. */
const look = async (name: string, env: Env) => {
  const url = `http://gateway.test/api/marketplace/servers/${name}`;
  const ctx = createExecutionContext();
  const response = await handleRequest(new Request(url, { headers: { host: HOST } }), env, ctx);
  expect(response.status).toBe(200);
  await waitOnExecutionContext(ctx);
};
const inputsOf = async (name: string) => (await find(name)).scoreDetail.inputs;
const barsOf = ({ scoreDetail, score, grade }: Json) => [
  ...scoreDetail.bars.map(({ points }: Json) => points),
  `${score} ${grade}`,
];
const scoredAtOf = (name: string) =>
  bindings.DB.prepare("SELECT scored_at FROM marketplace_servers WHERE name = ?")
    .bind(name)
    .first<number>("scored_at");
/** The repositories that GitHub was asked for, without those of other tests. */
const askedFor = async (services: SignalServices) =>
  (await services.readRequests()).flatMap(({ body }) =>
    [...JSON.parse(body).query.matchAll(/owner: "(sig[^"]*)", name: "([^"]*)"/g)].map(
      ([, owner, name]) => `${owner}/${name}`,
    ),
  );

test("a server has the figures of its repository and package with their date, and its score is computed again at once", async () => {
  const services = new SignalServices("shown");
  const name = "io.github.sigcat/local-rag";
  const npm = withPackage("npm", "sigcat-local-rag");
  const description = "Searches the documents of a folder, without a service of others.";
  await importEntries(entry(name, inRepository("SigCat/local-rag", { description, ...npm })));
  const before = await find(name);
  expect(before.signals.repository).toMatchObject({
    repository: "sigcat/local-rag",
    checkedAt: null,
    isGone: false,
    stars: null,
    isArchived: null,
    licence: null,
  });
  const committedDate = daysAgo(2);
  await services.setUp({
    repositories: {
      "sigcat/local-rag": {
        stargazerCount: 330,
        forkCount: 41,
        licenseInfo: { spdxId: "Sigcat-1.0" },
        defaultBranchRef: { target: { committedDate } },
        releases: { nodes: [3, 90, 200].map((days) => ({ publishedAt: daysAgo(days) })) },
      },
    },
    downloads: { "sigcat-local-rag": 739 },
  });
  await look(name, services.env);
  await fetchSignals("github", services.env);
  await fetchSignals("npm", services.env);

  const after = await find(name);
  expect(after.signals).toEqual({
    repository: {
      repository: "sigcat/local-rag",
      checkedAt: expect.any(Number),
      isGone: false,
      servers: 1,
      stars: 330,
      forks: 41,
      lastCommitAt: Date.parse(committedDate),
      latestReleaseAt: expect.any(Number),
      isArchived: false,
      licence: "Sigcat-1.0",
      readmeBytes: null,
    },
    packages: [
      {
        registry: "npm",
        name: "sigcat-local-rag",
        checkedAt: expect.any(Number),
        isGone: false,
        weeklyDownloads: 739,
        latestReleaseAt: null,
      },
    ],
  });
  // The worked example of the young server, less the two points for tools, which nothing states here.
  expect(barsOf(after)).toEqual([25, 30, 20, 9.1, 3, "87 A"]);
  expect(after.scoreDetail.inputs).toMatchObject({ stars: 330, weeklyInstalls: 739 });
  const found = await manage("GET", "/marketplace/servers?licence=sigcat-1.0");
  expect(found.body.items.map((item: Json) => item.name)).toEqual([name]);
  const { facets } = (await manage("GET", "/marketplace/search-summary")).body;
  expect(facets.licence).toContainEqual({ value: "sigcat-1.0", count: 1 });
  for (const { path, authorization } of await services.readRequests())
    expect(authorization).toBe(path === "/graphql" ? `Bearer ${GITHUB_TOKEN}` : null);
});

test("servers of one repository share its stars, and servers with one package its downloads", async () => {
  const services = new SignalServices("shared");
  const names = ["one", "two"].map((own) => `com.example.sigshare/${own}`);
  const npm = withPackage("npm", "sigshare");
  await importEntries(
    ...names.map((name, i) =>
      entry(name, {
        repository: { url: "https://github.com/sigshare/all", subfolder: `src/${i}` },
        ...npm,
      }),
    ),
  );
  const readme0 = { byteSize: 9_000 };
  await services.setUp({
    repositories: { "sigshare/all": { stargazerCount: 80_000, readme0 } },
    downloads: { sigshare: 5_000 },
  });
  await look(String(names[0]), services.env);
  await fetchSignals("github", services.env);
  await fetchSignals("npm", services.env);
  for (const name of names) {
    expect(await inputsOf(name)).toMatchObject({
      stars: 80_000,
      serversInRepository: 2,
      weeklyInstalls: 2_500,
      readmeChars: null,
    });
    expect((await find(name)).signals.repository).toMatchObject({ servers: 2, readmeBytes: 9_000 });
  }
});

test("a repository that is gone or private is recorded as gone and left alone, and one that GitHub cannot read keeps its figures", async () => {
  const services = new SignalServices("gone");
  const names = ["gone", "private", "kept"].map((own) => `io.github.siggone/${own}`);
  await importEntries(
    ...names.map((name) => entry(name, inRepository(`siggone/${name.split("/")[1]}`))),
  );
  const repositories = {
    "siggone/private": { isPrivate: true, stargazerCount: 7 },
    "siggone/kept": { stargazerCount: 7 },
  };
  await services.setUp({ repositories });
  for (const name of names) await look(name, services.env);
  await fetchSignals("github", services.env);
  for (const name of names.slice(0, 2)) {
    expect((await find(name)).signals.repository).toMatchObject({ isGone: true, stars: null });
    expect(await inputsOf(name)).toMatchObject({ hasPublicRepository: false, stars: null });
  }

  const body = JSON.stringify({
    data: { r0: null },
    errors: [{ type: "FORBIDDEN", path: ["r0"] }],
  });
  await services.setUp({ faults: [{ status: 200, body }] });
  await later(8 * DAY_MS, async () => {
    for (const name of names) await look(name, services.env);
    await fetchSignals("github", services.env);
  });
  const asked = await askedFor(services);
  expect(asked).toContain("siggone/kept");
  expect(asked).not.toContain("siggone/gone");
  expect(asked).not.toContain("siggone/private");
  const { repository } = (await find(String(names[2]))).signals;
  expect(repository).toMatchObject({ isGone: false, stars: 7, isArchived: false });
});

test.each<[string, NonNullable<ServicesSetup["faults"]>[number], number, string]>([
  [
    "its limit",
    { status: 403, headers: { "x-ratelimit-remaining": "0" } },
    30,
    "GitHub responded with status 403",
  ],
  [
    "a burst",
    { status: 429, headers: { "retry-after": "120" } },
    2,
    "GitHub responded with status 429",
  ],
  ["a wrong token", { status: 401 }, 60, "GitHub refuses GITHUB_TOKEN"],
  [
    "the limit of a query",
    { status: 200, body: JSON.stringify({ errors: [{ type: "RATE_LIMITED" }] }) },
    1,
    "GitHub's limit for this hour is reached",
  ],
])(
  "after %s GitHub is left alone for as long as it asks",
  async (what, fault, minutes, problem) => {
    const services = new SignalServices(`limit-${minutes}`);
    const name = `com.example.siglimit/limit-${minutes}`;
    await importEntries(entry(name, inRepository(`siglimit/limit-${minutes}`)));
    const reset = { "x-ratelimit-reset": String(Date.now() / 1_000 + minutes * 60) };
    await services.setUp({ faults: [{ ...fault, headers: { ...reset, ...fault.headers } }] });
    await look(name, services.env);
    await fetchSignals("github", services.env);
    const { attempt, problem: said, nextStepAt } = await readProgress("github");
    expect([what, attempt, said]).toEqual([what, 1, problem]);
    expect(Math.round((nextStepAt - Date.now()) / MINUTE_MS)).toBe(minutes);
    expect(await runJob("github", services.env)).toBe(false);
    await later((minutes + 1) * MINUTE_MS, async () => {
      expect(await runJob("github", services.env)).toBe(true);
    });
    expect(await readProgress("github")).toMatchObject({ attempt: 0, problem: null });
  },
);

test("npm is asked for many packages at once but for each with a scope alone, and PyPI for the dates of releases", async () => {
  const services = new SignalServices("packages");
  const packages = [
    ...["sigpack-a", "sigpack-b", "@sigpack/c"].map((name) => withPackage("npm", name)),
    withPackage("pypi", "Sig_Pack.D"),
    withPackage("pypi", "sigpack-gone"),
  ].flatMap((item) => item.packages);
  const elsewhere = {
    registryType: "npm",
    identifier: "sigpack-x",
    registryBaseUrl: "https://npm.example.com",
  };
  const names = ["com.example.sigpack/all", "com.example.sigpack/elsewhere"];
  await importEntries(
    entry(String(names[0]), { packages }),
    entry(String(names[1]), { packages: [elsewhere] }),
  );
  const at = daysAgo(5);
  await services.setUp({
    downloads: { "sigpack-a": 1, "sigpack-b": 20, "@sigpack/c": 300, "sigpack-x": 4_000 },
    projects: {
      "sig-pack-d": {
        "sig_pack_d-0.1.tar.gz": daysAgo(900),
        "sig_pack_d-0.2-py3-none-any.whl": daysAgo(100),
        "sig_pack_d-0.3-py3-none-any.whl": at,
        "sig_pack_d-0.3.tar.gz": daysAgo(4),
        "sig_pack_d-0.4.tar.gz": daysAgo(-50),
      },
    },
  });
  for (const name of names) await look(name, services.env);
  await fetchSignals("npm", services.env);
  await fetchSignals("pypi", services.env);
  const { signals } = await find(String(names[0]));
  expect(
    signals.packages.map((item: Json) => [
      item.name,
      item.weeklyDownloads,
      item.latestReleaseAt,
      item.isGone,
    ]),
  ).toEqual([
    ["@sigpack/c", 300, null, false],
    ["sigpack-a", 1, null, false],
    ["sigpack-b", 20, null, false],
    ["sig-pack-d", null, Date.parse(at), false],
    ["sigpack-gone", null, null, true],
  ]);
  expect(await inputsOf(String(names[0]))).toMatchObject({
    weeklyInstalls: 300,
    releasesLastYear: 2,
    lastActivityAt: Date.parse(at),
  });
  expect((await find(String(names[1]))).signals).toEqual({ repository: null, packages: [] });
  const paths = (await services.readRequests()).map(({ path }) => path);
  expect(paths.filter((path) => path.includes("sigpack-a"))).toEqual([
    expect.stringMatching(/last-week\/(.+,)?sigpack-a,(.+,)?sigpack-b/),
  ]);
  expect(paths).toContain("/downloads/point/last-week/%40sigpack/c");
});

test("a step whose Worker or message is lost begins again when its lease is over, and its late message does nothing", async () => {
  const services = new SignalServices("lost");
  const name = "com.example.siglost/x";
  await importEntries(entry(name, withPackage("pypi", "siglost")));
  await look(name, services.env);
  await makeDue("pypi");
  const lost = await beginJob("pypi", services.env);
  expect(await beginJob("pypi", services.env)).toBeNull();
  const next = await later(2 * MINUTE_MS, () => beginJob("pypi", services.env));
  await deliverJob({ job: "pypi", step: lost ?? -1 }, services.env);
  expect(await services.readRequests()).toEqual([]);
  await deliverJob({ job: "pypi", step: next ?? -1 }, services.env);
  const paths = (await services.readRequests()).map(({ path }) => path);
  expect(paths).toContain("/simple/siglost/");
});

test("without a token GitHub is not asked, and a service without an address neither; the operator reads why", async () => {
  const services = new SignalServices("off");
  await importEntries(entry("com.example.sigoff/x", inRepository("sigoff/x")));
  const env = { ...services.env, GITHUB_TOKEN: "", MARKETPLACE_NPM: "" };
  await makeDue("github");
  await makeDue("npm");
  expect(await runJob("github", env)).toBe(false);
  expect(await runJob("npm", env)).toBe(false);
  expect(await services.readRequests()).toEqual([]);
  expect((await readProgress("github")).offBecause).toBe(
    "Set the variable MARKETPLACE_GITHUB to its address",
  );
  const { due, subjects } = await readProgress("github");
  expect(due).toBeGreaterThan(0);
  expect(subjects).toBeGreaterThanOrEqual(due);
});

test("in the night all scores are computed, and those that have not changed are not written", async () => {
  const steady = "com.example.signight/steady";
  const fading = "com.example.signight/fading";
  const fresh = new Date().toISOString();
  await importEntries(entry(steady, {}, fresh), entry(fading, {}, daysAgo(40)));
  const [steadyAt, fadingAt] = [await scoredAtOf(steady), await scoredAtOf(fading)];
  const { score } = await find(fading);
  await later(20 * DAY_MS, runNight);
  expect(await scoredAtOf(steady)).toBe(steadyAt);
  expect(await scoredAtOf(fading)).toBeGreaterThan(fadingAt ?? Infinity);
  expect((await find(fading)).score).toBeLessThan(score);
  expect(await inputsOf(fading)).toMatchObject({ lastActivityAt: expect.any(Number) });
});
