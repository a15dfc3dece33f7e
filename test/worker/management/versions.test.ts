import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { parse } from "yaml";
import { makeJoinedUser } from "../support/browser.ts";
import {
  bindings,
  change,
  HOST,
  makeMember,
  makeWorkspace,
  rpc,
} from "../support/gateway-client.ts";
import { manage, OPERATOR_KEY, refusalOf, type Json } from "../support/management-client.ts";

afterEach(() => void vi.restoreAllMocks());

const database: Pick<D1Database, "batch" | "prepare"> = Object.getPrototypeOf(bindings.DB);
const SECRET = "s3cret-of-a-server-0123456789";

async function listVersions(slug: string): Promise<Json[]> {
  return (await manage("GET", `/workspaces/${slug}/versions?limit=500`)).body.items;
}

async function newest(slug: string): Promise<number> {
  return (await listVersions(slug))[0].number;
}

async function restore(slug: string, version: number, body: object = {}) {
  return manage("POST", `/workspaces/${slug}/versions/${version}/restore`, body);
}

async function documentOf(slug: string, version: number) {
  return (await manage("GET", `/workspaces/${slug}/versions/${version}`)).body.document;
}

async function readConfiguration(slug: string) {
  return (await manage("GET", `/workspaces/${slug}/configuration`)).body;
}

/** A list as clients get it, byte for byte. */
async function listTools(slug: string, token: string): Promise<string> {
  return JSON.stringify((await rpc({ slug, token }, "tools/list")).message.result.tools);
}

