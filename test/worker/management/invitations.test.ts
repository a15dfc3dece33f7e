import { describe, expect, test } from "vitest";
import { MINUTE_MS } from "../../../workers/contract/units.ts";
import { Browser, makeJoinedUser, makeOwner } from "../support/browser.ts";
import { later } from "../support/clock.ts";
import { bindings, change } from "../support/gateway-client.ts";
import { type Json, manage, refusalOf } from "../support/management-client.ts";

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

test("inviting an owner needs a fresh passkey check, like a role change", async () => {
  const owner = await makeOwner("su");
  await bindings.DB.prepare("UPDATE sessions SET stepped_up_at = 1 WHERE user_id = ?")
    .bind(owner.userId)
    .run();
  const { memberId } = await makeJoinedUser("su", "member");
  expect(
    (await owner.send("PATCH", `/workspaces/su/members/${memberId}`, { role: "admin" })).status,
  ).toBe(403);
  const invited = await owner.send("POST", "/workspaces/su/invitations", {
    name: "Mallory",
    role: "owner",
  });
  expect(invited.status).toBe(403);
});
