import { expect, test } from "vitest";
import { addPageHead } from "../../../workers/contract/page-head.ts";
import { makeJoinedUser, makeOwner } from "../support/browser.ts";
import { send } from "../support/gateway-client.ts";
import { manage, type Json } from "../support/management-client.ts";

const OFFICIAL = "io.modelcontextprotocol.registry/official";
/** Recent, so that a server is rated. */
const PUBLISHED = new Date(Date.now() - 86_400_000).toISOString();

const entry = (name: string, server: object = {}, meta: object = {}) => ({
  server: { name, version: "1.0.0", ...server },
  _meta: { [OFFICIAL]: { status: "active", publishedAt: PUBLISHED, ...meta } },
});
const importFrom = async (source: string, ...servers: unknown[]) =>
  (await manage("POST", "/marketplace/imports", { source, asOf: 1_000, page: { servers } })).body;
const find = async (name: string) => (await manage("GET", `/marketplace/servers/${name}`)).body;
const search = async (q: string) =>
  (await manage("GET", `/marketplace/servers?q=${encodeURIComponent(q)}`)).body.items.map(
    ({ name }: Json) => name,
  );

test("an imported server is there with its score, its sources and where each field is from", async () => {
  const server = {
    title: "Quokka",
    description: "Counts quokkas, and says where each of them was last seen.",
    repository: { url: "https://github.com/quokka/counter", source: "github" },
    packages: [{ registryType: "npm", identifier: "quokka-counter", version: "1.2.3" }],
  };
  expect(await importFrom("official", entry("io.github.quokka/counter", server))).toEqual({
    changed: 1,
    unchanged: 0,
    deleted: 0,
    rejected: [],
  });
  expect(await find("io.github.quokka/counter")).toMatchObject({
    name: "io.github.quokka/counter",
    title: "Quokka",
    grade: "B",
    status: "active",
    document: { packages: [{ identifier: "quokka-counter", version: "1.2.3" }] },
    provenance: { title: { source: "official", asOf: 1_000 } },
    sources: [{ source: "official", name: "io.github.quokka/counter", asOf: 1_000 }],
    scoreDetail: {
      bars: [{ bar: "install", points: 25, max: 25 }, { bar: "maintenance" }, {}, {}, {}],
    },
  });
});

test("an import that has nothing new changes nothing, and a broken entry costs itself", async () => {
  const good = entry("com.example.numbat/good");
  await importFrom("numbats", good);
  const again = await importFrom(
    "numbats",
    good,
    entry("com.example.numbat/bad", { packages: "none" }),
  );
  expect(again).toMatchObject({ changed: 0, unchanged: 1 });
  expect(again.rejected).toEqual([
    {
      position: 1,
      name: "com.example.numbat/bad",
      reason: expect.stringContaining("server.packages: "),
    },
  ]);
  expect((await manage("GET", "/marketplace/servers/com.example.numbat/bad")).status).toBe(404);
});

test("the same package of the same repository from two sources is one server, and two when one of them says otherwise", async () => {
  const server = (url: string) => ({
    repository: { url },
    packages: [{ registryType: "npm", identifier: "bilby" }],
  });
  const home = "https://github.com/bilby/bilby";
  await importFrom(
    "files",
    entry("derived/bilby", { ...server(`${home}.git`), description: "Digs." }),
  );
  await importFrom("official", entry("io.github.bilby/bilby", server(home)));
  expect(await search("bilby")).toEqual(["io.github.bilby/bilby"]);
  expect(await find("io.github.bilby/bilby")).toMatchObject({
    description: null,
    provenance: { packages: { source: "official" } },
    sources: [{ source: "files" }, { source: "official" }],
  });
  await importFrom("official", entry("io.github.bilby/bilby", {}, { status: "deleted" }));
  expect(await search("bilby")).toEqual(["derived/bilby"]);
  expect((await manage("GET", "/marketplace/servers/io.github.bilby/bilby")).status).toBe(404);
  const gone = await importFrom("files", entry("derived/bilby", {}, { status: "deleted" }));
  expect(gone.deleted).toBe(1);
  expect(await search("bilby")).toEqual([]);
});

test("two servers of one source stay two, also with the same package", async () => {
  const server = {
    repository: { url: "https://github.com/potoroo/all" },
    packages: [{ registryType: "pypi", identifier: "potoroo" }],
  };
  await importFrom("files", entry("derived/potoroo", server));
  await importFrom("official", entry("com.potoroo/one", server), entry("com.potoroo/two", server));
  expect((await search("potoroo")).toSorted()).toEqual(["com.potoroo/one", "com.potoroo/two"]);
});

