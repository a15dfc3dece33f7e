import { describe, expect, test } from "vitest";
import { Browser, makeOwner, makeJoinedUser } from "../support/browser.ts";
import { later, MINUTE_MS } from "../support/clock.ts";
import { callTool, change } from "../support/gateway-client.ts";
import { manage, refusalOf, type Json } from "../support/management-client.ts";

const eventsOf = async (slug: string) =>
  (await manage("GET", `/workspaces/${slug}/audit-events`)).body.items as {
    actor: string;
    action: string;
    object: string;
    detail: Record<string, unknown>;
  }[];

describe("an invitation", () => {
  test("an invitation creates a member of its role once, and is then closed", async () => {
    const owner = await makeOwner("inviting");
    const path = "/workspaces/inviting";
    const made = await owner.send("POST", `${path}/invitations`, { name: "Ada", role: "admin" });
    expect(made.body.invitation).toMatchObject({ memberName: "Ada", role: "admin" });
    expect((await owner.send("GET", `${path}/invitations`)).body.items).toEqual([
      made.body.invitation,
    ]);
    const secret = made.body.url.split("#")[1];
    const ada = await Browser.open();
    expect((await ada.send("POST", "/auth/link", { secret })).body).toMatchObject({
      kind: "invitation",
      name: "Ada",
      role: "admin",
      workspace: { slug: "inviting" },
    });
    const joined = await ada.followLink(made.body.url, "Ada L.");
    expect(joined.body).toMatchObject({
      user: { name: "Ada L.", isFounder: false },
      canCreateWorkspaces: false,
      memberships: [{ memberId: made.body.invitation.memberId, role: "admin" }],
    });
    expect((await owner.send("GET", `${path}/invitations`)).body.items).toEqual([]);
    expect((await ada.send("POST", "/auth/link", { secret })).status).toBe(404);
    const created = await ada.send("POST", "/workspaces", { slug: "adas", name: "Ada's" });
    expect(refusalOf(created)).toMatch(/^403 forbidden: Only owners of a workspace/);
  });

  test("a signed-in user can accept an invitation, but not twice for one workspace", async () => {
    const owner = await makeOwner("second-home");
    const { browser } = await makeJoinedUser("second-home", "member");
    const other = await makeOwner("third-home");
    const invite = async () =>
      (await other.send("POST", "/workspaces/third-home/invitations", { name: "M" })).body.url;
    const joined = await browser.send("POST", "/me/invitations", {
      secret: (await invite()).split("#")[1],
    });
    expect(joined.body.memberships.map((m: Json) => m.workspace.slug)).toEqual([
      "second-home",
      "third-home",
    ]);
    const again = await invite();
    const refused = await browser.send("POST", "/me/invitations", { secret: again.split("#")[1] });
    expect(refusalOf(refused)).toMatch(/^409 conflict: You are already a member/);
    // It was not used up by that.
    const secret = again.split("#")[1];
    expect((await owner.send("POST", "/auth/link", { secret })).status).toBe(200);
  });

  test("an invitation can be withdrawn, expires, and ends with its member", async () => {
    const owner = await makeOwner("withdrawn");
    const path = "/workspaces/withdrawn";
    const invite = async (hours = 72) => {
      const sent = { name: "X", expiresInHours: hours };
      return (await owner.send("POST", `${path}/invitations`, sent)).body;
    };
    const isGood = async (url: string) =>
      (await owner.send("POST", "/auth/link", { secret: url.split("#")[1] })).status === 200;
    const [first, second] = [await invite(), await invite()];
    expect([await isGood(first.url), await isGood(second.url)]).toEqual([true, true]);
    const short = await invite(1);
    expect(await later(59 * MINUTE_MS, () => isGood(short.url))).toBe(true);
    expect(await later(61 * MINUTE_MS, () => isGood(short.url))).toBe(false);
    const url = `${path}/invitations/${first.invitation.id}`;
    expect((await owner.send("DELETE", url)).status).toBe(204);
    expect((await owner.send("DELETE", url)).status).toBe(404);
    expect(await isGood(first.url)).toBe(false);
    await owner.send("DELETE", `${path}/members/${second.invitation.memberId}`);
    expect(await isGood(second.url)).toBe(false);
    const refused = await owner.send("POST", `${path}/invitations`, {
      memberId: second.invitation.memberId,
      expiresInHours: 1,
    });
    expect(refused.status).toBe(404);
  });

  test("an invitation for an existing member lets that member sign in, and a newer one replaces it", async () => {
    const owner = await makeOwner("there-already");
    const path = "/workspaces/there-already";
    const member = (await manage("POST", `${path}/members`, { name: "Bo" })).body;
    const invite = async () =>
      (await owner.send("POST", `${path}/invitations`, { memberId: member.id })).body.url;
    const old = await invite();
    const bo = await Browser.open();
    const joined = await bo.followLink(await invite(), "Bo");
    expect(joined.body.memberships).toMatchObject([{ memberId: member.id }]);
    expect((await bo.send("POST", "/auth/link", { secret: old.split("#")[1] })).status).toBe(404);
    const refused = await owner.send("POST", `${path}/invitations`, { memberId: member.id });
    expect(refusalOf(refused)).toMatch(/^409 conflict: This member can already sign in/);
  });
});

