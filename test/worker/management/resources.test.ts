import { describe, expect, inject, test } from "vitest";
import { bindings, callTool } from "../support/gateway-client.ts";
import { createWorkspace, manage, refusalOf } from "../support/management-client.ts";

const upstream = () => `${inject("hostileUrl")}/ok`;

describe("workspaces", () => {
  test("workspaces can be created, read, changed and listed", async () => {
    const path = await createWorkspace("lifecycle");
    const got = await manage("GET", path);
    expect(got.body).toMatchObject({ slug: "lifecycle", enforcement: true, retentionDays: 90 });
    const patch = {
      name: "New",
      enforcement: false,
      defaultAccess: "closed",
      limits: { perTokenPerMinute: 5 },
      retentionDays: 7,
    };
    const changed = await manage("PATCH", path, patch);
    expect(changed.body).toMatchObject({
      ...patch,
      limits: { perAddressPerMinute: 1_000, perTokenPerMinute: 5 },
    });
    expect((await manage("GET", path)).body).toEqual(changed.body);
    expect((await manage("GET", "/workspaces")).body.items).toContainEqual(changed.body);
    expect(
      refusalOf(await manage("POST", "/workspaces", { slug: "lifecycle", name: "x" })),
    ).toMatch(/^409 conflict: /);
  });

  test("a workspace is deleted only with its name repeated, and a later one with its slug inherits nothing", async () => {
    const path = await createWorkspace("doomed");
    await manage("POST", `${path}/members`, { name: "Ann" });
    const { body } = await manage("POST", `${path}/tokens`, { label: "x" });
    for (const query of ["", "?confirm=", "?confirm=other"]) {
      expect(refusalOf(await manage("DELETE", path + query))).toMatch(
        /^400 invalid: confirm: add \?confirm=doomed/,
      );
    }
    expect((await manage("DELETE", `${path}?confirm=doomed`)).status).toBe(204);
    expect((await manage("GET", path)).status).toBe(404);
    await createWorkspace("doomed");
    expect((await manage("GET", `${path}/members`)).body.items).toEqual([]);
    expect((await manage("GET", `${path}/tokens`)).body.items).toEqual([]);
    const { response } = await callTool({ slug: "doomed", token: body.token }, "echo");
    expect(response.status).toBe(401);
    const kept = await bindings.DB.prepare(
      "SELECT wrapped_key FROM workspaces WHERE deleted_at IS NOT NULL AND slug = 'doomed'",
    ).all();
    expect(kept.results).toEqual([{ wrapped_key: "" }]);
  });
});

describe("servers", () => {
  test("servers can be added with a first check, read, changed, checked and removed", async () => {
    const path = await createWorkspace("servers");
    const input = { slug: "one", url: upstream(), prefix: "p", headers: { "x-team": "blue" } };
    const created = await manage("POST", `${path}/servers`, input);
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      server: { ...input, name: "one", position: 0, enabled: true },
      check: { error: null },
    });
    expect((await manage("GET", `${path}/servers/one`)).body).toEqual(created.body.server);
    expect((await manage("GET", `${path}/servers`)).body.items).toEqual([created.body.server]);

    const { body: tools } = await manage("GET", `${path}/servers/one/tools`);
    expect(tools.items[0]).toMatchObject({
      exposedName: "p_echo",
      name: "echo",
      inputSchema: { type: "object" },
    });
    expect(Object.keys(tools.items[0])).toEqual([
      "exposedName",
      "name",
      "firstListedAt",
      "allowedMembers",
      "description",
      "inputSchema",
      "annotations",
    ]);
    expect((await manage("POST", `${path}/servers/one/check`)).body).toMatchObject({ error: null });

    const changed = await manage("PATCH", `${path}/servers/one`, {
      name: "One",
      enabled: false,
      prefix: null,
    });
    expect(changed.body).toMatchObject({
      server: { name: "One", enabled: false, prefix: null },
      check: null,
    });
    expect(refusalOf(await manage("POST", `${path}/servers`, input))).toMatch(/^409 conflict: /);
    expect((await manage("DELETE", `${path}/servers/one`)).status).toBe(204);
    expect((await manage("GET", `${path}/servers`)).body.items).toEqual([]);
  });

  test("a failing server has its problem in the response, in health and in its history", async () => {
    const path = await createWorkspace("failing");
    const { body } = await manage("POST", `${path}/servers`, {
      slug: "bad",
      url: `${inject("hostileUrl")}/any/401`,
    });
    expect(body.check.error).toMatchObject({ code: "upstream_unauthorized", status: 401 });
    const all = await manage("GET", `${path}/health`);
    expect(all.body).toMatchObject({
      items: [{ slug: "bad", status: "failing", check: body.check }],
      history: [],
    });
    await manage("POST", `${path}/servers/bad/check`);
    const one = await manage("GET", `${path}/health?server=bad&limit=1`);
    expect(one.body.history).toHaveLength(1);
    expect(one.body.history[0].error).toEqual(body.check.error);
    const next = await manage("GET", `${path}/health?server=bad&cursor=${one.body.nextCursor}`);
    expect(next.body.history.map((check: { checkedAt: number }) => check.checkedAt)).toEqual([
      body.check.checkedAt,
    ]);
  });
});

