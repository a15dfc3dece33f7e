import { inject, describe, expect, test } from "vitest";
import { MINUTE_MS } from "../../../workers/contract/units.ts";
import { Browser, makeJoinedUser, makeOwner } from "../support/browser.ts";
import { runCleanUp } from "../support/clean-up.ts";
import { later } from "../support/clock.ts";
import { bindings, callTool, rpc, waitForRows } from "../support/gateway-client.ts";
import { type Json, manage, refusalOf } from "../support/management-client.ts";
import { crash } from "../support/workspace-object.ts";

/** A workspace with one server that Bob, a member, is allowed to use. */
async function makeWorkspaceOfBob(slug: string) {
  const path = `/workspaces/${slug}`;
  const owner = await makeOwner(slug);
  await owner.send("POST", `${path}/servers`, { slug: "ok", url: `${inject("hostileUrl")}/ok` });
  const { browser: bob, memberId } = await makeJoinedUser(slug, "member", "Bob");
  await owner.send("PUT", `${path}/members/${memberId}/rules`, { rules: ["ok:*"] });
  return { slug, path, owner, bob, memberId };
}

async function issue(by: Browser, path: string): Promise<Json> {
  const { status, body } = await by.send("POST", `${path}/me/temporary-tokens`);
  expect(status).toBe(201);
  return body;
}

/** The status with which the gateway responds to a token. */
const statusOf = async (slug: string, token: string) =>
  (await rpc({ slug, token }, "ping")).response.status;

/** What the lists say, without times of use. */
async function readLists(by: Browser, path: string): Promise<Json[]> {
  const lists = ["/tokens", "/me/tokens", "/audit-events?limit=100"];
  const answers = await Promise.all(lists.map((list) => by.send("GET", path + list)));
  return answers.map(({ body }) => body);
}

/** A browser in which Bob has signed in as well. */
async function openSecond(bob: Browser): Promise<Browser> {
  const second = new Browser(bob.authenticator);
  await second.signIn();
  return second;
}

