import { expect, test } from "vitest";
import { storeEvent } from "../../../workers/db/events.ts";
import { db } from "../support/audit-rows.ts";
import { type Browser, makeJoinedUser, makeOwner } from "../support/browser.ts";
import { manage, readWorkspaceId, type Json } from "../support/management-client.ts";

const summaries = async (browser: Browser, slug: string, query = ""): Promise<string[]> =>
  (await browser.send("GET", `/workspaces/${slug}/audit-events?${query}`)).body.items.map(
    ({ summary }: Json) => summary,
  );

/** A workspace with an owner Ada, a member Ben and a server GitHub, after changes of all kinds. */
async function makeChanges(slug: string) {
  const ada = await makeOwner(slug, "Ada");
  const { browser: ben, memberId } = await makeJoinedUser(slug, "member", "Ben");
  const path = `/workspaces/${slug}`;
  await ada.stepUp();
  await ada.send("PATCH", `${path}/members/${memberId}`, { role: "admin" });
  const url = "http://127.0.0.1:1/mcp";
  await ada.send("POST", `${path}/servers`, { slug: "github", name: "GitHub", url });
  const rules = (changes: object) =>
    ada.send("PATCH", `${path}/rules`, { memberIds: [memberId], ...changes });
  await rules({ add: ["github:*"] });
  await rules({ add: ["github:search"] });
  await rules({ remove: ["github:*"] });
  await ada.send("PATCH", `${path}/servers/github`, { prefix: "gh", enabled: false });
  await ada.send("PATCH", path, { retentionDays: 30, limits: { perTokenPerMinute: 7 } });
  const { record } = (await ada.send("POST", `${path}/tokens`, { label: "ci", memberId })).body;
  await ada.send("DELETE", `${path}/tokens/${record.id}`);
  await ada.send("POST", `${path}/me/tokens`, { label: "own" });
  await ada.send("GET", `${path}/tool-calls/export?format=csv`);
  return { ada, ben, memberId, path };
}

test("changes are sentences with names, and with the values before", async () => {
  const { ada, memberId, path } = await makeChanges("sentences");
  await ada.send("DELETE", `${path}/members/${memberId}`);
  const all = await summaries(ada, "sentences", "limit=500");
  expect(all.filter((summary) => !summary.includes("passkey"))).toEqual([
    "Ada removed Ben",
    "Ada exported the calls as CSV",
    "Ada created the token “own”",
    "Ada revoked the token “ci” of Ben",
    "Ada created the token “ci” of Ben",
    "Ada set the retention to 30 days (was 90) and set the limit per token to 7 requests a minute (was 200)",
    "Ada changed the server GitHub: disabled it and prefix gh (was none)",
    "Ada took away from Ben the permission to call everything of github (could before)",
    "Ada allowed Ben to call search of github",
    "Ada allowed Ben to call everything of github (could not before) and restricted Ben to rules",
    "Ada added the server GitHub",
    "The gateway ended all sessions of Ben because the role changed",
    "Ada made Ben an admin (was a member)",
    "Ben (removed) joined the workspace",
    expect.stringMatching(/^The operator invited Ben \(the link is valid until 20/),
    "The operator added Ben as a member",
    "Ada joined as an owner",
    "The operator created a setup link",
    "The operator created the workspace sentences",
  ]);
  expect(all.filter((summary) => summary.includes("passkey"))).toEqual([
    "Ada confirmed an action with a passkey",
    "Ben (removed) signed in with a passkey",
    "Ada signed in with a passkey",
  ]);
});

test("changes are found by person, object, action and kind of action", async () => {
  const { ada, ben, memberId } = await makeChanges("found-changes");
  const slug = "found-changes";
  expect(await summaries(ada, slug, "object=server:github")).toHaveLength(2);
  expect(await summaries(ada, slug, "action=member.updated")).toEqual([
    "Ada made Ben an admin (was a member)",
  ]);
  expect(await summaries(ada, slug, "action=token.*")).toHaveLength(3);
  const ofBen = await summaries(ada, slug, `person=${memberId}`);
  expect(ofBen).toContain("Ben joined the workspace");
  expect(ofBen).toContain("Ada made Ben an admin (was a member)");
  expect(ofBen).toContain("Ada revoked the token “ci” of Ben");
  expect(ofBen).toContain("Ada allowed Ben to call search of github");
  expect(ofBen).toContain("Ben signed in with a passkey");
  expect(ofBen).not.toContain("Ada added the server GitHub");
  const signIns = await summaries(ada, slug, "action=person.*");
  expect(signIns).toContain("Ada signed in with a passkey");
  expect(signIns).not.toContain("Ada added the server GitHub");
  // An admin does not see them, whatever the filter is.
  await ben.signIn();
  expect(await summaries(ben, slug, "action=person.*")).toEqual([]);
});

test("events of other releases are readable, and hidden characters in them are shown", async () => {
  const ada = await makeOwner("other-release", "Ada");
  const workspaceId = await readWorkspaceId("other-release");
  const store = (action: string, object: string, detail: Record<string, unknown>) =>
    storeEvent(db, {
      id: `evt_other_${action.replace(".", "_")}`,
      workspaceId,
      actor: ada.userId,
      action,
      object,
      detail,
      occurredAt: Date.now(),
    });
  await store("member.updated", "member:mem_x", { role: "admin" });
  await store("workspace.updated", "workspace:other-release", {});
  await store("robot.switched_on", "robot:r2", { name: "R2\u200b" });
  await store("member.rules_set", "member:mem_x", { added: ["a:b\u200bc"] });
  expect((await summaries(ada, "other-release", "limit=4")).toReversed()).toEqual([
    "Ada made mem_x an admin",
    "Ada saved the settings without a change",
    "Ada robot switched on: R2\\u{200b}",
    "Ada allowed mem_x to call b\\u{200b}c of a",
  ]);
});

test("an export of changes has the same rows as the list, up to the newest one of the list", async () => {
  const { ada, path } = await makeChanges("same-changes");
  const list = (await ada.send("GET", `${path}/audit-events?action=token.*`)).body.items;
  await manage("POST", `${path}/tokens`, { label: "later" });
  const query = `format=ndjson&action=token.*&upTo=${list[0].id}`;
  const { text } = await ada.send("GET", `${path}/audit-events/export?${query}`);
  const rows: Json[] = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(rows.map(({ id, summary }) => [id, summary])).toEqual(
    list.map(({ id, summary }: Json) => [id, summary]),
  );
});
