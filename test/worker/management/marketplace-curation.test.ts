import { expect, test } from "vitest";
import { DAY_MS } from "../../../workers/contract/units.ts";
import { makeOwner } from "../support/browser.ts";
import { later } from "../support/clock.ts";
import { bindings, send } from "../support/gateway-client.ts";
import { manage, refusalOf, type Json } from "../support/management-client.ts";
import { entry } from "../support/registries.ts";

/** In the title of every server of this file, so that searches find no others. */
const MARK = "curatophon";

const nameOf = (own: string) => `com.example.curation/${own}`;

/** Imports servers with a grade that this file alone has. */
async function importServers(owns: string[], version = "1.0.0") {
  const servers = owns.map((own) =>
    entry(nameOf(own), {
      version,
      title: `${MARK} ${own}`,
      description: "Keeps the catalogue of a museum, with loans and conservation records.",
      remotes: [{ type: "streamable-http", url: `https://${own}.curation.example/mcp` }],
      websiteUrl: "https://curation.example",
    }),
  );
  const body = { source: "official", page: { servers } };
  expect((await manage("POST", "/marketplace/imports", body)).body.rejected).toEqual([]);
}

const asVisitor = (address: string) => ({
  headers: {
    "content-type": "application/json",
    "sec-fetch-site": "same-origin",
    "cf-connecting-ip": address,
  },
});
const serverPath = (own: string) => `/marketplace/servers/${nameOf(own)}`;
const hiddenPath = (own: string) => `/marketplace/hidden-servers/${nameOf(own)}`;
const find = async (own: string) =>
  (await manage("GET", `/marketplace/servers?q=${MARK}+${own}`)).body.items.map(
    ({ name }: Json) => name,
  );
const readCollection = async (slug: string) =>
  (await manage("GET", `/marketplace/collections/${slug}`, undefined, asVisitor("192.0.2.1"))).body;
const eventsOf = async (object: string): Promise<Json[]> =>
  (await manage("GET", "/audit-events?limit=200")).body.items.filter(
    (event: Json) => event.object === object,
  );

test("a hidden server is found nowhere and cannot be used, also after its next version, until it is unhidden", async () => {
  const slug = "curation-hidden";
  await makeOwner(slug);
  await importServers(["secret", "shown"]);
  const collection = { title: "Museums", description: "For museums.", isPack: true };
  const servers = ["secret", "shown"].map((own) => ({ name: nameOf(own) }));
  await manage("PUT", `/marketplace/collections/${slug}`, { ...collection, servers });
  const add = (server: string) =>
    manage("POST", `/workspaces/${slug}/servers`, {
      slug: server,
      url: "https://secret.curation.example/mcp",
      enabled: false,
      origin: nameOf("secret"),
    });
  const readEntry = async () =>
    (await manage("GET", `/workspaces/${slug}/servers/before`)).body.origin.entry;
  expect((await add("before")).status).toBe(201);
  expect(await readEntry()).toMatchObject({ name: nameOf("secret") });

  const hidden = await manage("PUT", hiddenPath("secret"), { reason: "It sends files away." });
  expect(hidden).toMatchObject({ status: 200, body: { name: nameOf("secret") } });
  await importServers(["secret"], "1.1.0");
  expect(await find("secret")).toEqual([]);
  const page = await manage("GET", serverPath("secret"));
  expect(refusalOf(page)).toBe(
    "404 hidden_server: The operator of this marketplace has hidden this server: It sends files away.",
  );
  const installed = await manage(
    "POST",
    `${serverPath("secret")}/installs`,
    { client: "zed" },
    asVisitor("192.0.2.2"),
  );
  expect(installed.status).toBe(404);
  expect((await add("after")).status).toBe(400);
  expect(await readEntry()).toBeNull();
  const { similar } = (await manage("GET", serverPath("shown"))).body;
  expect(similar.map(({ name }: Json) => name)).not.toContain(nameOf("secret"));
  expect((await readCollection(slug)).servers).toMatchObject([
    { server: { name: nameOf("shown") } },
  ]);
  const { items } = (await manage("GET", "/marketplace/hidden-servers")).body;
  expect(items).toContainEqual(expect.objectContaining({ reason: "It sends files away." }));

  expect((await manage("DELETE", hiddenPath("secret"))).status).toBe(204);
  expect(await find("secret")).toEqual([nameOf("secret")]);
  const restored = (await manage("GET", serverPath("secret"))).body;
  expect(restored).toMatchObject({
    document: { version: "1.1.0" },
    collections: [{ slug, title: "Museums", isPack: true }],
  });
  expect(restored.similar.map(({ name }: Json) => name)).toContain(nameOf("shown"));
  const events = await eventsOf(`marketplace-server:${nameOf("secret")}`);
  expect(events.map(({ action, actor }) => [action, actor])).toEqual([
    ["marketplace_server.unhidden", "operator"],
    ["marketplace_server.hidden", "operator"],
  ]);
  expect(JSON.stringify(events)).not.toContain("sends files");
});

