import { expect, test } from "vitest";
import { makeJoinedUser, makeOwner, type Browser } from "../support/browser.ts";
import { manage, refusalOf, type Json } from "../support/management-client.ts";

const OFFICIAL = "io.modelcontextprotocol.registry/official";
const PUBLISHED = new Date(Date.now() - 86_400_000).toISOString();

interface Entry {
  version?: string;
  status?: string;
  statusMessage?: string;
  server?: object;
}

/** Imports an entry `requests.example/NAME` with a remote, or changes it. */
async function importEntry(name: string, { version = "1.0.0", server, ...meta }: Entry = {}) {
  const remotes = [{ type: "streamable-http", url: `https://${name}.requests.example/mcp` }];
  const entry = {
    server: { name: `requests.example/${name}`, version, remotes, ...server },
    _meta: { [OFFICIAL]: { status: "active", publishedAt: PUBLISHED, ...meta } },
  };
  const { status } = await manage("POST", "/marketplace/imports", {
    source: "requests-test",
    page: { servers: [entry] },
  });
  if (status !== 200) throw new Error(`the import of ${name} failed`);
  return `requests.example/${name}`;
}

const path = (slug: string) => `/workspaces/${slug}/server-requests`;
const ask = (browser: Browser, slug: string, entry: string, reason = "For the weekly report.") =>
  browser.send("POST", path(slug), { entry, reason });
const listOwn = async (browser: Browser, slug: string) =>
  (await browser.send("GET", `/workspaces/${slug}/me/server-requests`)).body;
const listAll = async (slug: string) => (await manage("GET", path(slug))).body;
const add = (slug: string, server: string, from: object) =>
  manage("POST", `/workspaces/${slug}/servers`, {
    slug: server,
    url: `https://${server}.requests.example/mcp`,
    enabled: false,
    ...from,
  });
const eventsOf = async (slug: string): Promise<Json[]> =>
  (await manage("GET", `/workspaces/${slug}/audit-events?action=request.*`)).body.items;

test("a request is closed by the server that fulfils it, and its member hears of it once", async () => {
  const slug = "requests-fulfilled";
  await makeOwner(slug);
  const { browser, memberId } = await makeJoinedUser(slug, "member", "Mia");
  const entry = await importEntry("fulfilled", { version: "1.4.0" });
  const asked = await ask(browser, slug, entry, "secret-reason");
  expect(asked.status).toBe(201);
  expect(asked.body).toMatchObject({ status: "open", name: entry, reason: "secret-reason" });
  const open = await listAll(slug);
  expect(open).toMatchObject({
    waiting: 1,
    items: [
      {
        member: { id: memberId, name: "Mia", hasLeft: false },
        entry: { version: "1.4.0", hasRemote: true, hostedAs: null, status: "active" },
        existingServers: [],
      },
    ],
  });

  const request = asked.body.id;
  const wrong = await add(slug, "wrong", { origin: await importEntry("other"), request });
  expect(refusalOf(wrong)).toContain(`400 invalid: request: is for ${entry}`);
  const added = await add(slug, "report", { origin: entry, request });
  expect(added.status).toBe(201);
  expect(added.body.server.origin).toMatchObject({
    name: entry,
    version: "1.4.0",
    source: "requests-test",
    entry: { name: entry },
  });
  expect(await listOwn(browser, slug)).toMatchObject({
    waiting: 1,
    items: [{ status: "fulfilled", serverSlug: "report", closedBy: null }],
  });
  await browser.send("PUT", `/workspaces/${slug}/me/server-requests-seen`, {});
  expect((await listOwn(browser, slug)).waiting).toBe(0);
  const again = await add(slug, "again", { origin: entry, request });
  expect(refusalOf(again)).toContain("409 conflict: request: is not open any more");

  const events = await eventsOf(slug);
  expect(events.map(({ summary }) => summary)).toEqual([
    `The operator fulfilled the request of Mia for ${entry} with report`,
    `Mia asked for the server ${entry} of the marketplace`,
  ]);
  expect(JSON.stringify(events)).not.toContain("secret-reason");
});