describe("versions", () => {
  const slug = "versions-kept";
  let memberId = "";

  beforeAll(async () => {
    await makeWorkspace(slug, { a: "/ok", b: "/ok" });
    ({ memberId } = await makeMember(slug, ["a:echo"]));
    await change(slug, { type: "server.update", slug: "a", patch: { prefix: "first" } });
    await change(slug, {
      type: "server.update",
      slug: "b",
      patch: { credentials: { authorization: SECRET } },
    });
  });

  test("every change makes one version, with its author, its sentence and its event", async () => {
    const before = await newest(slug);
    await manage("PATCH", `/workspaces/${slug}`, { enforcement: false });
    const [version, old] = await listVersions(slug);
    expect(version).toMatchObject({
      number: before + 1,
      actor: "operator",
      summary: "The operator turned the enforcement of rules off",
    });
    expect(old.number).toBe(before);
    const events = (await manage("GET", `/workspaces/${slug}/audit-events`)).body.items;
    expect(events[0].id).toBe(version.eventId);
    await manage("PATCH", `/workspaces/${slug}`, { enforcement: true });
  });

  test("tokens, checks and calls make no version", async () => {
    const before = await newest(slug);
    const { record } = await change(slug, { type: "token.create", input: { label: "t" } });
    await change(slug, { type: "token.revoke", id: record.id });
    await manage("POST", `/workspaces/${slug}/servers/a/check`, {});
    expect(await newest(slug)).toBe(before);
  });

  test("a version shows the whole configuration, and two versions what differs by entry and field", async () => {
    const from = await newest(slug);
    await change(slug, { type: "server.update", slug: "a", patch: { prefix: "second" } });
    await change(slug, { type: "member.rules", id: memberId, rules: ["a:echo", "b:*"] });
    await change(slug, { type: "server.reorder", order: { slugs: ["b", "a"] } });
    const to = await newest(slug);
    const { servers, people } = await documentOf(slug, to);
    expect(servers.map((server: Json) => [server.slug, server.prefix])).toEqual([
      ["b", null],
      ["a", "second"],
    ]);
    expect(people).toMatchObject([{ id: memberId, name: "Member", rules: ["a:echo", "b:*"] }]);
    const { body } = await manage(
      "GET",
      `/workspaces/${slug}/versions/${to}/comparison?from=${from}`,
    );
    expect(body.differences).toEqual([
      {
        section: "order",
        name: "servers",
        action: "changed",
        fields: [{ field: "order", before: "a, b", after: "b, a" }],
      },
      {
        section: "servers",
        name: "a",
        action: "changed",
        fields: [{ field: "prefix", before: "first", after: "second" }],
      },
      {
        section: "people",
        name: "Member",
        action: "changed",
        fields: [{ field: "rules", before: null, after: "b:*" }],
      },
    ]);
  });

  test("a return makes the configuration of then, is a version itself, and can be undone", async () => {
    const [start, list] = [await newest(slug), await readConfiguration(slug)];
    await change(slug, { type: "workspace.update", patch: { defaultAccess: "closed" } });
    await change(slug, { type: "server.update", slug: "a", patch: { enabled: false, name: "X" } });
    await change(slug, { type: "member.rules", id: memberId, rules: [] });
    const changed = await readConfiguration(slug);
    const plan = (await restore(slug, start, { dryRun: true })).body;
    expect(plan.isApplied).toBe(false);
    expect(plan.plan.changes.map(({ section }: Json) => section)).toEqual([
      "settings",
      "servers",
      "people",
    ]);
    expect(await readConfiguration(slug)).toEqual(changed);
    const before = await newest(slug);
    expect((await restore(slug, start, { ifVersion: before })).body.isApplied).toBe(true);
    expect(await readConfiguration(slug)).toEqual(list);
    const [version] = await listVersions(slug);
    expect(version.number).toBe(before + 1);
    expect(version.summary).toBe(
      `The operator went back to version ${start}: changed the servers a, changed the settings and changed the rules of one person`,
    );
    await restore(slug, before);
    expect(await readConfiguration(slug)).toEqual(changed);
    await restore(slug, start);
  });

  test("a plan of another version is refused, and changes nothing", async () => {
    const start = await newest(slug);
    await change(slug, { type: "server.update", slug: "a", patch: { prefix: "third" } });
    const refused = await restore(slug, start - 1, { ifVersion: start });
    expect(refusalOf(refused)).toMatch(/^409 conflict: .*has version \d+ now/);
    const body = await readConfiguration(slug);
    const put = await manage("PUT", `/workspaces/${slug}/configuration`, body, {
      headers: {
        authorization: `Bearer ${OPERATOR_KEY}`,
        "content-type": "application/json",
        "if-match": `"${start}"`,
      },
    });
    expect(refusalOf(put)).toMatch(/^409 conflict: /);
    expect(await newest(slug)).toBe(start + 1);
  });

  test("the plan says who loses what", async () => {
    await makeWorkspace("losers", { a: "/ok" });
    const first = await newest("losers");
    const member = await makeMember("losers", ["a:echo"]);
    const client = { slug: "losers", token: member.token };
    await rpc(client, "tools/list");
    const then = await newest("losers");
    await change("losers", { type: "member.rules", id: member.memberId, rules: ["a:*"] });
    const { plan } = (await restore("losers", then, { dryRun: true })).body;
    expect(plan.access).toMatchObject([{ name: "Member", gainedCount: 0 }]);
    expect(plan.access[0].lost).not.toContain("a:echo");
    expect(plan.access[0].lostCount).toBe(plan.access[0].lost.length);
    const back = (await restore("losers", first)).body.plan;
    // The member has joined since: the version says nothing of it, and it keeps its rules.
    expect(back.changes).toEqual([]);
  });

  test("a removed server comes back with its id, rules and order, disabled until its secret is entered again", async () => {
    const server = (await manage("GET", `/workspaces/${slug}/servers/b`)).body;
    await change(slug, { type: "member.rules", id: memberId, rules: ["b:echo"] });
    const start = await newest(slug);
    const before = await readConfiguration(slug);
    await change(slug, { type: "server.delete", slug: "b" });
    await change(slug, {
      type: "server.create",
      input: { slug: "b", url: `${inject("hostileUrl")}/ok` },
    });
    const { plan } = (await restore(slug, start, { dryRun: true })).body;
    expect(plan.needsCredentials).toEqual([{ server: "b", credential: "authorization" }]);
    await change(slug, { type: "server.delete", slug: "b" });
    expect((await restore(slug, start)).body.plan.needsCredentials).toEqual(plan.needsCredentials);
    const after = (await manage("GET", `/workspaces/${slug}/servers/b`)).body;
    expect(after).toMatchObject({ id: server.id, enabled: false, credentials: [] });
    const { servers, people } = await readConfiguration(slug);
    expect(servers.map((one: Json) => one.slug)).toEqual(
      before.servers.map((one: Json) => one.slug),
    );
    expect(people).toEqual(before.people);
  });

  test("a changed credential and a removed person are not restored, and the plan says so", async () => {
    await makeWorkspace("versions-people", { a: "/ok" });
    const set = (value: string) =>
      change("versions-people", {
        type: "server.update",
        slug: "a",
        patch: { credentials: { authorization: value } },
      });
    await set("value-before-0123456789");
    const { memberId: leaver, token } = await makeMember("versions-people", ["a:*"]);
    const start = await newest("versions-people");
    await set("value-after-0123456789");
    await change("versions-people", { type: "member.delete", id: leaver });
    const { plan, isApplied } = (await restore("versions-people", start)).body;
    expect(plan.notApplied).toEqual([
      {
        name: "a",
        reason: "The credential authorization has another value since; that one stays.",
      },
      { name: "Member", reason: "There is no such member now: people join by invitation." },
    ]);
    expect([plan.changes, isApplied]).toEqual([[], false]);
    expect((await rpc({ slug: "versions-people", token }, "tools/list")).response.status).toBe(401);
  });

  test("a return neither deploys a hosted server nor terminates one, and the plan says so", async () => {
    await makeWorkspace("with-hosted", {});
    const deploy = (catalogueId: string) =>
      change("with-hosted", { type: "instance.create", input: { catalogueId }, limit: 3 });
    const { instance } = await deploy("memory");
    const start = await newest("with-hosted");
    expect((await documentOf("with-hosted", start)).hosted).toMatchObject([{ slug: "memory" }]);
    await change("with-hosted", { type: "instance.delete", id: instance.id });
    await deploy("filesystem");
    const { plan, isApplied } = (await restore("with-hosted", start)).body;
    expect(plan.notApplied).toEqual([
      { name: "memory", reason: "The hosted server is not there any more: deploy it again." },
      { name: "filesystem", reason: "The hosted server stays: terminate it to remove it." },
    ]);
    expect([plan.changes, isApplied]).toEqual([[], false]);
  });

  test("no version has a secret, sealed or not", async () => {
    const { results } = await bindings.DB.prepare(
      "SELECT document AS text FROM version_parts UNION ALL SELECT parts FROM workspace_versions",
    ).all<{ text: string }>();
    const texts = results.map(({ text }) => text).join("\n");
    const { results: sealed } = await bindings.DB.prepare(
      "SELECT value ->> 'sealed' AS sealed FROM servers, json_each(servers.credentials)",
    ).all<{ sealed: string }>();
    expect(sealed.length).toBeGreaterThan(0);
    for (const secret of [SECRET, "value-before", ...sealed.map((row) => row.sealed)])
      expect(texts).not.toContain(secret);
    expect(texts).toContain("sec_");
  });

  test("an auditor reads versions and the configuration, and restores and applies none", async () => {
    const { browser } = await makeJoinedUser(slug, "auditor");
    const path = `/workspaces/${slug}`;
    const start = await newest(slug);
    expect((await browser.send("GET", `${path}/versions/${start}`)).status).toBe(200);
    expect((await browser.send("GET", `${path}/configuration`)).status).toBe(200);
    const refused = await browser.send("POST", `${path}/versions/1/restore`, { dryRun: true });
    expect(refusalOf(refused)).toMatch(/^403 forbidden: /);
    const body = await readConfiguration(slug);
    expect((await browser.send("PUT", `${path}/configuration`, body)).status).toBe(403);
    const member = await makeJoinedUser(slug, "member");
    expect((await member.browser.send("GET", `${path}/versions`)).status).toBe(403);
  });

  test("an admin goes back, but leaves the name to an owner", async () => {
    await makeWorkspace("renamed", { a: "/ok" });
    const { browser } = await makeJoinedUser("renamed", "admin");
    const start = await newest("renamed");
    await change("renamed", {
      type: "workspace.update",
      patch: { name: "New", enforcement: false },
    });
    const { body } = await browser.send("POST", `/workspaces/renamed/versions/${start}/restore`, {
      dryRun: true,
    });
    expect(body.plan.changes[0].fields).toEqual([
      { field: "enforcement", before: "false", after: "true" },
    ]);
    expect(body.plan.notApplied).toMatchObject([{ name: "settings name" }]);
  });

  test("a workspace from before versions gets its state of then as version 1 with its first change", async () => {
    await makeWorkspace("versions-older", { a: "/ok" });
    const id = (await manage("GET", "/workspaces/versions-older")).body.id;
    for (const table of ["workspace_versions", "version_parts"])
      await bindings.DB.prepare(`DELETE FROM ${table} WHERE workspace_id = ?`).bind(id).run();
    await evict("versions-older");
    const before = await readConfiguration("versions-older");
    await change("versions-older", { type: "server.delete", slug: "a" });
    const versions = await listVersions("versions-older");
    expect(versions.map(({ number, eventId }) => [number, eventId === null])).toEqual([
      [2, false],
      [1, true],
    ]);
    await restore("versions-older", 1);
    expect(await readConfiguration("versions-older")).toEqual(before);
  });
});