describe("an open invitation", () => {
  test("an invitation becomes invalid when its creator loses the permission to invite", async () => {
    const owner = await makeOwner("backdoor");
    const path = "/workspaces/backdoor";
    const { browser: admin, memberId } = await makeJoinedUser("backdoor", "admin");
    const sent = { name: "Second me", role: "admin" };
    const made = await admin.send("POST", `${path}/invitations`, sent);
    await owner.send("PATCH", `${path}/members/${memberId}`, { role: "member" });
    const back = await (await Browser.open()).followLink(made.body.url, "Second me");
    expect(refusalOf(back)).toMatch(/^409 conflict: The creator of this link/);
    await owner.send("PATCH", `${path}/members/${memberId}`, { role: "admin" });
    const joined = await (await Browser.open()).followLink(made.body.url, "Second me");
    expect(joined.status).toBe(200);
  });

  test("an invitation gives only the role that it was created for", async () => {
    const owner = await makeOwner("promoted-later");
    const path = "/workspaces/promoted-later";
    const made = await owner.send("POST", `${path}/invitations`, { name: "M" });
    const { memberId } = made.body.invitation;
    await owner.send("PATCH", `${path}/members/${memberId}`, { role: "owner" });
    expect((await owner.send("GET", `${path}/invitations`)).body.items).toEqual([]);
    const late = await (await Browser.open()).followLink(made.body.url, "M");
    expect(late.status).toBe(404);
    const role = "member";
    const joined = await change("promoted-later", {
      type: "member.join",
      id: memberId,
      userId: "usr_x",
      role,
    }).catch(String);
    expect(joined).toMatch(/The member's role changed after the invitation/);
  });
});

describe("the last owner", () => {
  test("the last owner cannot be removed or demoted while an invited owner has not joined", async () => {
    const owner = await makeOwner("last");
    const path = "/workspaces/last";
    const { memberId } = (await owner.send("GET", "/me")).body.memberships[0];
    await owner.send("POST", `${path}/invitations`, { name: "Heir", role: "owner" });
    const url = `${path}/members/${memberId}`;
    for (const answer of [
      await owner.send("DELETE", url),
      await owner.send("PATCH", url, { role: "member" }),
      await manage("DELETE", url),
    ]) {
      expect(refusalOf(answer)).toMatch(/^409 conflict: This is the workspace's last owner/);
    }
    await makeJoinedUser("last", "owner", "Heir");
    expect((await owner.send("DELETE", url)).status).toBe(204);
    expect((await owner.send("GET", path)).status).toBe(404);
  });

  test("one owner stays when two owners demote each other concurrently", async () => {
    const first = await makeOwner("duel");
    const { browser: second } = await makeJoinedUser("duel", "owner");
    const idOf = async (browser: Browser) =>
      (await browser.send("GET", "/me")).body.memberships[0].memberId;
    const [a, b] = [await idOf(first), await idOf(second)];
    const answers = await Promise.all([
      first.send("PATCH", `/workspaces/duel/members/${b}`, { role: "member" }),
      second.send("PATCH", `/workspaces/duel/members/${a}`, { role: "member" }),
    ]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const { items } = (await manage("GET", "/workspaces/duel/members")).body;
    expect(items.filter((member: Json) => member.role === "owner")).toHaveLength(1);
  });
});

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

describe("a member", () => {
  test("a member creates, rotates and revokes its own tokens, and those of no other member", async () => {
    await makeOwner("own-tokens");
    const path = "/workspaces/own-tokens";
    const { browser, memberId } = await makeJoinedUser("own-tokens", "member");
    const made = await browser.send("POST", `${path}/me/tokens`, { label: "laptop" });
    expect(made.body.record).toMatchObject({ memberId, label: "laptop" });
    const client = { slug: "own-tokens", token: made.body.token };
    expect((await callTool(client, "nothing")).response.status).toBe(200);
    const theirs = (await manage("POST", `${path}/tokens`, { label: "workspace" })).body.record.id;
    const { items } = (await browser.send("GET", `${path}/me/tokens`)).body;
    expect(items).toMatchObject([{ id: made.body.record.id }]);
    for (const [method, url] of [
      ["POST", `${path}/me/tokens/${theirs}/rotate`],
      ["DELETE", `${path}/me/tokens/${theirs}`],
    ] as const) {
      const none = url.replace(theirs, "tok_none");
      expect(refusalOf(await browser.send(method, url))).toBe(
        refusalOf(await browser.send(method, none)),
      );
    }
    const rotated = await browser.send("POST", `${path}/me/tokens/${items[0].id}/rotate`);
    expect((await callTool(client, "nothing")).response.status).toBe(401);
    const renewed = { ...client, token: rotated.body.token };
    expect((await callTool(renewed, "nothing")).response.status).toBe(200);
    expect((await browser.send("DELETE", `${path}/me/tokens/${items[0].id}`)).status).toBe(204);
    expect((await callTool(renewed, "nothing")).response.status).toBe(401);
    const forOthers = await browser.send("POST", `${path}/me/tokens`, {
      label: "x",
      memberId: null,
    });
    expect(forOthers.status).toBe(400);
  });

  test("removing a member ends the member's tokens and dashboard access", async () => {
    await makeOwner("removed");
    const { browser, memberId } = await makeJoinedUser("removed", "member");
    const { token } = (await browser.send("POST", "/workspaces/removed/me/tokens", { label: "x" }))
      .body;
    await manage("DELETE", `/workspaces/removed/members/${memberId}`);
    expect((await callTool({ slug: "removed", token }, "x")).response.status).toBe(401);
    expect((await browser.send("GET", "/workspaces/removed")).status).toBe(404);
    expect((await browser.send("GET", "/me")).body.memberships).toEqual([]);
  });
});

test("every change names its actor", async () => {
  const owner = await makeOwner("named");
  const path = "/workspaces/named";
  await owner.send("PATCH", path, { defaultAccess: "closed" });
  const invited = await owner.send("POST", `${path}/invitations`, { name: "I" });
  await owner.send("DELETE", `${path}/invitations/${invited.body.invitation.id}`);
  await owner.send("POST", `${path}/api-keys`, { label: "k", role: "member" });
  const own = (await eventsOf("named")).filter(({ actor }) => actor === owner.userId);
  expect(own.map(({ action }) => action)).toEqual([
    "api_key.created",
    "member.uninvited",
    "member.invited",
    "member.created",
    "workspace.updated",
    "member.created",
  ]);
  const accounts = (await manage("GET", "/audit-events")).body.items;
  const ofOwner = accounts.filter((event: Json) => event.actor === owner.userId);
  expect(ofOwner.map((event: Json) => event.action)).toEqual(["session.started", "user.created"]);
});
