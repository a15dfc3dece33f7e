import { beforeAll, describe, expect, inject, test } from "vitest";
import { makeJoinedUser } from "../support/browser.ts";
import { bindings, change, makeWorkspace, rpc } from "../support/gateway-client.ts";
import { manage, refusalOf, type Json } from "../support/management-client.ts";

const SLUG = "url-secrets";
const SECRET = "hunter2-of-a-query";
const IN_PATH = "MmQ5ZTRjNzAtYTFiMw";
const FORMAT = "mcpnest-configuration/1";

const configurationOf = async (slug: string): Promise<Json> =>
  (await manage("GET", `/workspaces/${slug}/configuration`)).body;
const put = (slug: string, body: unknown, query = "") =>
  manage("PUT", `/workspaces/${slug}/configuration${query}`, body);
const urlOf = async (slug: string, server: string): Promise<string> =>
  (await manage("GET", `/workspaces/${slug}/servers/${server}`)).body.url;
const newest = async (slug: string): Promise<number> =>
  (await manage("GET", `/workspaces/${slug}/versions?limit=1`)).body.items[0].number;
const restore = (slug: string, version: number, body: object = {}) =>
  manage("POST", `/workspaces/${slug}/versions/${version}/restore`, body);

describe("a secret in the URL of a server", () => {
  const url = `${inject("hostileUrl")}/ok?api_key=${SECRET}&region=eu`;
  const inPath = `https://a.example/s/${IN_PATH}/mcp`;
  let start = 0;

  beforeAll(async () => {
    await makeWorkspace(SLUG, {});
    await change(SLUG, { type: "server.create", input: { slug: "q", url } });
    await change(SLUG, {
      type: "server.create",
      input: { slug: "p", url: inPath, enabled: false },
    });
    start = await newest(SLUG);
  });

  test("is shown by no document that moves it to a place without a secret", async () => {
    const slug = "url-secrets-moved";
    await makeWorkspace(slug, {});
    const words = `${inject("hostileUrl")}/ok?api_key=correct-horse`;
    await change(slug, { type: "server.create", input: { slug: "w", url: words } });
    const [server] = (await configurationOf(slug)).servers;
    const moved = { ...server, url: server.url.replace("api_key=", "note=") };
    for (const query of ["?dryRun=true", ""]) {
      const answer = await put(slug, { format: FORMAT, servers: [moved] }, query);
      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain("correct-horse");
      expect(answer.body.plan.needsCredentials).toEqual([
        { server: "w", credential: "note of the URL" },
      ]);
    }
    expect(JSON.stringify(await configurationOf(slug))).not.toContain("correct-horse");
  });

  test("is in no document, plan, comparison, stored version or event, and no auditor sees it", async () => {
    const { browser } = await makeJoinedUser(SLUG, "auditor");
    await change(SLUG, {
      type: "server.update",
      slug: "q",
      patch: { url: url.replace(SECRET, `${SECRET}-new`), name: "Renamed" },
    });
    const path = `/workspaces/${SLUG}`;
    const last = await newest(SLUG);
    const read = [
      "/configuration",
      "/configuration?format=yaml",
      `/versions/${last}`,
      `/versions/${last}/comparison?from=1`,
      "/servers",
      "/servers/q",
      "/servers/p",
      "/audit-events",
      "/health",
      "/mcp.lock",
    ];
    for (const one of read) {
      const answer = await browser.send("GET", path + one);
      expect([one, answer.status]).toEqual([one, 200]);
      expect(answer.text).not.toContain(SECRET);
      expect(answer.text).not.toContain(IN_PATH);
    }
    const plan = await restore(SLUG, start, { dryRun: true });
    expect(plan.text).not.toContain(SECRET);
    expect(plan.body.plan.changes[0].fields).toEqual([
      { field: "name", before: "Renamed", after: "q" },
    ]);
    expect(plan.body.plan.notApplied).toEqual([
      { name: "q", reason: "The api_key of the URL has another value since; that one stays." },
    ]);
    const { results } = await bindings.DB.prepare(
      "SELECT document AS text FROM version_parts UNION ALL SELECT detail FROM audit_events",
    ).all<{ text: string }>();
    const stored = results.map(({ text }) => text).join("\n");
    expect(stored).not.toContain(SECRET);
    expect(stored).not.toContain(IN_PATH);
    const [q] = (await configurationOf(SLUG)).servers;
    expect(q.url).toMatch(/\/ok\?api_key=sec_[0-9a-f]{24}&region=eu$/);
    await change(SLUG, { type: "server.update", slug: "q", patch: { url, name: "q" } });
  });

  test("stays when the document with its reference is applied, and the difference of another value shows", async () => {
    const document = await configurationOf(SLUG);
    expect((await put(SLUG, document)).body).toMatchObject({
      isApplied: false,
      plan: { changes: [], needsCredentials: [], notApplied: [] },
    });
    const [q, ...others] = document.servers;
    const servers = [{ ...q, url: q.url.replace("region=eu", "region=us") }, ...others];
    expect((await put(SLUG, { format: FORMAT, servers })).body.isApplied).toBe(true);
    expect(await urlOf(SLUG, "q")).toBe(url.replace("region=eu", "region=us"));
    expect(await urlOf(SLUG, "p")).toBe(inPath);
    await put(SLUG, document);
    expect(await urlOf(SLUG, "q")).toBe(url);
    const from = await newest(SLUG);
    await change(SLUG, {
      type: "server.update",
      slug: "q",
      patch: { url: url.replace(SECRET, "another-2") },
    });
    const { body } = await manage(
      "GET",
      `/workspaces/${SLUG}/versions/${await newest(SLUG)}/comparison?from=${from}`,
    );
    expect(body.differences[0].fields[0].field).toBe("url");
    await change(SLUG, { type: "server.update", slug: "q", patch: { url } });
  });

  test("goes to no other origin, and its server is disabled until the value is entered", async () => {
    const { servers } = await configurationOf(SLUG);
    const moved = servers[0].url.replace(/^http:\/\/[^/]+/, "https://thief.example");
    const { plan } = (
      await put(SLUG, { format: FORMAT, servers: [{ ...servers[0], url: moved }, servers[1]] })
    ).body;
    expect(plan.needsCredentials).toEqual([{ server: "q", credential: "api_key of the URL" }]);
    const server = (await manage("GET", `/workspaces/${SLUG}/servers/q`)).body;
    expect(server).toMatchObject({ url: moved, enabled: false });
    const enabled = await manage("PATCH", `/workspaces/${SLUG}/servers/q`, { enabled: true });
    expect(refusalOf(enabled)).toMatch(/^400 invalid: url: has a reference/);
    const entered = await manage("PATCH", `/workspaces/${SLUG}/servers/q`, { enabled: true, url });
    expect(entered.status).toBe(200);
  });

  test("has to be entered again when a version brings its server back", async () => {
    const token = (await change(SLUG, { type: "token.create", input: { label: "t" } })).token;
    await change(SLUG, { type: "server.delete", slug: "q" });
    const { plan } = (await restore(SLUG, start)).body;
    expect(plan.needsCredentials).toEqual([{ server: "q", credential: "api_key of the URL" }]);
    const server = (await manage("GET", `/workspaces/${SLUG}/servers/q`)).body;
    expect(server.enabled).toBe(false);
    const again = (await restore(SLUG, start)).body;
    expect([again.isApplied, again.plan.needsCredentials]).toEqual([false, plan.needsCredentials]);
    await change(SLUG, { type: "server.update", slug: "q", patch: { url, enabled: true } });
    await manage("POST", `/workspaces/${SLUG}/servers/q/check`, {});
    const { message } = await rpc({ slug: SLUG, token }, "tools/list");
    expect(message.result.tools.length).toBeGreaterThan(0);
  });
});