test("case makes no other publisher and hides nothing less, because accounts and domains have none", async () => {
  const names = ["curation-case/low", "Curation-Case/up", "Curation-Case/LOW"].map(
    (name) => `com.example.${name}`,
  );
  const [low = "", up = ""] = names;
  const page = { servers: names.map((name) => entry(name)) };
  await manage("POST", "/marketplace/imports", { source: "official", page });
  const listBoth = async () => {
    const profile = await manage("GET", "/marketplace/publishers/COM.example.curation-case");
    const found = await manage("GET", "/marketplace/servers?q=owner:com.example.Curation-case");
    return [profile, found].map(({ body }) => body.items.map(({ name }: Json) => name).toSorted());
  };
  expect(await listBoth()).toEqual([names.toSorted(), names.toSorted()]);
  const path = `/marketplace/hidden-servers/${low}`;
  expect((await manage("PUT", path, { reason: "No." })).status).toBe(200);
  expect(await listBoth()).toEqual([[up], [up]]);
  const other = await manage("GET", `/marketplace/servers/${names[2]}`);
  expect(refusalOf(other)).toMatch(/^404 hidden_server: /);
  expect((await manage("DELETE", path)).status).toBe(204);
  expect(await listBoth()).toEqual([names.toSorted(), names.toSorted()]);
});

test("the genuine server in the official registry is not hidden with a copy that names its package and repository", async () => {
  const way = (folder: string) => ({
    repository: { url: `https://github.com/curationgenuine/mono${folder}` },
    packages: [{ registryType: "npm", identifier: "curation-genuine" }],
  });
  const [genuine, copy] = ["com.curationgenuine/server", "zz.curationcopy/server"];
  const importInto = (source: string, server: object) =>
    manage("POST", "/marketplace/imports", { source, page: { servers: [server] } });
  await importInto("official", entry(genuine, way("")));
  await importInto("curation-copy", entry(copy, way("/tree/main/copy")));
  const path = `/marketplace/hidden-servers/${copy}`;
  expect((await manage("PUT", path, { reason: "It is a copy." })).body.alike).toEqual([genuine]);
  expect((await manage("GET", `/marketplace/servers/${genuine}`)).body.name).toBe(genuine);
});

