import { describe, expect, test } from "vitest";
import { Browser, makeJoinedUser, makeOwner } from "../support/browser.ts";
import { makeWorkspace, modernRpc, waitForRows } from "../support/gateway-client.ts";
import { type Json, manage, refusalOf } from "../support/management-client.ts";

const memberIdOf = async (browser: Browser, path: string) =>
  (await browser.send("GET", `${path}/me`)).body.id;
const actionsOf = async (path: string) =>
  ((await manage("GET", `${path}/audit-events`)).body.items as Json[]).map(({ action }) => action);

test("a suspended member is refused in this workspace at once, keeps the session for others, and gets everything back", async () => {
  const path = "/workspaces/suspended-here";
  const owner = await makeOwner("suspended-here");
  const { browser, memberId } = await makeJoinedUser("suspended-here", "admin");
  await makeOwner("not-suspended");
  const { body } = await manage("POST", "/workspaces/not-suspended/invitations", { name: "A" });
  await browser.send("POST", "/me/invitations", { secret: body.url.split("#")[1] });
  const { key } = (await browser.send("POST", `${path}/api-keys`, { label: "k", role: "admin" }))
    .body;
  const headers = { authorization: `Bearer ${key}` };
  const invited = await browser.send("POST", `${path}/invitations`, { name: "Later" });

  const suspension = `${path}/members/${memberId}/suspension`;
  expect((await owner.send("PUT", suspension, {})).status).toBe(204);
  expect(refusalOf(await browser.send("GET", `${path}/servers`))).toBe(
    "403 suspended: Your access to this workspace is suspended. An owner or admin of the workspace can lift the suspension.",
  );
  expect((await browser.send("GET", "/workspaces/not-suspended/servers")).status).toBe(200);
  const { memberships } = (await browser.send("GET", "/me")).body;
  expect(memberships).toMatchObject([
    { workspace: { slug: "not-suspended" }, suspendedAt: null },
    { workspace: { slug: "suspended-here" }, suspendedAt: expect.any(Number), actions: [] },
  ]);
  const own = (await browser.send("GET", "/workspaces")).body.items as Json[];
  expect(own.map(({ slug }) => slug)).toEqual(["not-suspended"]);
  expect((await manage("GET", `${path}/servers`, undefined, { headers })).status).toBe(401);
  const late = await Browser.open();
  expect(refusalOf(await late.followLink(invited.body.url, "Later"))).toMatch(
    /^409 conflict: The creator of this link is no longer allowed to invite/,
  );

  expect((await owner.send("DELETE", suspension, {})).status).toBe(204);
  expect((await browser.send("GET", `${path}/servers`)).status).toBe(200);
  expect((await manage("GET", `${path}/servers`, undefined, { headers })).status).toBe(200);
  expect((await actionsOf(path)).slice(0, 3)).toEqual(
    expect.arrayContaining(["member.suspension_lifted", "member.suspended"]),
  );
});