test("a version of an earlier release loses the query in the database, and its return keeps the present one", async () => {
  const url = `https://b.example/s/${IN_PATH}/mcp?api_key=${SECRET}`;
  await makeWorkspace("url-older", {});
  const input = { slug: "q", url, enabled: false };
  await change("url-older", { type: "server.create", input });
  const start = await newest("url-older");
  const { id } = (await manage("GET", "/workspaces/url-older")).body;
  await bindings.DB.prepare(
    "UPDATE version_parts SET document = json_set(document, '$.url', ?) WHERE workspace_id = ? AND document ->> '$.slug' = 'q'",
  )
    .bind(url, id)
    .run();
  const read = () => manage("GET", `/workspaces/url-older/versions/${start}`);
  const hidden = (await read()).text;
  expect(hidden).toContain("/s/sec_000000000000000000000000/mcp?api_key=sec_0000");
  const { TEST_MIGRATIONS: migrations } = bindings as unknown as {
    TEST_MIGRATIONS: { name: string; queries: string[] }[];
  };
  const [query = ""] = migrations.find(({ name }) => name.startsWith("0048"))?.queries ?? [];
  await bindings.DB.prepare(query).run();
  const stored = await bindings.DB.prepare(
    "SELECT document FROM version_parts WHERE workspace_id = ? AND document ->> '$.slug' = 'q'",
  )
    .bind(id)
    .first<string>("document");
  expect(stored).not.toContain(SECRET);
  await change("url-older", { type: "server.update", slug: "q", patch: { name: "Later" } });
  const { plan } = (await restore("url-older", start)).body;
  expect(plan).toMatchObject({ needsCredentials: [], notApplied: [] });
  expect((await manage("GET", "/workspaces/url-older/servers/q")).body).toMatchObject({
    name: "q",
    url,
  });
});