test("a server that returns under another name is hidden with it, and one that shares only the package or whose repository vouches for it is named", async () => {
  const way = (identifier: string, repository: string) => ({
    repository: { url: `https://github.com/${repository}` },
    packages: [{ registryType: "npm", identifier }],
  });
  const pack = way("curation-target", "curationevil/target");
  const url = "https://curationevil.example/mcp";
  const remotes = [{ type: "streamable-http", url }];
  const [evil, early] = ["com.curationevil/target", "com.curationevil/early"];
  const [late, other] = ["com.curationevil/late", "org.curationother/target"];
  const [sharer, owner] = ["com.curationfriend/sharer", "io.github.curationevil/target"];
  const shared = way("curation-target", "curationfriend/own");
  const importInto = (source: string, ...servers: object[]) =>
    manage("POST", "/marketplace/imports", { source, page: { servers } });
  await importInto(
    "curation-evil",
    entry(evil, { ...pack, remotes }),
    entry(early, { packages: pack.packages }),
    entry("com.curationevil/address", { remotes: [{ type: "sse", url: `${url}/` }] }),
    entry("com.curationevil/harmless", way("curation-harmless", "curationevil/target")),
    entry(sharer, shared),
  );
  await importInto("official", entry("com.curationfriend/host", { remotes }));
  const path = `/marketplace/hidden-servers/${evil}`;
  const shown = async () => {
    const names = [evil, early, "com.curationevil/address", "com.curationevil/harmless"];
    names.push(late, other, sharer, owner, "com.curationfriend/host");
    const pages = await Promise.all(
      names.map(
        async (name) => [name, await manage("GET", `/marketplace/servers/${name}`)] as const,
      ),
    );
    return pages.flatMap(([name, { body }]) => (body.name === name ? [name] : []));
  };
  expect((await manage("PUT", path, { reason: "It is a trap." })).body.alike).toEqual([
    "com.curationfriend/host",
    sharer,
  ]);
  await importInto(
    "curation-evil",
    entry(late, way("Curation-Target", "CurationEvil/Target/tree/main/x")),
  );
  await importInto("curation-another", entry(other, pack));
  const stays = ["com.curationevil/harmless", sharer];
  expect(await shown()).toEqual([...stays, "com.curationfriend/host"]);
  // What both describe is one server, by its name in the official registry.
  await importInto("official", entry(owner, way("curation-target", "curationevil/target")));
  expect(await shown()).toEqual([...stays, owner, "com.curationfriend/host"]);
  const { items } = (await manage("GET", "/marketplace/hidden-servers?limit=500")).body;
  expect(items.find(({ name }: Json) => name === evil).alike).toEqual([
    "com.curationfriend/host",
    sharer,
    owner,
  ]);
  expect((await manage("DELETE", path)).status).toBe(204);
  expect(await shown()).toEqual(expect.arrayContaining([early, "com.curationevil/address", late]));
});

test("a server that does not exist cannot be hidden, and one that is shown cannot be unhidden", async () => {
  const refused = await manage("PUT", hiddenPath("none"), { reason: "Gone." });
  expect(refusalOf(refused)).toBe("404 not_found: There is no such server in the marketplace.");
  expect(refusalOf(await manage("DELETE", hiddenPath("none")))).toBe(
    "404 not_found: This server is not hidden.",
  );
});

test("a collection has the operator's order and notes, and a starter pack also the descriptions of its servers", async () => {
  await importServers(["first", "second"]);
  const put = (body: object) => manage("PUT", "/marketplace/collections/curation-tools", body);
  const input = {
    title: "Tools",
    description: "For every day.",
    servers: [{ name: nameOf("second"), note: "The best." }, { name: nameOf("first") }],
  };
  expect((await put(input)).body).toMatchObject({
    isPack: false,
    servers: [{ note: "The best.", document: null }, { note: "" }],
  });
  await put({ ...input, isPack: true });
  expect((await readCollection("curation-tools")).servers).toMatchObject([
    { server: { name: nameOf("second") }, document: { name: nameOf("second") } },
    { server: { name: nameOf("first") }, document: { name: nameOf("first") } },
  ]);
  const { items } = (await manage("GET", "/marketplace/collections")).body;
  expect(items).toContainEqual(
    expect.objectContaining({ slug: "curation-tools", isPack: true, serverCount: 2 }),
  );
  expect((await manage("DELETE", "/marketplace/collections/curation-tools")).status).toBe(204);
  expect((await manage("GET", "/marketplace/collections/curation-tools")).status).toBe(404);
  const events = await eventsOf("marketplace-collection:curation-tools");
  expect(events.map(({ action }) => action.split(".")[1])).toEqual([
    "deleted",
    "updated",
    "created",
  ]);
});

test.each<[string, Json[], RegExp]>([
  [
    "with a server that the marketplace does not have",
    [{ name: nameOf("none") }],
    /does not have com\.example\.curation\/none/,
  ],
  ["with a server twice", [{ name: nameOf("a") }, { name: nameOf("a") }], /name each server once/],
  ["without servers", [], /servers: /],
  [
    "of a starter pack with eleven servers",
    Array.from({ length: 11 }, (_, i) => ({ name: nameOf(`s${i}`) })),
    /at most 10 servers/,
  ],
])("a collection %s is refused", async (_what, servers, message) => {
  const body = { title: "No", description: "No.", isPack: true, servers };
  const refused = await manage("PUT", "/marketplace/collections/curation-no", body);
  expect(refusalOf(refused)).toMatch(message);
});

