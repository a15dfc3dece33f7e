import { describe, expect, test } from "vitest";
import type { Browser } from "../support/browser.ts";
import { makeJoinedUser, makeOwner } from "../support/browser.ts";
import { callTool, change, makeMember, makeWorkspace } from "../support/gateway-client.ts";
import { type Json, manage, refusalOf } from "../support/management-client.ts";

describe("the last owner", () => {
  test("the last owner cannot be removed or demoted while an invited owner has not joined", async () => {
    const owner = await makeOwner("last");
    const path = "/workspaces/last";
    const { memberId } = (await owner.send("GET", "/me")).body.memberships[0];
    await owner.send("POST", `${path}/invitations`, { name: "Heir", role: "owner" });
    const url = `${path}/members/${memberId}`;
    for (const response of [
      await owner.send("DELETE", url),
      await owner.send("PATCH", url, { role: "member" }),
      await manage("DELETE", url),
    ]) {
      expect(refusalOf(response)).toMatch(/^409 conflict: This is the workspace's last owner/);
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
    const responses = await Promise.all([
      first.send("PATCH", `/workspaces/duel/members/${b}`, { role: "member" }),
      second.send("PATCH", `/workspaces/duel/members/${a}`, { role: "member" }),
    ]);
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
    const { items } = (await manage("GET", "/workspaces/duel/members")).body;
    expect(items.filter((member: Json) => member.role === "owner")).toHaveLength(1);
  });
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

test("a member can create a hundred tokens and no more", async () => {
  await makeWorkspace("tk", {});
  const { memberId } = await makeMember("tk", []);
  let made = 0;
  try {
    for (; made < 150; made++)
      await change("tk", { type: "token.create", input: { label: "x", memberId } });
  } catch {
    // Refused: that is how many there may be.
  }
  expect(made).toBeLessThanOrEqual(100);
}, 60_000);