/** Takes the object out of memory, as a crash does. */
async function evict(slug: string): Promise<void> {
  const stub = bindings.WORKSPACES.getByName(slug);
  await runInDurableObject(stub, (_instance, state) => state.abort("restart")).catch(
    () => undefined,
  );
}

describe("a return that is cut off", () => {
  async function makeChanged(slug: string) {
    await makeWorkspace(slug, { a: "/ok", b: "/ok" });
    const { memberId } = await makeMember(slug, ["a:echo", "b:echo"]);
    const start = await newest(slug);
    const changed = await readConfiguration(slug);
    await change(slug, { type: "server.delete", slug: "a" });
    await change(slug, { type: "member.rules", id: memberId, rules: [] });
    await change(slug, { type: "workspace.update", patch: { enforcement: false } });
    return { start, changed, now: await readConfiguration(slug) };
  }

  test("before D1 has it leaves the configuration as it was", async () => {
    const { start, now } = await makeChanged("cut-before");
    vi.spyOn(database, "batch").mockRejectedValue(new Error("D1 is down"));
    expect((await restore("cut-before", start)).status).toBe(503);
    vi.restoreAllMocks();
    await evict("cut-before");
    expect(await readConfiguration("cut-before")).toEqual(now);
    expect(await newest("cut-before")).toBe(start + 3);
  });

  test("after D1 has it leaves the whole earlier configuration", async () => {
    const { start, changed } = await makeChanged("cut-after");
    const { batch } = database;
    vi.spyOn(database, "batch").mockImplementation(async function (this: D1Database, statements) {
      await batch.call(this, statements);
      throw new Error("the answer is lost");
    });
    expect((await restore("cut-after", start)).status).toBe(503);
    vi.restoreAllMocks();
    await evict("cut-after");
    expect(await readConfiguration("cut-after")).toEqual(changed);
    const [version] = await listVersions("cut-after");
    expect(version.number).toBe(start + 4);
  });

  test("in the middle of the batch leaves the configuration as it was, also in D1", async () => {
    const { start, now } = await makeChanged("cut-within");
    const { batch } = database;
    vi.spyOn(database, "batch").mockImplementation(async function (this: D1Database, statements) {
      const broken = bindings.DB.prepare("INSERT INTO audit_events (id) VALUES (NULL)");
      return batch.call(this, [...statements, broken]);
    });
    expect((await restore("cut-within", start)).status).toBe(503);
    vi.restoreAllMocks();
    await evict("cut-within");
    expect(await readConfiguration("cut-within")).toEqual(now);
    expect(await newest("cut-within")).toBe(start + 3);
  });
});