test("a visitor reports a server once a day, and the operator closes the report with a note", async () => {
  await importServers(["reported"]);
  const report = (address: string, text: string) =>
    manage(
      "POST",
      `${serverPath("reported")}/reports`,
      { kind: "facts", text },
      asVisitor(address),
    );
  // Not on another day to come: clean-ups of other tests would leave what it stores.
  await later(-DAY_MS, async () => {
    expect((await report("198.18.0.1", "Yesterday.")).status).toBe(204);
  });
  expect((await report("198.18.0.1", "The licence is wrong.")).status).toBe(204);
  expect(refusalOf(await report("198.18.0.1", "And again."))).toMatch(/^409 conflict: You have/);
  expect((await report("198.18.0.2", "Old address.")).status).toBe(204);
  const list = async (status: string) =>
    (await manage("GET", `/marketplace/reports?status=${status}&limit=500`)).body.items.filter(
      ({ name }: Json) => name === nameOf("reported"),
    );
  const open = await list("open");
  expect(open.map(({ text }: Json) => text)).toEqual([
    "Old address.",
    "The licence is wrong.",
    "Yesterday.",
  ]);
  const decide = (id: string, outcome: string) =>
    manage("POST", `/marketplace/reports/${id}/decision`, { outcome, note: "Looked at it." });
  expect((await decide(open[2].id, "resolved")).status).toBe(204);
  expect((await decide(open[1].id, "dismissed")).status).toBe(204);
  expect((await decide(open[1].id, "resolved")).status).toBe(404);
  expect(await list("resolved")).toMatchObject([
    { id: open[2].id, note: "Looked at it.", closedBy: null },
  ]);
  expect(await list("open")).toHaveLength(1);
  const [event] = await eventsOf(`marketplace-report:${open[2].id}`);
  expect(event).toMatchObject({
    action: "marketplace_report.resolved",
    actor: "operator",
    detail: { name: nameOf("reported"), kind: "facts" },
  });
  expect(JSON.stringify(event)).not.toMatch(/Yesterday|Looked/);
  const stored = await bindings.DB.prepare("SELECT * FROM marketplace_reports").all();
  expect(JSON.stringify(stored.results)).not.toContain("198.18");
});

test("a server takes no more reports than an operator can read", async () => {
  await importServers(["flooded"]);
  const reports = Array.from({ length: 21 }, (_, i) =>
    manage(
      "POST",
      `${serverPath("flooded")}/reports`,
      { kind: "other", text: "x" },
      asVisitor(`198.18.1.${i}`),
    ),
  );
  const statuses = (await Promise.all(reports)).map(({ status }) => status);
  expect(statuses.toSorted((a, b) => a - b)).toEqual([
    ...Array.from({ length: 20 }, () => 204),
    409,
  ]);
});

const readWeek = async () => (await manage("GET", "/marketplace/server-of-the-week")).body.item;

test("the operator picks the server of a week that is not past", async () => {
  await importServers(["picked"]);
  const pick = (week: string, own = "picked") =>
    manage("PUT", `/marketplace/weeks/${week}`, { name: nameOf(own), reason: "It is new." });
  const past = refusalOf(await pick("2020-W01"));
  expect(past).toMatch(/^400 invalid: week: it is past/);
  const week = /\d{4}-W\d{2}(?=\.$)/.exec(past)?.[0] ?? "";
  expect((await pick(week)).status).toBe(200);
  expect((await pick("2098-W53")).status).toBe(400);
  expect(await readWeek()).toMatchObject({
    week,
    reason: "It is new.",
    isPick: true,
    server: { name: nameOf("picked") },
  });
  expect(refusalOf(await pick(week, "none"))).toMatch(/^400 invalid: name: /);
  const { items } = (await manage("GET", "/marketplace/weeks")).body;
  expect(items).toContainEqual(expect.objectContaining({ week, name: nameOf("picked") }));
  expect((await manage("DELETE", `/marketplace/weeks/${week}`)).status).toBe(204);
  expect((await manage("DELETE", `/marketplace/weeks/${week}`)).status).toBe(404);
  expect((await eventsOf(`marketplace-week:${week}`)).map(({ action }) => action)).toEqual([
    "marketplace_week.unpicked",
    "marketplace_week.picked",
  ]);
});