test("a declined request's word reaches its member, and is in no audit event", async () => {
  const slug = "requests-declined";
  await makeOwner(slug);
  const { browser } = await makeJoinedUser(slug, "member", "Mia");
  const other = await makeJoinedUser(slug, "member", "Max");
  const entry = await importEntry("declined");
  const { id } = (await ask(browser, slug, entry)).body;
  const decision = `${path(slug)}/${id}/decision`;
  const body = { outcome: "declined", answer: "Use the internal one." };
  expect((await manage("POST", decision, { outcome: "declined", answer: "  " })).status).toBe(400);
  expect((await manage("POST", decision, body)).status).toBe(204);
  expect(refusalOf(await manage("POST", decision, body))).toContain("404 not_found");
  expect(await listOwn(browser, slug)).toMatchObject({
    waiting: 1,
    items: [{ status: "declined", answer: "Use the internal one.", closedBy: null }],
  });
  expect((await listOwn(other.browser, slug)).items).toEqual([]);
  const events = await eventsOf(slug);
  expect(events[0]?.summary).toBe(`The operator declined the request of Mia for ${entry}`);
  expect(JSON.stringify(events)).not.toContain("internal");
});

test("a member has one open request for an entry and 20 in all, and can withdraw them", async () => {
  const slug = "requests-limits";
  await makeOwner(slug);
  const { browser } = await makeJoinedUser(slug, "member", "Mia");
  const other = await makeJoinedUser(slug, "member", "Max");
  const names = await Promise.all(
    Array.from({ length: 21 }, (_, number) => importEntry(`limit-${number}`)),
  );
  const [first = "", ...rest] = names;
  const { id } = (await ask(browser, slug, first)).body;
  expect(refusalOf(await ask(browser, slug, first))).toContain("409 conflict: entry: you have");
  expect((await ask(other.browser, slug, first)).status).toBe(201);
  for (const name of rest.slice(0, 19)) await ask(browser, slug, name);
  const last = rest.at(-1) ?? "";
  expect(refusalOf(await ask(browser, slug, last))).toContain("409 conflict: You have 20 open");

  const own = `/workspaces/${slug}/me/server-requests/${id}`;
  expect((await other.browser.send("DELETE", own)).status).toBe(404);
  expect((await browser.send("DELETE", own)).status).toBe(204);
  expect((await ask(browser, slug, last)).status).toBe(201);
  const page = await manage("GET", `${path(slug)}?status=open&limit=20`);
  expect(page.body).toMatchObject({ waiting: 21, nextCursor: "20" });
  expect(page.body.items[0].name).toBe(last);
  expect((await ask(browser, slug, first, "x".repeat(1_001))).status).toBe(400);
  expect(refusalOf(await ask(browser, slug, "requests.example/none"))).toContain("404 not_found");
});

test("the requests of a member who leaves are withdrawn, and one for an entry that is gone says so", async () => {
  const slug = "requests-leaving";
  await makeOwner(slug);
  const leaving = await makeJoinedUser(slug, "member", "Lea");
  const { browser } = await makeJoinedUser(slug, "member", "Mia");
  const entry = await importEntry("leaving");
  await ask(leaving.browser, slug, entry);
  await ask(browser, slug, entry);
  await manage("DELETE", `/workspaces/${slug}/members/${leaving.memberId}`);
  await importEntry("leaving", { status: "deleted" });
  const { items, waiting } = await listAll(slug);
  expect(waiting).toBe(1);
  expect(items).toMatchObject([
    { status: "open", entry: null, member: { name: "Mia" } },
    { status: "withdrawn", member: { name: "Lea", hasLeft: true } },
  ]);
  const refused = await add(slug, "leaving", { origin: entry, request: items[0].id });
  expect(refusalOf(refused)).toContain("400 invalid: origin: the marketplace has no entry");
  expect((await listAll(slug)).waiting).toBe(1);
});