describe("a temporary token", () => {
  test("has its member's rights, and its calls stay in the audit log", async () => {
    const { slug, path, owner, bob, memberId } = await makeWorkspaceOfBob("tmp-rights");
    const { token, id, expiresAt } = await issue(bob, path);
    expect(id).toMatch(/^tmp_/);
    expect(expiresAt - Date.now()).toBeLessThanOrEqual(15 * 60_000);
    expect((await callTool({ slug, token }, "echo")).message.result.isError).not.toBe(true);
    await owner.send("PUT", `${path}/members/${memberId}/rules`, { rules: [] });
    await callTool({ slug, token }, "echo");
    await bob.send("DELETE", `${path}/me/temporary-tokens/${id}`, {});
    expect(await statusOf(slug, token)).toBe(401);
    expect(await waitForRows(slug, 2)).toMatchObject([
      { memberId, tokenId: id, status: "ok" },
      { memberId, tokenId: id, status: "blocked" },
    ]);
    for (const [by, view] of [
      [owner, "/tool-calls"],
      [bob, "/me/tool-calls"],
    ] as const) {
      const { items } = (await by.send("GET", path + view)).body;
      expect(items.map(({ tokenLabel }: Json) => tokenLabel)).toEqual(
        Array.from({ length: 2 }, () => "The dashboard’s own"),
      );
    }
  });

  test("is in no list of tokens and in no log of changes, and does not count as a token", async () => {
    const { slug, path, owner } = await makeWorkspaceOfBob("tmp-hidden");
    const before = await readLists(owner, path);
    const first = await issue(owner, path);
    await issue(owner, path);
    await callTool({ slug, token: first.token }, "echo");
    const people = (await owner.send("GET", `${path}/members`)).body.items as Json[];
    expect(people.map(({ tokens }) => tokens)).toEqual(people.map(() => 0));
    await owner.send("DELETE", `${path}/me/temporary-tokens/${first.id}`, {});
    expect(await readLists(owner, path)).toEqual(before);
    const { memberId } = await makeJoinedUser(slug, "member", "Carl");
    await owner.send("DELETE", `${path}/members/${memberId}`, {});
    const { items } = (await owner.send("GET", `${path}/audit-events?limit=1`)).body;
    expect(items[0].detail).toMatchObject({ revokedTokens: [], remainingTokenCount: 0 });
  });

  test("cannot be rotated or revoked as other tokens are, and only its member can end it", async () => {
    const { slug, path, owner, bob } = await makeWorkspaceOfBob("tmp-fixed");
    const { token, id } = await issue(bob, path);
    for (const [by, method, route] of [
      [bob, "POST", `/me/tokens/${id}/rotate`],
      [bob, "DELETE", `/me/tokens/${id}`],
      [owner, "POST", `/tokens/${id}/rotate`],
      [owner, "DELETE", `/tokens/${id}`],
      [owner, "DELETE", `/me/temporary-tokens/${id}`],
    ] as const)
      expect(refusalOf(await by.send(method, path + route, {}))).toMatch(/^404 not_found/);
    const { body } = await bob.send("POST", `${path}/me/tokens`, { label: "own" });
    const asTemporary = `${path}/me/temporary-tokens/${body.record.id}`;
    expect((await bob.send("DELETE", asTemporary, {})).status).toBe(404);
    expect(await statusOf(slug, token)).toBe(200);
    expect(await statusOf(slug, body.token)).toBe(200);
  });

  test.each<[string, (made: Awaited<ReturnType<typeof makeWorkspaceOfBob>>) => Promise<unknown>]>([
    ["sign-out", ({ bob }) => bob.send("DELETE", "/me/session", {})],
    [
      "the end of the session by another one",
      async ({ bob }) => (await openSecond(bob)).send("DELETE", "/me/sessions", {}),
    ],
    ["another sign-in in the same browser", ({ bob }) => bob.signIn()],
    [
      "a new role",
      ({ owner, path, memberId }) =>
        owner.send("PATCH", `${path}/members/${memberId}`, { role: "admin" }),
    ],
    [
      "a recovery",
      async ({ bob }) => {
        const { body } = await manage("POST", `/users/${bob.userId}/recovery-links`, {});
        return (await Browser.open()).followLink(body.url, "Bob");
      },
    ],
    [
      "removal from the workspace",
      ({ owner, path, memberId }) => owner.send("DELETE", `${path}/members/${memberId}`, {}),
    ],
  ])("ends at once with %s, also after a crash of the object", async (name, end) => {
    const slug = `tmp-${name.replaceAll(/\W/g, "").toLowerCase().slice(0, 20)}`;
    const made = await makeWorkspaceOfBob(slug);
    const { token } = await issue(made.bob, made.path);
    const ownersToken = (await issue(made.owner, made.path)).token;
    expect(await statusOf(slug, token)).toBe(200);
    await end(made);
    expect(await statusOf(slug, token)).toBe(401);
    await crash(slug);
    expect(await statusOf(slug, token)).toBe(401);
    expect(await statusOf(slug, ownersToken)).toBe(200);
  });

  test("of a page that crashed expires, and the clean-up deletes it", async () => {
    const { slug, path, owner, bob } = await makeWorkspaceOfBob("tmp-crashed");
    const { id, token, expiresAt } = await issue(bob, path);
    const isStored = () =>
      bindings.DB.prepare("SELECT count(*) AS n FROM tokens WHERE id = ?").bind(id).first("n");
    await runCleanUp(expiresAt - 1_000);
    expect(await isStored()).toBe(1);
    await later(16 * MINUTE_MS, async () => {
      expect(await statusOf(slug, token)).toBe(401);
      await issue(owner, path);
    });
    expect(await isStored()).toBe(0);
  });

  test("of a page too many ends the member's oldest one", async () => {
    const { slug, path, bob } = await makeWorkspaceOfBob("tmp-many");
    const [oldest, second] = [await issue(bob, path), await issue(bob, path)];
    for (let more = 0; more < 19; more++) await issue(bob, path);
    expect(await statusOf(slug, oldest.token)).toBe(401);
    expect(await statusOf(slug, second.token)).toBe(200);
  });
});

