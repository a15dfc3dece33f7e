import { evictDurableObject } from "cloudflare:test";
import { expect, inject, test } from "vitest";
import { findWorkspace } from "../../../workers/db/workspaces.ts";
import { db, makeRow, storeRows } from "../support/audit-rows.ts";
import { makeJoinedUser, makeOwner } from "../support/browser.ts";
import { bindings } from "../support/gateway-client.ts";
import { makeListedWorkspace } from "../support/listed-servers.ts";
import { manage, refusalOf, type Json } from "../support/management-client.ts";

const findId = async (slug: string) => (await findWorkspace(db, slug))?.id ?? "";

test("a tool that a server adds later has the time of its first listing, also after an eviction", async () => {
  const slug = "facts-new-tools";
  const { add, list } = await makeListedWorkspace(slug);
  const startedAt = Date.now();
  await add("one", { tools: ["a", "b"] });
  const read = async () => {
    const { items } = (await manage("GET", `/workspaces/${slug}/servers/one/tools`)).body;
    return Object.fromEntries(items.map((tool: Json) => [tool.name, tool.firstListedAt]));
  };
  expect(await read()).toEqual({ a: null, b: null });
  await list("one", { tools: ["a", "b", "c"] });
  const { c, ...others } = await read();
  expect(others).toEqual({ a: null, b: null });
  expect(c).toBeGreaterThanOrEqual(startedAt);
  await list("one", { tools: ["c", { name: "a", description: "d", inputSchema: {} }] });
  await evictDurableObject(bindings.WORKSPACES.getByName(slug));
  expect(await read()).toEqual({ a: null, c });
});

test("a tool says how many members may call it, without those whose access is suspended", async () => {
  const slug = "facts-allowed";
  const { add } = await makeListedWorkspace(slug);
  await add("one", { tools: ["a", "b"] });
  const path = `/workspaces/${slug}`;
  await manage("PATCH", path, { enforcement: true, defaultAccess: "closed" });
  for (const rules of [["one:*"], ["one:a"], []]) {
    const { id } = (await manage("POST", `${path}/members`, { name: "M" })).body;
    await manage("PUT", `${path}/members/${id}/rules`, { rules });
  }
  const { id: suspended } = (await manage("POST", `${path}/members`, { name: "S" })).body;
  await manage("PUT", `${path}/members/${suspended}/rules`, { rules: ["one:*"] });
  await manage("PUT", `${path}/members/${suspended}/suspension`, {});
  const { items } = (await manage("GET", `${path}/servers/one/tools`)).body;
  expect(items.map((tool: Json) => [tool.name, tool.allowedMembers])).toEqual([
    ["a", 2],
    ["b", 1],
  ]);
});

test("the preview of a prefix lists old and new names of all servers with their callers, and changes nothing", async () => {
  const slug = "facts-prefix";
  const { add, names } = await makeListedWorkspace(slug);
  await add("one", { tools: ["a", "b"], prompts: ["p"] });
  await add("two", { tools: ["b"] });
  const before = await names();
  const path = `/workspaces/${slug}`;
  const { id: memberId } = (await manage("POST", `${path}/members`, { name: "Ben" })).body;
  const id = await findId(slug);
  const at = (seq: number, fields = {}) =>
    makeRow(id, seq, { createdAt: Date.now(), toolName: "a", memberId, ...fields });
  await storeRows([
    at(1_001),
    at(1_002),
    at(1_003, { memberId: null }),
    at(1_004, { status: "blocked" }),
    at(1_005, { toolName: "z" }),
  ]);
  const { body } = await manage("POST", `${path}/servers/one/prefix-preview`, { prefix: "gh" });
  const exposed = Object.fromEntries(
    (await manage("GET", `${path}/servers/one/tools`)).body.items.map((tool: Json) => [
      tool.name,
      tool.exposedName,
    ]),
  );
  expect(body.items.filter(({ serverSlug }: Json) => serverSlug === "one")).toEqual([
    { kind: "tool", serverSlug: "one", name: "a", before: "a", after: "gh_a", calls: 3 },
    { kind: "tool", serverSlug: "one", name: "b", before: exposed.b, after: "gh_b", calls: 0 },
    { kind: "prompt", serverSlug: "one", name: "p", before: "p", after: "gh_p", calls: 0 },
  ]);
  expect(body.people).toEqual([
    { memberId, name: "Ben", calls: 2 },
    { memberId: null, name: null, calls: 1 },
  ]);
  expect(await names()).toEqual(before);
  await manage("PATCH", `${path}/servers/one`, { prefix: "gh" });
  const announced = body.items.filter(({ kind }: Json) => kind === "tool");
  const changed = (await names()).filter((name: string) => !before.includes(name));
  expect(changed.toSorted()).toEqual(announced.map(({ after }: Json) => after).toSorted());
});

test("a credential says who set it and when, and when it expires", async () => {
  const owner = await makeOwner("facts-credentials");
  await owner.stepUp();
  const path = "/workspaces/facts-credentials";
  const url = `${inject("hostileUrl")}/ok/facts-credentials`;
  const expiresAt = Date.now() + 5 * 86_400_000;
  await owner.send("POST", `${path}/servers`, {
    slug: "up",
    url,
    credentials: { "X-Key": "secret-value-1234", "x-other": "secret-value-1234" },
    credentialsExpireAt: { "x-key": expiresAt },
  });
  const credentials = async (read = owner) =>
    (await read.send("GET", `${path}/servers/up`)).body.credentials;
  const setBy = { id: owner.userId, name: "Olga", hasLeft: false };
  expect(await credentials()).toEqual([
    { name: "x-key", lastFour: "1234", setAt: expect.any(Number), setBy, expiresAt },
    { name: "x-other", lastFour: "1234", setAt: expect.any(Number), setBy, expiresAt: null },
  ]);
  const patch = (credentialsExpireAt: unknown) =>
    owner.send("PATCH", `${path}/servers/up`, { credentialsExpireAt });
  await patch({ "x-key": null, "x-other": expiresAt });
  expect(
    (await credentials()).map((credential: Json) => [credential.name, credential.expiresAt]),
  ).toEqual([
    ["x-key", null],
    ["x-other", expiresAt],
  ]);
  expect(refusalOf(await patch({ "x-none": 1 }))).toMatch(
    /^400 invalid: credentialsExpireAt.x-none/,
  );
  const { browser, memberId } = await makeJoinedUser("facts-credentials", "member");
  await manage("PUT", `${path}/members/${memberId}/rules`, { rules: ["up:*"] });
  expect(await credentials(browser)).toEqual([]);
});