describe("who can be suspended", () => {
  test("an admin suspends no owner, and no one suspends themselves or the last owner", async () => {
    const path = "/workspaces/suspending";
    const owner = await makeOwner("suspending");
    const ownerId = await memberIdOf(owner, path);
    const { browser: admin, memberId: adminId } = await makeJoinedUser("suspending", "admin");
    const { memberId: secondId } = await makeJoinedUser("suspending", "owner");
    const suspend = (browser: Browser, id: string) =>
      browser.send("PUT", `${path}/members/${id}/suspension`, {});
    expect(refusalOf(await suspend(admin, ownerId))).toMatch(/^403 forbidden: Only an owner/);
    expect(refusalOf(await suspend(admin, adminId))).toMatch(/^409 conflict: You cannot suspend/);
    expect((await suspend(owner, secondId)).status).toBe(204);
    // The second owner is suspended and replaces no one.
    expect(refusalOf(await manage("PUT", `${path}/members/${ownerId}/suspension`, {}))).toMatch(
      /^409 conflict: This is the workspace's last owner/,
    );
    const demoted = await manage("PATCH", `${path}/members/${ownerId}`, { role: "admin" });
    expect(refusalOf(demoted)).toMatch(/^409 conflict: This is the workspace's last owner/);
    expect((await manage("DELETE", `${path}/members/${ownerId}`)).status).toBe(409);
  });
});

test("everybody in the workspace sees who stopped its calls and since when; blocked clients are for admins", async () => {
  const path = "/workspaces/stopped-for-all";
  await makeOwner("stopped-for-all");
  const { browser: admin } = await makeJoinedUser("stopped-for-all", "admin", "Ada");
  const { browser: member } = await makeJoinedUser("stopped-for-all", "member");
  await admin.send("POST", `${path}/blocked-clients`, { name: "old-client" });
  const stopped = await admin.send("PUT", `${path}/stop`, {});
  expect(stopped.body.stopped).toEqual({ at: expect.any(Number), by: "Ada" });
  // A second stop changes nothing.
  await manage("PUT", `${path}/stop`, {});
  const seen = (await member.send("GET", path)).body;
  expect(seen.stopped).toEqual(stopped.body.stopped);
  expect(JSON.stringify(seen)).not.toContain("old-client");
  expect((await member.send("GET", `${path}/blocked-clients`)).status).toBe(403);
  expect((await member.send("DELETE", `${path}/stop`, {})).status).toBe(403);
  expect((await admin.send("DELETE", `${path}/stop`, {})).body.stopped).toBeNull();
  expect((await member.send("GET", path)).body.stopped).toBeNull();
  expect((await actionsOf(path)).slice(0, 3)).toEqual([
    "workspace.stop_lifted",
    "workspace.stopped",
    "client.blocked",
  ]);
});

describe("the list of members", () => {
  test("it has when a member was last in the dashboard, last called, and its valid tokens", async () => {
    const path = "/workspaces/last-seen";
    const owner = await makeOwner("last-seen");
    const beforeJoining = Date.now();
    const { browser: member, memberId } = await makeJoinedUser("last-seen", "member");
    await manage("POST", `${path}/members`, { name: "Never" });
    const list = async () => (await owner.send("GET", `${path}/members`)).body.items as Json[];
    const find = async () => (await list()).find(({ id }) => id === memberId);
    const joined = await find();
    expect(joined).toMatchObject({ lastCallAt: null, tokens: 0 });
    expect(joined.lastSeenAt).toBeGreaterThanOrEqual(beforeJoining);
    const { record } = (await member.send("POST", `${path}/me/tokens`, { label: "t" })).body;
    const seen = await find();
    expect(seen).toEqual({ ...joined, tokens: 1 });
    await member.send("DELETE", `${path}/me/tokens/${record.id}`);
    // The time of the last request is stored once in ten minutes.
    expect(await find()).toEqual({ ...seen, tokens: 0 });
    expect((await list()).at(-1)).toMatchObject({ name: "Never", lastSeenAt: null, tokens: 0 });
  });
});

test("the list of tokens has the client of each token's last call", async () => {
  const client = await makeWorkspace("last-clients");
  await modernRpc(client, "tools/call", { name: "echo" });
  await waitForRows("last-clients", 1);
  const { items } = (await manage("GET", "/workspaces/last-clients/tokens")).body;
  expect(items).toMatchObject([
    { lastUsedAt: expect.any(Number), lastClientName: "tester", lastClientVersion: "1" },
  ]);
});

describe("an auditor", () => {
  test("it sees the sign-ins of people, as owners do, and no admin can make one", async () => {
    const path = "/workspaces/audited";
    await makeOwner("audited");
    const { browser: auditor } = await makeJoinedUser("audited", "auditor");
    const { browser: admin } = await makeJoinedUser("audited", "admin");
    const peopleOf = async (browser: Browser) =>
      ((await browser.send("GET", `${path}/audit-events`)).body.items as Json[]).filter(
        ({ action }) => action.startsWith("person."),
      );
    expect((await peopleOf(auditor)).length).toBeGreaterThan(0);
    expect(await peopleOf(admin)).toEqual([]);
    const made = await admin.send("POST", `${path}/invitations`, { name: "X", role: "auditor" });
    expect(refusalOf(made)).toMatch(/^403 forbidden/);
  });

  test("an API key has only the rights that both its role and its creator's role have", async () => {
    const path = "/workspaces/common-rights";
    const owner = await makeOwner("common-rights");
    const { browser: second, memberId } = await makeJoinedUser("common-rights", "owner");
    const keyOf = async (role: string) => {
      const made = await second.send("POST", `${path}/api-keys`, { label: role, role });
      return { authorization: `Bearer ${made.body.key}`, "content-type": "application/json" };
    };
    const [admin, auditor] = [await keyOf("admin"), await keyOf("auditor")];
    const statuses = (headers: Record<string, string>) =>
      Promise.all([
        manage("GET", `${path}/audit-events`, undefined, { headers }),
        manage("POST", `${path}/members`, { name: "New" }, { headers }),
      ]).then((responses) => responses.map(({ status }) => status));
    expect(await statuses(admin)).toEqual([200, 201]);
    expect(await statuses(auditor)).toEqual([200, 403]);
    await owner.send("PATCH", `${path}/members/${memberId}`, { role: "auditor" });
    expect(await statuses(admin)).toEqual([403, 403]);
    expect(await statuses(auditor)).toEqual([200, 403]);
    await owner.send("PATCH", `${path}/members/${memberId}`, { role: "admin" });
    expect(await statuses(admin)).toEqual([200, 201]);
    // The key of an auditor does not become an admin's with its creator.
    expect(await statuses(auditor)).toEqual([403, 403]);
  });
});
