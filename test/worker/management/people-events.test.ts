import { expect, test } from "vitest";
import { Browser, makeJoinedUser, makeOwner, ORIGIN } from "../support/browser.ts";
import { type Json, manage } from "../support/management-client.ts";

const ofPeople = ({ action }: Json) => action.startsWith("person.");
const eventsOf = async (browser: Browser, slug: string) =>
  (await browser.send("GET", `/workspaces/${slug}/audit-events?limit=500`)).body.items as Json[];

test("owners see the sign-ins, passkey checks, passkeys, codes and ended sessions of their people", async () => {
  const owner = await makeOwner("watched-people");
  const { browser: ada, memberId } = await makeJoinedUser("watched-people", "member", "Ada");
  const stranger = await makeOwner("unwatched");
  await ada.stepUp();
  const { codes } = (await ada.send("POST", "/me/recovery-codes", {})).body;
  const { options } = (await ada.send("POST", "/me/passkeys/options", {})).body;
  const second = await Browser.open();
  const response = await second.authenticator.create(options, ORIGIN);
  await ada.send("POST", "/me/passkeys", { label: "Ada's telephone", response });
  const passkeys = (await ada.send("GET", "/me/passkeys")).body.items;
  await ada.send("DELETE", `/me/passkeys/${passkeys[1].id}`);
  const elsewhere = await Browser.open();
  await elsewhere.send("POST", "/auth/recovery-code", { code: codes[0] });
  await elsewhere.send("POST", "/auth/recovery-code", { code: codes[0] });
  await ada.send("DELETE", "/me/sessions");
  await ada.send("DELETE", "/me/session");
  await manage("PATCH", `/users/${ada.userId}`, { email: "ada@example.com" });
  await owner.send("PATCH", `/workspaces/watched-people/members/${memberId}`, { role: "admin" });
  await manage("POST", `/users/${ada.userId}/recovery-links`, {});

  const seen = (await eventsOf(owner, "watched-people"))
    .filter(ofPeople)
    .filter(({ object }) => object === `user:${ada.userId}`);
  expect(seen.map(({ action, actor, detail }) => [action, actor, detail])).toEqual([
    ["person.recovery_link.created", "operator", {}],
    ["person.session.all_ended", "system", { reason: "role_changed" }],
    ["person.user.updated", "operator", {}],
    ["person.session.ended", ada.userId, {}],
    ["person.session.others_ended", ada.userId, {}],
    ["person.recovery_code.refused", "anonymous", { reason: "used_before" }],
    ["person.session.started", ada.userId, { method: "recovery-code" }],
    ["person.passkey.removed", ada.userId, {}],
    ["person.passkey.added", ada.userId, {}],
    ["person.recovery_codes.replaced", ada.userId, {}],
    ["person.session.stepped_up", ada.userId, {}],
    ["person.session.started", ada.userId, { method: "passkey" }],
  ]);
  const none = (await eventsOf(stranger, "unwatched")).filter(
    ({ object }) => object === `user:${ada.userId}`,
  );
  expect(none).toEqual([]);
});

test("admins do not see the sign-ins of people, in the list and in exports; owners and their keys do", async () => {
  const owner = await makeOwner("owners-only");
  const { browser: admin } = await makeJoinedUser("owners-only", "admin");
  const path = "/workspaces/owners-only";
  const keyOf = async (browser: Browser, role: string) => {
    const made = await browser.send("POST", `${path}/api-keys`, { label: role, role });
    return { headers: { authorization: `Bearer ${made.body.key}` } };
  };
  const texts = async (url: string) => ({
    admin: (await admin.send("GET", url)).text,
    adminKey: (await manage("GET", url, undefined, await keyOf(owner, "admin"))).text,
    owner: (await owner.send("GET", url)).text,
    ownerKey: (await manage("GET", url, undefined, await keyOf(owner, "owner"))).text,
  });
  for (const url of ["audit-events", "audit-events/export?format=csv"]) {
    const { admin: ofAdmin, adminKey, owner: ofOwner, ownerKey } = await texts(`${path}/${url}`);
    expect([ofOwner, ownerKey].map((text) => text.includes("person.session.started"))).toEqual([
      true,
      true,
    ]);
    expect(`${ofAdmin}${adminKey}`).not.toContain("person.");
  }
});

test("a stored event about a person has no browser, name or address", async () => {
  const owner = await makeOwner("discreet-people");
  const headers = { "user-agent": "Secret-Browser/7" };
  const { body } = await owner.send("POST", "/auth/passkey/options", {});
  const response = await owner.authenticator.get(body.options, ORIGIN);
  await owner.send("POST", "/auth/passkey", { response }, headers);
  const events = (await eventsOf(owner, "discreet-people")).filter(ofPeople);
  expect(events.length).toBeGreaterThan(1);
  for (const event of events)
    expect(Object.keys(event.detail).filter((key) => !["method", "reason"].includes(key))).toEqual(
      [],
    );
  // The list adds the names that the workspace's members have.
  const stored = events.map(({ actorName: _a, objectName: _o, summary: _s, ...event }) => event);
  expect(JSON.stringify(stored)).not.toMatch(/Secret-Browser|198\.51\.|Olga/);
  expect(JSON.stringify(events)).not.toMatch(/Secret-Browser|198\.51\./);
});

test("the operator sees the old and the new name of an account and of a passkey, and workspaces see neither", async () => {
  const ada = await makeOwner("renamed-account", "Ada");
  await ada.stepUp();
  const [passkey] = (await ada.send("GET", "/me/passkeys")).body.items;
  await ada.send("PATCH", `/me/passkeys/${passkey.id}`, { label: "Key" });
  expect((await ada.send("PATCH", "/me", { name: "Ada L." })).status).toBe(200);
  const { items } = (await manage("GET", "/audit-events?limit=500")).body;
  const renamed = (items as Json[]).filter(
    ({ object, detail }) => object === `user:${ada.userId}` && detail.before,
  );
  expect(renamed.map(({ summary }) => summary)).toEqual([
    "Ada L. renamed the account “Ada” to “Ada L.”",
    `Ada L. renamed the passkey “${passkey.label}” to “Key”`,
  ]);
  const [last] = await eventsOf(ada, "renamed-account");
  expect(last).toMatchObject({ summary: "Ada changed the account", detail: {} });
});