test("a search finds beginnings of words in names, titles, descriptions and packages, and names count most", async () => {
  await importFrom(
    "official",
    entry("com.example/wombat"),
    entry("com.example/digger", { description: "A wombat digs." }),
    entry("com.example/burrow", {
      packages: [{ registryType: "npm", identifier: "@zoo/wombats" }],
    }),
    entry("com.example/other", { title: "Émeu and Wömbat" }),
  );
  const found = await search("womb");
  expect(found[0]).toBe("com.example/wombat");
  expect(found.toSorted()).toEqual([
    "com.example/burrow",
    "com.example/digger",
    "com.example/other",
    "com.example/wombat",
  ]);
  expect(await search("emeu")).toEqual(["com.example/other"]);
  expect(await search("wombat digs")).toEqual(["com.example/digger"]);
});

test.each(['"', "a AND", "name:x", "*", "NEAR(", "');--", "\\", "-wombat", "^x"])(
  "a search for %j is a search for its words",
  async (q) => {
    expect((await manage("GET", `/marketplace/servers?q=${encodeURIComponent(q)}`)).status).toBe(
      200,
    );
  },
);

test("a list has every server once, in pages", async () => {
  const names = Array.from({ length: 7 }, (_, i) => `com.example/quoll-${i}`);
  await importFrom("official", ...names.map((name) => entry(name)));
  const listed: string[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const query: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const { body } = await manage("GET", `/marketplace/servers?q=quoll&limit=3${query}`);
    listed.push(...body.items.map(({ name }: Json) => name));
    cursor = body.nextCursor;
  }
  expect(listed.toSorted()).toEqual(names);
  const all = (await manage("GET", "/marketplace/servers?limit=500")).body.items;
  const scores = all.map(({ score }: Json) => score);
  expect(scores).toEqual(scores.toSorted((a: number, b: number) => b - a));
});

test("a deprecated server says why, and its score is at most 39", async () => {
  const meta = { status: "deprecated", statusMessage: "use com.example/new" };
  await importFrom("official", entry("com.example/thylacine", {}, meta));
  const { status, statusMessage, score } = await find("com.example/thylacine");
  expect({ status, statusMessage }).toEqual({
    status: "deprecated",
    statusMessage: "use com.example/new",
  });
  expect(score).toBeLessThanOrEqual(39);
});

test("a source of less authority neither deprecates the server of another one nor adds a way to run it", async () => {
  const name = "com.example/potoroo";
  const packages = [{ registryType: "npm", identifier: "potoroo", version: "1.0.0" }];
  await importFrom("official", entry(name, { packages }));
  const before = await find(name);
  const remotes = [{ type: "streamable-http", url: "https://other.example/mcp" }];
  const meta = { status: "deprecated", statusMessage: "use other.example" };
  await importFrom("potoroos", entry(name, { remotes, packages: [] }, meta));
  const { status, statusMessage, score, document, sources } = await find(name);
  expect({ status, statusMessage, score }).toEqual({
    status: "active",
    statusMessage: null,
    score: before.score,
  });
  expect(document).toMatchObject({ packages: [{ identifier: "potoroo" }], remotes: [] });
  expect(sources).toHaveLength(2);
});

test("a source of less authority makes the server of another one neither newer, better, verified nor otherwise described", async () => {
  const name = "io.github.PademelonOld/tool";
  const packages = [{ registryType: "npm", identifier: "pademelon", version: "1.0.0" }];
  const old = { publishedAt: "2020-01-01T00:00:00Z", updatedAt: "2020-01-01T00:00:00Z" };
  await importFrom("official", entry(name, { packages }, old));
  const facts = async () => {
    const { body } = await manage("GET", `/marketplace/publishers/${name.split("/")[0]}`);
    const { sources: _sources, similar: _similar, ...server } = await find(name);
    return { server, badges: body.badges, namespace: body.namespace };
  };
  const before = await facts();
  expect(before.server).toMatchObject({ title: null, publishedAt: Date.parse(old.publishedAt) });
  expect(before.server.score).toBeLessThanOrEqual(44);
  const claims = {
    title: "Pademelon, sign in here",
    description: "Counts pademelons, and says where each of them was last seen.",
    websiteUrl: "https://phishing.example",
    repository: { url: "https://github.com/pademelonold/famous" },
    icons: [{ src: "https://phishing.example/icon.png" }],
  };
  const fresh = { updatedAt: PUBLISHED };
  const topics = { "mcpnest/topics": ["pademelontopic", "database"] };
  const claim = entry(name.toUpperCase().replace("/TOOL", "/Tool"), claims, fresh);
  await importFrom("aa-pademelons", { ...claim, _meta: { ...claim._meta, ...topics } });
  await importFrom("aa-pademelons-2", entry(name, claims, fresh));
  await importFrom("aa-pademelons", entry(name.toUpperCase().replace("/TOOL", "/Other"), claims));
  expect((await find(name)).sources).toHaveLength(3);
  const after = await facts();
  expect(after.server.scoreDetail.inputs).toEqual(before.server.scoreDetail.inputs);
  expect(after).toEqual({
    ...before,
    server: {
      ...before.server,
      scoreDetail: after.server.scoreDetail,
      scoredAt: after.server.scoredAt,
    },
  });
  expect(await search("pademelontopic")).toEqual([]);
});