test("a request for a server that is there is fulfilled with it, and refused to a member who may use it", async () => {
  const slug = "requests-existing";
  await makeOwner(slug);
  const { browser, memberId } = await makeJoinedUser(slug, "member", "Mia");
  const entry = await importEntry("existing");
  await add(slug, "there", { origin: entry });
  const { id } = (await ask(browser, slug, entry)).body;
  const [open] = (await listAll(slug)).items;
  expect(open.existingServers).toEqual(["there"]);
  expect((await listOwn(browser, slug)).items[0].existingServers).toEqual([]);
  const decide = (server: string) =>
    manage("POST", `${path(slug)}/${id}/decision`, { outcome: "fulfilled", server });
  expect((await decide("elsewhere")).status).toBe(404);
  expect((await decide("there")).status).toBe(204);
  expect((await listOwn(browser, slug)).items[0]).toMatchObject({ serverSlug: "there" });
  await manage("PUT", `/workspaces/${slug}/members/${memberId}/rules`, { rules: ["there:*"] });
  expect(refusalOf(await ask(browser, slug, entry))).toContain('as the server "there"');
});

test("a server says what its entry has become, and members are not told where it is from", async () => {
  const slug = "requests-origin";
  await makeOwner(slug);
  const { browser, memberId } = await makeJoinedUser(slug, "member", "Mia");
  const entry = await importEntry("origin");
  await add(slug, "from", { origin: entry });
  await manage("PUT", `/workspaces/${slug}/members/${memberId}/rules`, { rules: ["from:*"] });
  const server = `/workspaces/${slug}/servers/from`;
  const origin = async () => (await manage("GET", server)).body.origin;
  await importEntry("origin", {
    version: "2.0.0",
    status: "deprecated",
    statusMessage: "Use the other one.",
  });
  expect(await origin()).toMatchObject({
    version: "1.0.0",
    entry: { version: "2.0.0", status: "deprecated", statusMessage: "Use the other one." },
  });
  expect((await browser.send("GET", server)).body).toMatchObject({ slug: "from", origin: null });
  expect((await manage("PATCH", server, { name: "Renamed" })).body.server.origin.version).toBe(
    "1.0.0",
  );
  await manage("PATCH", server, { origin: entry });
  expect((await origin()).version).toBe("2.0.0");
  await importEntry("origin", { status: "deleted" });
  expect(await origin()).toMatchObject({ name: entry, version: "2.0.0", entry: null });
  await manage("PATCH", server, { origin: null });
  expect(await origin()).toBe(null);
  const { items } = (await manage("GET", `/workspaces/${slug}/audit-events?action=server.updated`))
    .body;
  expect(items[0].summary).toContain(`entry of the marketplace none (was ${entry} 2.0.0)`);
});

test("a hosted server fulfils a request when it is deployed, and keeps its origin", async () => {
  const slug = "requests-hosted";
  await makeOwner(slug);
  const { browser } = await makeJoinedUser(slug, "member", "Mia");
  const packages = [{ registryType: "npm", identifier: "@upstash/context7-mcp" }];
  const entry = await importEntry("hosted", { server: { packages, remotes: [] } });
  const { id } = (await ask(browser, slug, entry)).body;
  expect((await listAll(slug)).items[0].entry).toMatchObject({
    hasRemote: false,
    hostedAs: "context7",
  });
  const deploy = (catalogueId: string) =>
    manage("POST", `/workspaces/${slug}/instances`, {
      catalogueId,
      slug: "docs",
      origin: entry,
      request: id,
    });
  expect(refusalOf(await deploy("memory"))).toContain("does not have the package of memory");
  const deployed = await deploy("context7");
  expect(deployed.body.origin).toMatchObject({ name: entry, version: "1.0.0" });
  expect((await listOwn(browser, slug)).items[0]).toMatchObject({
    status: "fulfilled",
    serverSlug: "docs",
  });
});
