import { beforeAll, expect, inject, test } from "vitest";
import { makeRow, storeRows } from "../support/audit-rows.ts";
import { type Browser, makeJoinedUser, makeOwner } from "../support/browser.ts";
import { send } from "../support/gateway-client.ts";
import { setLists } from "../support/listed-servers.ts";
import { type Json, manage, readWorkspaceId, refusalOf } from "../support/management-client.ts";

const PATH = "/workspaces/views";
let admin: Browser;
let member: Browser;
let memberId: string;

/** `open` and `bad` are allowed, `bad` by one tool that it does not have; `hidden` is not. */
beforeAll(async () => {
  await makeOwner("views");
  admin = (await makeJoinedUser("views", "admin")).browser;
  ({ browser: member, memberId } = await makeJoinedUser("views", "member"));
  for (const [slug, path] of Object.entries({
    open: "/ok?api_key=query-secret-1",
    hidden: "/ok?api_key=query-secret-1",
    bad: "/any/401",
  })) {
    await manage("POST", `${PATH}/servers`, {
      slug,
      url: `${inject("hostileUrl")}${path}`,
      headers: { "x-team": "data" },
      credentials: { authorization: "Bearer header-secret-1" },
    });
  }
  await manage("PUT", `${PATH}/members/${memberId}/rules`, { rules: ["open:echo", "bad:x"] });
});

/** Lists servers and health, and each server and its health on its own. */
async function look(read: (path: string) => ReturnType<typeof manage>) {
  const slugsOf = (items: Json[]) => items.map(({ slug }) => String(slug)).toSorted();
  const servers = await read(`${PATH}/servers`);
  const health = await read(`${PATH}/health`);
  expect(slugsOf(servers.body.items)).toEqual(slugsOf(health.body.items));
  for (const server of servers.body.items)
    expect((await read(`${PATH}/servers/${server.slug}`)).body).toEqual(server);
  const text = `${servers.text}${health.text}`;
  return { slugs: slugsOf(servers.body.items), servers, health, text };
}

test("a member sees the servers of its rules, without addresses, headers, credentials and gaps for others", async () => {
  const { slugs, servers, text } = await look((path) => member.send("GET", path));
  expect(slugs).toEqual(["bad", "open"]);
  expect(servers.body.items.map(({ position }: Json) => position)).toEqual([0, 1]);
  expect(servers.body.items[0]).toMatchObject({ url: "", headers: {}, credentials: [] });
  expect(text).not.toMatch(/secret|api_key|x-team|authorization/i);
  expect(text).not.toContain(new URL(inject("hostileUrl")).hostname);
  const seen = await look((path) => admin.send("GET", path));
  expect(seen.slugs).toEqual(["bad", "hidden", "open"]);
  expect(seen.text).toContain("query-secret-1");
});

test("a server that a member may not use is as one that does not exist", async () => {
  for (const path of [
    "servers/$",
    "health?server=$",
    "servers/$/tools",
    "servers/$/tool-catalogue",
  ]) {
    const read = (slug: string) => member.send("GET", `${PATH}/${path.replace("$", slug)}`);
    const hidden = await read("hidden");
    expect(refusalOf(hidden)).toBe(refusalOf(await read("none")));
    expect(hidden.status).toBe(404);
  }
});

test("a member sees the number of its tools of a server, and failures without their cause", async () => {
  const states = async (browser: Browser) =>
    (await browser.send("GET", `${PATH}/health`)).body.items as Json[];
  const [mine, all] = [await states(member), await states(admin)];
  const toolsOf = (items: Json[]) => items.find(({ slug }) => slug === "open").tools;
  expect([toolsOf(mine), toolsOf(all)]).toEqual([1, 2]);
  const errorOf = (items: Json[]) => items.find(({ slug }) => slug === "bad").check.error;
  expect(errorOf(all).message).toMatch(/^401 from the server/);
  const message = `The server "bad" did not accept the gateway's credential. Tell your admin.`;
  expect(errorOf(mine)).toEqual({ code: "upstream_unauthorized", message });
  const { history } = (await member.send("GET", `${PATH}/health?server=bad`)).body;
  expect(history.map(({ error }: Json) => error.message)).toEqual([message]);
});