describe("the configuration document", () => {
  const put = (slug: string, body: unknown, query = "") =>
    manage("PUT", `/workspaces/${slug}/configuration${query}`, body);

  test("a workspace that is rebuilt from its document lists the same, byte for byte", async () => {
    const client = await makeWorkspace("exported", { a: "/ok", b: "/ok", c: "/ok" });
    await change("exported", { type: "server.update", slug: "b", patch: { prefix: "bee" } });
    await change("exported", { type: "server.reorder", order: { slugs: ["c", "a", "b"] } });
    await change("exported", {
      type: "server.update",
      slug: "a",
      patch: { headers: { "x-a": "1" } },
    });
    const list = await listTools("exported", client.token);
    const yaml = (await manage("GET", "/workspaces/exported/configuration?format=yaml")).text;
    const document = parse(yaml);
    expect(document).toEqual(await readConfiguration("exported"));
    await change("exported", { type: "workspace.delete" });
    const again = await makeWorkspace("exported", {});
    const { body } = await put("exported", JSON.stringify(yaml));
    expect(body.isApplied).toBe(true);
    expect(await listTools("exported", again.token)).toBe(list);
    expect((await readConfiguration("exported")).servers).toEqual(document.servers);
    expect((await put("exported", document, "?dryRun=true")).body.plan.changes).toEqual([]);
  });

  test("a dry run changes nothing, and a document without a section leaves it", async () => {
    await makeWorkspace("partial", { a: "/ok", b: "/ok" });
    const format = "mcpnest-configuration/1";
    const before = await readConfiguration("partial");
    const servers = [{ slug: "b", url: `${inject("hostileUrl")}/ok` }];
    const { body } = await put("partial", { format, servers }, "?dryRun=true");
    expect(body.plan.changes).toMatchObject([{ section: "servers", name: "a", action: "removed" }]);
    expect(await readConfiguration("partial")).toEqual(before);
    await put("partial", { format, settings: { enforcement: false } });
    const after = await readConfiguration("partial");
    expect(after).toEqual({ ...before, settings: { ...before.settings, enforcement: false } });
  });

  test("an agent is made, changed and removed by its entry", async () => {
    await makeWorkspace("with-agents", { a: "/ok" });
    const { memberId } = await makeMember("with-agents", []);
    const format = "mcpnest-configuration/1";
    const rule = {
      name: "main",
      issuer: "https://issuer.example",
      audience: "https://gateway.example",
      claims: { sub: "repo:acme/app:ref:refs/heads/main" },
    };
    const agent = { name: "Deployer", owner: "Member", rules: ["a:echo"], trustRules: [rule] };
    expect((await put("with-agents", { format, agents: [agent] })).body.isApplied).toBe(true);
    const start = await newest("with-agents");
    const { agents } = await readConfiguration("with-agents");
    expect(agents).toMatchObject([{ name: "Deployer", owner: memberId, rules: ["a:echo"] }]);
    await put("with-agents", { format, agents: [] });
    expect((await readConfiguration("with-agents")).agents).toEqual([]);
    await restore("with-agents", start);
    expect((await readConfiguration("with-agents")).agents).toEqual(agents);
  });

  test.each([
    ["an unknown member", { format: "mcpnest-configuration/1", server: [] }, /server/],
    ["another format", { format: "other/1" }, /format/],
    ["a wrong type", { format: "mcpnest-configuration/1", servers: [{ slug: 1 }] }, /servers\.0/],
    ["an address of this gateway", withServer(`http://${HOST}/x`), /servers\.0 \(x\): url: /],
    ["a secret in the URL", withServer("https://u:p@a.example/"), /servers\.0 \(x\): url: /],
    ["a rule for no server", withRule("nothing:*"), /nothing/],
    ["a key that is there twice", '{"format":"mcpnest-configuration/1","format":"x"}', /twice/],
    ["no JSON", "{", /JSON/],
    ["a YAML bomb", JSON.stringify(bomb()), /values with its aliases|YAML/],
  ])("%s is refused with its place, and changes nothing", async (name, body, words) => {
    const slug = `hostile-${name.replaceAll(/\W/g, "-").toLowerCase()}`;
    await makeWorkspace(slug, {});
    await makeMember(slug, []);
    const before = await newest(slug);
    expect(refusalOf(await put(slug, body))).toMatch(words);
    expect(await newest(slug)).toBe(before);
  });

  test("a document that is too large is refused", async () => {
    await makeWorkspace("too-large", {});
    const body = JSON.stringify({ format: "x".repeat(1024 * 1024) });
    expect(refusalOf(await put("too-large", body))).toMatch(/^413 too_large: /);
  });
});

function withServer(url: string) {
  return { format: "mcpnest-configuration/1", servers: [{ slug: "x", url }] };
}

function withRule(rule: string) {
  return { format: "mcpnest-configuration/1", people: [{ name: "Member", rules: [rule] }] };
}

function bomb(): string {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
  for (let i = 1; i < 9; i++) {
    const before = `*a${i - 1}`;
    lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => before).join(", ")}]`);
  }
  return lines.join("\n");
}