describe("getting started", () => {
  const read = async (by: Browser, path: string) =>
    (await by.send("GET", `${path}/me/getting-started`)).body;

  test("counts what people did and not what trying a tool made, and is the same for all owners", async () => {
    const slug = "first-steps";
    const path = `/workspaces/${slug}`;
    const owner = await makeOwner(slug);
    const { browser: second } = await makeJoinedUser(slug, "owner", "Second");
    const { browser: member, memberId } = await makeJoinedUser(slug, "member", "Bob");
    const nothing = { serverAdded: false, accessGiven: false, memberInvited: true };
    const noToken = { tokenCreated: false, clientCalled: false, isDismissed: false };
    expect(await read(owner, path)).toEqual({ ...nothing, ...noToken });
    const url = `${inject("hostileUrl")}/ok`;
    await owner.send("POST", `${path}/servers`, { slug: "ok", url });
    await owner.send("PUT", `${path}/members/${memberId}/rules`, { rules: ["ok:*"] });
    const temporary = await issue(member, path);
    await callTool({ slug, token: temporary.token }, "echo");
    await waitForRows(slug, 1);
    const done = { serverAdded: true, accessGiven: true, memberInvited: true };
    for (const by of [owner, second, member])
      expect(await read(by, path)).toEqual({ ...done, ...noToken });

    const { token } = (await second.send("POST", `${path}/me/tokens`, { label: "client" })).body;
    await callTool({ slug, token }, "echo");
    await waitForRows(slug, 2);
    await expect
      .poll(() => read(owner, path))
      .toEqual({ ...done, tokenCreated: true, clientCalled: true, isDismissed: false });
    // A member's list is about the own tokens.
    expect(await read(member, path)).toEqual({ ...done, ...noToken });
  });

  test("does not count what the operator key created or allowed, until a person does it", async () => {
    const slug = "first-steps-operator";
    const path = `/workspaces/${slug}`;
    const owner = await makeOwner(slug);
    const { memberId } = await makeJoinedUser(slug, "member", "Bob");
    const url = `${inject("hostileUrl")}/ok`;
    await manage("POST", `${path}/servers`, { slug: "ok", url });
    await manage("PUT", `${path}/members/${memberId}/rules`, { rules: ["ok:*"] });
    await manage("PATCH", path, { defaultAccess: "open" });
    await manage("POST", `${path}/tokens`, { label: "first" });
    const nothing = { serverAdded: false, accessGiven: false, tokenCreated: false };
    expect(await read(owner, path)).toMatchObject(nothing);
    await owner.send("PATCH", path, { name: "Renamed" });
    expect(await read(owner, path)).toMatchObject(nothing);
    await owner.send("PUT", `${path}/members/${memberId}/rules`, { rules: [] });
    await owner.send("PUT", `${path}/members/${memberId}/rules`, { rules: ["ok:echo"] });
    await owner.send("POST", `${path}/servers`, { slug: "second", url });
    await owner.send("POST", `${path}/me/tokens`, { label: "own" });
    const done = { serverAdded: true, accessGiven: true, tokenCreated: true };
    expect(await read(owner, path)).toMatchObject(done);
  });

  test("stays dismissed for the one who dismissed it, in every browser", async () => {
    const { path, owner, bob } = await makeWorkspaceOfBob("dismissed");
    const dismiss = (isDismissed: boolean) =>
      bob.send("PATCH", `${path}/me/getting-started`, { isDismissed });
    await dismiss(true);
    expect((await dismiss(true)).body.isDismissed).toBe(true);
    expect((await read(await openSecond(bob), path)).isDismissed).toBe(true);
    expect((await read(owner, path)).isDismissed).toBe(false);
    expect((await dismiss(false)).body.isDismissed).toBe(false);
  });
});