test("an API key with the role of a member sees what its creator may use, without addresses", async () => {
  const made = await admin.send("POST", `${PATH}/api-keys`, { label: "k", role: "member" });
  const headers = { authorization: `Bearer ${made.body.key}` };
  const read = (path: string) => manage("GET", path, undefined, { headers });
  expect((await look(read)).slugs).toEqual([]);
  const { items } = (await manage("GET", `${PATH}/members`)).body;
  const { id } = items.find(({ userId }: Json) => userId === admin.userId);
  await manage("PUT", `${PATH}/members/${id}/rules`, { rules: ["hidden:*"] });
  const { slugs, text } = await look(read);
  expect(slugs).toEqual(["hidden"]);
  expect(text).not.toMatch(/secret|api_key/);
});

test("the gateway's health has no cause of a failure", async () => {
  const { token } = (await member.send("POST", `${PATH}/me/tokens`, { label: "m" })).body;
  const headers = { authorization: `Bearer ${token}` };
  const text = await (await send("/api/gw/views/health", { headers })).text();
  expect(text).toContain("Tell your admin.");
  expect(text).not.toMatch(/hidden|\b401\b|secret/);
});

test("a member sees the own tools of a server, and its other features only with the right to the whole server", async () => {
  const lists = { tools: ["one", "two"], prompts: ["ask"], resources: ["data:a"] };
  const url = await setLists("views-features", lists);
  await manage("POST", `${PATH}/servers`, { slug: "features", url });
  const allow = (rules: string[]) => manage("PUT", `${PATH}/members/${memberId}/rules`, { rules });
  const read = async (browser: Browser) => {
    const path = `${PATH}/servers/features`;
    const tools = (await browser.send("GET", `${path}/tools`)).body.items as Json[];
    const features = (await browser.send("GET", `${path}/tool-catalogue`)).body;
    return { tools: tools.map(({ name }) => name), features };
  };
  const all = await read(admin);
  expect(all.tools).toEqual(["one", "two"]);
  expect(all.features).toMatchObject({ prompts: [{ key: "ask" }], resources: [{ key: "data:a" }] });
  await allow(["open:echo", "bad:x", "features:one"]);
  const some = await read(member);
  expect(some.tools).toEqual(["one"]);
  expect(some.features).toMatchObject({
    prompts: [],
    resources: [],
    templates: [],
    skills: [],
    warnings: [],
  });
  await allow(["open:echo", "bad:x", "features:*"]);
  expect(await read(member)).toEqual({
    tools: all.tools,
    features: { ...all.features, warnings: [] },
  });
});

test("a member's own calls and figures name a server only if the member may know it, whatever the query names", async () => {
  const slug = "own-names";
  const path = `/workspaces/${slug}`;
  const owner = await makeOwner(slug);
  const { browser, memberId: ownId } = await makeJoinedUser(slug, "member");
  const add = (server: string, name: string) =>
    manage("POST", `${path}/servers`, { slug: server, name, url: `${inject("hostileUrl")}/ok` });
  await add("open", "Open name");
  await add("secret", "Secret name");
  const rules = { rules: ["open:echo"] };
  await manage("PUT", `${path}/members/${ownId}/rules`, rules);
  const { record } = (await manage("POST", `${path}/tokens`, { label: "Secret label" })).body;
  const id = await readWorkspaceId(slug);
  const createdAt = Date.now();
  const ofMember = { memberId: ownId, createdAt, toolName: "echo" };
  await storeRows([
    makeRow(id, 1, { ...ofMember, serverSlug: "open" }),
    makeRow(id, 2, { ...ofMember, serverSlug: "open", status: "blocked" }),
    makeRow(id, 3, { ...ofMember, serverSlug: "secret", status: "blocked" }),
  ]);
  const views = [
    "tool-calls",
    `tool-calls/counts?server=secret&token=${record.id}`,
    "tool-calls/counts?server=open",
    "tool-calls/values",
    "usage",
    "usage/totals?by=server",
    "usage/totals?by=tool",
    "usage/refusals",
  ];
  const readAll = async (by: Browser, prefix: string) =>
    Promise.all(views.map(async (view) => (await by.send("GET", `${path}/${prefix}${view}`)).text));
  const own = await readAll(browser, "me/");
  expect(own.filter((text) => text.includes("Secret"))).toEqual([]);
  expect(own.map((text) => text.includes("Open name"))).toEqual(
    views.map((view) => view !== "usage" && !view.includes("secret")),
  );
  const all = await readAll(owner, "");
  expect(all.filter((text) => text.includes("Secret name"))).toHaveLength(6);
  expect(all[1]).toContain("Secret label");
});