describe("members, rules and tokens", () => {
  test("members, rules and tokens can be created, read, changed and removed", async () => {
    const path = await createWorkspace("people");
    for (const slug of ["a", "b"])
      await manage("POST", `${path}/servers`, { slug, url: upstream() });
    const created = await manage("POST", `${path}/members`, {
      name: "Ann",
      email: "ann@example.com",
    });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      name: "Ann",
      email: "ann@example.com",
      role: "member",
      rules: [],
    });
    const member = `${path}/members/${created.body.id}`;
    expect((await manage("PATCH", member, { role: "admin", email: null })).body).toMatchObject({
      name: "Ann",
      email: null,
      role: "admin",
    });
    expect((await manage("PUT", `${member}/rules`, { rules: ["b:x", "a:*"] })).body).toMatchObject({
      rules: ["a:*", "b:x"],
      isRestricted: true,
      rulesVersion: 1,
    });
    expect((await manage("GET", `${member}/rules`)).body).toMatchObject({
      rules: ["a:*", "b:x"],
      isRestricted: true,
      rulesVersion: 1,
    });
    expect((await manage("GET", member)).body).toMatchObject({
      role: "admin",
      rules: ["a:*", "b:x"],
    });
    const none = { lastSeenAt: null, lastCallAt: null, tokens: 0 };
    expect((await manage("GET", `${path}/members`)).body.items).toEqual([
      { ...(await manage("GET", member)).body, ...none },
    ]);
    expect((await manage("DELETE", member)).status).toBe(204);
    expect((await manage("GET", member)).status).toBe(404);
  });

  test("a token works from its creation until it is rotated or revoked", async () => {
    const path = await createWorkspace("keys");
    await manage("POST", `${path}/servers`, { slug: "one", url: upstream() });
    const status = async (token: string) =>
      (await callTool({ slug: "keys", token }, "echo")).response.status;
    const first = await manage("POST", `${path}/tokens`, { label: "ci" });
    expect(first.status).toBe(201);
    expect(await status(first.body.token)).toBe(200);
    const token = `${path}/tokens/${first.body.record.id}`;
    const second = await manage("POST", `${token}/rotate`);
    expect([await status(first.body.token), await status(second.body.token)]).toEqual([401, 200]);
    expect((await manage("DELETE", token)).status).toBe(204);
    expect(await status(second.body.token)).toBe(401);
    const { items } = (await manage("GET", `${path}/tokens`)).body;
    expect(items).toEqual([
      {
        ...second.body.record,
        revokedAt: expect.any(Number),
        lastUsedAt: items[0].lastUsedAt,
        lastClientName: null,
        lastClientVersion: null,
        creator: { id: "operator", name: null, hasLeft: false },
      },
    ]);
    expect(refusalOf(await manage("POST", `${token}/rotate`))).toMatch(/^409 conflict: /);
  });
});