test("each name that a source gives a server leads to it, until the server with this name is another or is hidden", async () => {
  const slug = "marketplace-aliases";
  await makeOwner(slug);
  const { browser } = await makeJoinedUser(slug, "member");
  const server = {
    repository: { url: "https://github.com/kowari/kowari" },
    packages: [{ registryType: "npm", identifier: "kowari" }],
    remotes: [{ type: "streamable-http", url: "https://kowari.example/mcp" }],
  };
  const [old, name] = ["derived/kowari", "io.github.kowari/kowari"];
  await importFrom("zz-kowaris", entry(old, server));
  const ask = () =>
    browser.send("POST", `/workspaces/${slug}/server-requests`, {
      entry: old,
      reason: "To count.",
    });
  const { body: request } = await ask();
  expect(request).toMatchObject({ name: old });
  await importFrom("official", entry(name, server));
  expect(await find(old)).toMatchObject({ name, publisher: "io.github.kowari" });
  expect(await find(old.toUpperCase())).toMatchObject({ name });
  expect((await find(`${old}/versions`)).items).toHaveLength(1);
  const openPage = (path: string) =>
    addPageHead(
      new URL(`https://mcp.example/marketplace/${path}`),
      new Response("<title>mcpnest</title>"),
      (address) => send(`/api${address}`),
    );
  const page = await openPage(`${old}?from=link`);
  expect([page.status, page.headers.get("location")]).toEqual([
    301,
    `/marketplace/${name}?from=link`,
  ]);
  expect(await (await openPage(name)).text()).toContain(
    `rel="canonical" href="https://mcp.example/marketplace/${name}"`,
  );
  expect((await ask()).body).toMatchObject({ name, entry: { name } });
  const listed = await browser.send("GET", `/workspaces/${slug}/me/server-requests`);
  expect(listed.body.items).toMatchObject([{ name }, { name: old, entry: { name } }]);
  const added = await manage("POST", `/workspaces/${slug}/servers`, {
    slug: "kowari",
    url: "https://kowari.example/mcp",
    enabled: false,
    origin: name,
    request: request.id,
  });
  expect(added).toMatchObject({ status: 201, body: { server: { origin: { name } } } });
  const path = `/marketplace/hidden-servers/${old}`;
  expect((await manage("PUT", path, { reason: "No." })).body).toMatchObject({ name });
  for (const hidden of [old, name])
    expect(await find(hidden)).toMatchObject({ error: { code: "hidden_server" } });
  expect((await manage("DELETE", `/marketplace/hidden-servers/${name}`)).status).toBe(204);
  expect(await find(old)).toMatchObject({ name });
});

test("an entry of 200,000 characters among a hundred others is stored", async () => {
  const large = entry(
    "com.example/large-dunnart",
    { description: "é".repeat(9_000), icons: [] },
    {},
  );
  const variables = Array.from({ length: 15 }, (_, i) => ({
    name: `KEY_${i}`,
    description: "ü".repeat(9_000),
  }));
  Object.assign(large.server, {
    packages: [{ registryType: "npm", identifier: "dunnart", environmentVariables: variables }],
  });
  const small = Array.from({ length: 99 }, (_, i) => entry(`com.example/dunnart-${i}`));
  expect(await importFrom("official", ...small, large)).toMatchObject({
    changed: 100,
    rejected: [],
  });
  expect(
    (await find("com.example/large-dunnart")).document.packages[0].environmentVariables,
  ).toHaveLength(15);
});

test("every signed-in person can search, and only the operator imports", async () => {
  await makeOwner("marketplace-readers");
  const { browser } = await makeJoinedUser("marketplace-readers", "member");
  expect((await browser.send("GET", "/marketplace/servers?q=wombat")).status).toBe(200);
  const refused = await browser.send("POST", "/marketplace/imports", {
    source: "files",
    page: { servers: [] },
  });
  expect(refused.status).toBe(403);
});
