import { beforeAll, describe, expect, test } from "vitest";
import { MINUTE_MS } from "../../../workers/contract/units.ts";
import { type Browser, makeJoinedUser, makeOwner } from "../support/browser.ts";
import { later } from "../support/clock.ts";
import { type ApiResponse, type Json, manage, refusalOf } from "../support/management-client.ts";

const PATH = "/workspaces/ranks";
let owner: Browser;
let admin: Browser;
let ownerId: string;
let peerId: string;
let memberId: string;
/** Requests of an admin, and of an admin's API key. */
const admins: Record<
  string,
  (method: string, path: string, body?: unknown) => Promise<ApiResponse>
> = {};

beforeAll(async () => {
  owner = await makeOwner("ranks");
  ownerId = (await owner.send("GET", `${PATH}/me`)).body.id;
  admin = (await makeJoinedUser("ranks", "admin")).browser;
  peerId = (await makeJoinedUser("ranks", "admin")).memberId;
  memberId = (await makeJoinedUser("ranks", "member")).memberId;
  const { key } = (await admin.send("POST", `${PATH}/api-keys`, { label: "k", role: "admin" }))
    .body;
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  admins["an admin"] = (method, path, body) => admin.send(method, path, body);
  admins["an admin's key"] = (method, path, body) => manage(method, path, body, { headers });
});

describe.each(["an admin", "an admin's key"])("%s and an owner", (caller) => {
  const ask = (method: string, path: string, body?: unknown) => {
    const sent = admins[caller]?.(method, `${PATH}${path}`, body);
    if (!sent) throw new Error("there is no such caller");
    return sent;
  };

  test("a caller does not get the value of a token of a member with a higher role", async () => {
    const own = await owner.send("POST", `${PATH}/me/tokens`, { label: "mine" });
    const { id, lastFour } = own.body.record;
    for (const refused of [
      await ask("POST", "/tokens", { label: "as owner", memberId: ownerId }),
      await ask("POST", `/tokens/${id}/rotate`, {}),
    ])
      expect(refusalOf(refused)).toMatch(/^403 forbidden: This member has a higher role than you/);
    const { items } = (await owner.send("GET", `${PATH}/me/tokens`)).body;
    expect(items.at(-1)).toMatchObject({ id, lastFour, revokedAt: null });
  });

  test("a leaked token of an owner can be revoked, which does not reveal its value", async () => {
    const { id } = (await owner.send("POST", `${PATH}/me/tokens`, { label: "leaked" })).body.record;
    expect((await ask("DELETE", `/tokens/${id}`)).status).toBe(204);
  });

  test("tokens of members of the same or a lower role can be created, and the audit has who did it", async () => {
    for (const target of [peerId, memberId]) {
      const made = await ask("POST", "/tokens", { label: "for you", memberId: target });
      expect(made.status).toBe(201);
      const { items } = (await manage("GET", `${PATH}/audit-events?limit=1`)).body;
      expect(items[0]).toMatchObject({ action: "token.created", detail: { memberId: target } });
      const { record } = made.body;
      expect((await ask("POST", `/tokens/${record.id}/rotate`, {})).status).toBe(200);
    }
  });

  test("an owner's name and address are not changed by an admin", async () => {
    const before = (await owner.send("GET", `${PATH}/me`)).body;
    for (const patch of [{ name: "Eve" }, { email: "eve@example.com" }])
      expect(refusalOf(await ask("PATCH", `/members/${ownerId}`, patch))).toMatch(/^403 forbidden/);
    expect((await owner.send("GET", `${PATH}/me`)).body).toEqual(before);
  });

  test("an invitation of an owner is not withdrawn or replaced by an admin", async () => {
    const { body } = await owner.send("POST", `${PATH}/invitations`, {
      name: "Heir",
      role: "owner",
    });
    const { id, memberId: heirId } = body.invitation;
    for (const refused of [
      await ask("DELETE", `/invitations/${id}`),
      await ask("POST", "/invitations", { memberId: heirId }),
    ])
      expect(refusalOf(refused)).toMatch(/^403 forbidden: Only an owner can invite an owner/);
    const { items } = (await owner.send("GET", `${PATH}/invitations`)).body;
    expect(items.map((item: Json) => item.id)).toContain(id);
  });
});

test("opening default access needs a passkey check, closing it does not", async () => {
  const patch = (defaultAccess: string) =>
    later(6 * MINUTE_MS, () => admin.send("PATCH", PATH, { defaultAccess }));
  expect(refusalOf(await patch("open"))).toMatch(/^403 step_up_required: /);
  expect((await patch("closed")).status).toBe(200);
});