test("without a pick a rule chooses a graded server once a week: the one whose installs grow most, else the highest score", async () => {
  await importServers(["graded", "growing"]);
  expect((await manage("GET", serverPath("growing"))).body.grade).toMatch(/^[AB]$/);
  // Weeks that no other test is in, and past: clean-ups of other tests would leave what is stored on days to come.
  const weeks = (count: number) => (count - 520) * 7 * DAY_MS;
  const first = await later(weeks(0), readWeek);
  expect(first).toMatchObject({
    isPick: false,
    reason: expect.stringMatching(/^Grade [AB]: its score of \d+ is the highest/),
    server: { grade: expect.stringMatching(/^[AB]$/) },
  });
  expect(await later(weeks(0), readWeek)).toEqual(first);
  expect((await later(weeks(1), readWeek)).name).not.toBe(first.name);
  // It can be chosen again, if it was.
  const growing = await later(weeks(40), async () => {
    const visitors = Array.from({ length: 20 }, (_, i) => asVisitor(`198.18.2.${i}`));
    const path = `/api${serverPath("growing")}/installs`;
    await Promise.all(
      visitors.map(async (visitor) => {
        const body = JSON.stringify({ client: "zed" });
        await (await send(path, { method: "POST", body, ...visitor })).text();
      }),
    );
    return readWeek();
  });
  expect(growing).toMatchObject({
    name: nameOf("growing"),
    reason: expect.stringMatching(/^Grade [AB], and installed 2\.0 times as often/),
  });
});

test("a user curates the marketplace if the operator says so, with a passkey check for each change, and lists name the user", async () => {
  await importServers(["curated"]);
  const owner = await makeOwner("curation-curator", "Cora");
  const refused = await owner.send("GET", "/marketplace/reports");
  expect(refusalOf(refused)).toMatch(/^403 forbidden: .*curates the marketplace/);
  const given = await manage("PATCH", `/users/${owner.userId}`, { curatesMarketplace: true });
  expect(given.body).toMatchObject({ curatesMarketplace: true, managesHosts: false });
  await bindings.DB.prepare("UPDATE sessions SET stepped_up_at = NULL WHERE user_id = ?")
    .bind(owner.userId)
    .run();
  const hide = () => owner.send("PUT", hiddenPath("curated"), { reason: "A copy." });
  expect(refusalOf(await hide())).toMatch(/^403 step_up_required/);
  await owner.stepUp();
  expect((await hide()).body).toMatchObject({ reason: "A copy.", hiddenBy: "Cora" });
  const { items } = (await owner.send("GET", "/marketplace/hidden-servers?limit=500")).body;
  expect(items.find(({ name }: Json) => name === nameOf("curated"))).toMatchObject({
    hiddenBy: "Cora",
  });
  const [event] = await eventsOf(`marketplace-server:${nameOf("curated")}`);
  expect(event).toMatchObject({ action: "marketplace_server.hidden", actor: owner.userId });
  await manage("PATCH", `/users/${owner.userId}`, { curatesMarketplace: false });
  expect((await owner.send("DELETE", hiddenPath("curated"))).status).toBe(403);
  expect((await manage("DELETE", hiddenPath("curated"))).status).toBe(204);
});

test("an import that changes something is an event of the operator", async () => {
  const page = { servers: [entry(nameOf("imported"))] };
  const body = { source: "curation-files", page };
  await manage("POST", "/marketplace/imports", body);
  await manage("POST", "/marketplace/imports", body);
  const events = await eventsOf("marketplace-source:curation-files");
  expect(events).toMatchObject([
    { action: "marketplace.imported", actor: "operator", detail: { changed: 1, deleted: 0 } },
  ]);
});
