import { describe, expect, test } from "vitest";
import { makeJoinedUser, makeOwner, type Browser } from "../support/browser.ts";
import { callTool, change } from "../support/gateway-client.ts";
import { type Json, manage } from "../support/management-client.ts";
import { crash } from "../support/workspace-object.ts";

/** An owner, and an admin who has made a token for the workspace, one for the owner's colleague, and an own one. */
async function makeTokens(slug: string) {
  const path = `/workspaces/${slug}`;
  const owner = await makeOwner(slug);
  const { browser: admin, memberId } = await makeJoinedUser(slug, "admin", "Ada");
  const colleague = await makeJoinedUser(slug, "member", "Bob");
  const create = async (body: Json, by: Browser = admin) =>
    (await by.send("POST", `${path}/tokens`, body)).body;
  const shared = await create({ label: "shared" });
  const forBob = await create({ label: "for Bob", memberId: colleague.memberId });
  const own = await create({ label: "own", memberId });
  return { path, owner, admin, memberId, colleague, shared, forBob, own };
}

/** The creators in the list of tokens, by label. */
async function listCreators(path: string): Promise<Record<string, Json>> {
  const { items } = (await manage("GET", `${path}/tokens`)).body;
  return Object.fromEntries(items.map(({ label, creator }: Json) => [label, creator]));
}

async function readRemoval(path: string): Promise<Json> {
  const { items } = (await manage("GET", `${path}/audit-events?limit=20`)).body;
  return items.find(({ action }: Json) => action === "member.deleted").detail;
}

describe("who made a token", () => {
  test("admins see who made a token, and whether that person has left; members do not", async () => {
    const { path, owner, memberId, colleague } = await makeTokens("makers");
    const before = await listCreators(path);
    expect(before["shared"]).toMatchObject({ name: "Ada", hasLeft: false });
    expect(before["shared"].id).toMatch(/^usr_/);
    const theirs = await colleague.browser.send("GET", `${path}/me/tokens`);
    expect(theirs.body.items[0].label).toBe("for Bob");
    expect(theirs.text).not.toMatch(/creat(or|edBy)/);
    await owner.send("DELETE", `${path}/members/${memberId}`);
    const after = await listCreators(path);
    for (const label of ["shared", "for Bob"])
      expect(after[label]).toMatchObject({ name: "Ada", hasLeft: true });
  });

  test("the event of a removal names the tokens that the member made for others and that still work", async () => {
    const { path, owner, admin, memberId, shared, forBob, own } = await makeTokens("kept");
    const gone = (await admin.send("POST", `${path}/tokens`, { label: "gone" })).body;
    await admin.send("DELETE", `${path}/tokens/${gone.record.id}`);
    await admin.send("POST", `${path}/tokens`, { label: "over", expiresAt: Date.now() + 500 });
    await scheduler.wait(600);
    const keyBody = { label: "k", role: "admin" };
    const { key } = (await admin.send("POST", `${path}/api-keys`, keyBody)).body;
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const byKey = (await manage("POST", `${path}/tokens`, { label: "by key" }, { headers })).body;
    await owner.send("DELETE", `${path}/members/${memberId}`);
    expect(await readRemoval(path)).toEqual({
      name: "Ada",
      revokedTokens: [own.record.id],
      remainingTokens: [
        { id: shared.record.id, label: "shared" },
        { id: forBob.record.id, label: "for Bob" },
        { id: byKey.record.id, label: "by key" },
      ],
      remainingTokenCount: 3,
    });
    const { response } = await callTool({ slug: "kept", token: shared.token }, "x");
    expect(response.status).toBe(200);
  });

  test("a token belongs to the one who rotated it last", async () => {
    const { path, owner, memberId, colleague, shared, forBob } = await makeTokens("rotators");
    await owner.send("POST", `${path}/tokens/${shared.record.id}/rotate`, {});
    await colleague.browser.send("POST", `${path}/me/tokens/${forBob.record.id}/rotate`, {});
    expect((await listCreators(path))["shared"].name).toBe("Olga");
    await owner.send("DELETE", `${path}/members/${memberId}`);
    expect((await readRemoval(path)).remainingTokenCount).toBe(0);
  });

  test("an event names at most 200 tokens, so that a member with more is removed", async () => {
    const { path, owner, memberId } = await makeTokens("many-made");
    const adminId = (await listCreators(path))["shared"].id;
    for (let n = 0; n < 200; n++)
      await change("many-made", {
        type: "token.create",
        input: { label: `${n}` },
        person: adminId,
      });
    expect((await owner.send("DELETE", `${path}/members/${memberId}`)).status).toBe(204);
    const { remainingTokens, remainingTokenCount } = await readRemoval(path);
    expect([remainingTokens.length, remainingTokenCount]).toEqual([200, 202]);
  });

  test("a copy of an earlier release reads from D1 who made its tokens", async () => {
    const { path, owner, memberId } = await makeTokens("old-copy");
    await crash("old-copy", (instance) => {
      const { sql } = (Reflect.get(instance, "ctx") as DurableObjectState).storage;
      sql.exec("UPDATE entities SET json = json_remove(json, '$.createdBy') WHERE kind = 'token'");
      for (const later of [
        "subscribed_sessions",
        "new_tools",
        "connection_tokens",
        "contracts",
        "told_changes",
        "skill_items",
        "skill_owners",
        "name_claims",
      ])
        sql.exec(`DROP TABLE ${later}`);
      sql.exec("UPDATE meta SET value = '7' WHERE key = 'schema_version'");
      return Promise.resolve();
    });
    await owner.send("DELETE", `${path}/members/${memberId}`);
    expect((await readRemoval(path)).remainingTokenCount).toBe(2);
  });
});
