import { describe, expect, test } from "vitest";
import { MINUTE_MS } from "../../../workers/contract/units.ts";
import { makeJoinedUser, makeOwner } from "../support/browser.ts";
import { later } from "../support/clock.ts";
import { type Json, manage, refusalOf } from "../support/management-client.ts";

const eventsOf = async (slug: string) =>
  (await manage("GET", `/workspaces/${slug}/audit-events`)).body.items as {
    actor: string;
    action: string;
    object: string;
    detail: Record<string, unknown>;
  }[];

describe("an API key", () => {
  const withKey = (key: string, method: string, path: string, body?: unknown) =>
    manage(method, path, body, {
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    });

  test("an API key works in its own workspace only, until it is revoked", async () => {
    const owner = await makeOwner("keyed");
    await makeOwner("not-keyed");
    const made = await owner.send("POST", "/workspaces/keyed/api-keys", {
      label: "ci",
      role: "admin",
    });
    const { key, record } = made.body;
    expect(key).toMatch(/^mnk_[0-9a-f]{48}$/);
    expect(record).toMatchObject({ label: "ci", role: "admin", createdBy: owner.userId });
    expect(JSON.stringify(record)).not.toContain(key.slice(4, 40));
    const created = await withKey(key, "POST", "/workspaces/keyed/members", { name: "By key" });
    expect(created.status).toBe(201);
    expect((await eventsOf("keyed"))[0]).toMatchObject({
      actor: record.id,
      action: "member.created",
    });
    expect(refusalOf(await withKey(key, "GET", "/workspaces/not-keyed"))).toBe(
      refusalOf(await withKey(key, "GET", "/workspaces/no-such-workspace")),
    );
    const { items } = (await withKey(key, "GET", "/workspaces")).body;
    expect(items.map((workspace: Json) => workspace.slug)).toEqual(["keyed"]);
    expect((await owner.send("GET", "/workspaces/keyed/api-keys")).body.items).toMatchObject([
      { id: record.id, lastUsedAt: expect.any(Number) },
    ]);
    await owner.send("DELETE", `/workspaces/keyed/api-keys/${record.id}`);
    expect((await withKey(key, "GET", "/workspaces/keyed")).status).toBe(401);
  });

  test("an API key never exceeds its creator's current role, and cannot create keys", async () => {
    await makeOwner("shrinking");
    const { browser, memberId } = await makeJoinedUser("shrinking", "admin");
    const path = "/workspaces/shrinking";
    const { key } = (await browser.send("POST", `${path}/api-keys`, { label: "x", role: "admin" }))
      .body;
    expect((await withKey(key, "GET", `${path}/members`)).status).toBe(200);
    const another = await withKey(key, "POST", `${path}/api-keys`, { label: "y", role: "member" });
    expect(refusalOf(another)).toMatch(/^403 forbidden: An API key cannot create API keys/);
    await manage("PATCH", `${path}/members/${memberId}`, { role: "member" });
    expect((await withKey(key, "GET", `${path}/members`)).status).toBe(403);
    expect((await withKey(key, "GET", path)).status).toBe(200);
    await manage("DELETE", `${path}/members/${memberId}`);
    expect((await withKey(key, "GET", path)).status).toBe(401);
  });

  test("an API key works until it expires", async () => {
    await manage("POST", "/workspaces", { slug: "expiring", name: "Expiring" });
    const path = "/workspaces/expiring";
    const expiresAt = Date.now() + 10 * MINUTE_MS;
    const made = await manage("POST", `${path}/api-keys`, {
      label: "x",
      role: "member",
      expiresAt,
    });
    const status = async () => (await withKey(made.body.key, "GET", path)).status;
    expect(await status()).toBe(200);
    expect(await later(11 * MINUTE_MS, status)).toBe(401);
    const past = { label: "x", role: "member", expiresAt: Date.now() - 1 };
    expect((await manage("POST", `${path}/api-keys`, past)).status).toBe(400);
  });

  test("an API key ends with its workspace", async () => {
    await manage("POST", "/workspaces", { slug: "gone", name: "Gone" });
    const { key } = (
      await manage("POST", "/workspaces/gone/api-keys", { label: "x", role: "owner" })
    ).body;
    await manage("DELETE", "/workspaces/gone?confirm=gone");
    await manage("POST", "/workspaces", { slug: "gone", name: "Again" });
    expect((await withKey(key, "GET", "/workspaces/gone")).status).toBe(401);
  });
});
