import { describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS } from "../../../workers/contract/units.ts";
import { makeJoinedUser, type Browser } from "../support/browser.ts";
import { runCleanUp } from "../support/clean-up.ts";
import { later } from "../support/clock.ts";
import { bindings, callTool, type Client } from "../support/gateway-client.ts";
import { setLists } from "../support/listed-servers.ts";
import { manage, refusalOf, type Json } from "../support/management-client.ts";
import { openSession, openStream } from "../support/notification-streams.ts";

const REASON = "Releases of the shop, please: moon-lit-reason";

interface Stage {
  path: string;
  memberId: string;
  ada: Browser;
  admin: Browser;
  client: Client;
  ask: (body?: object) => ReturnType<typeof manage>;
  decide: (id: string, body: object) => ReturnType<typeof manage>;
}

/** A workspace with the server `hub` (tools `read` and `drop`), a member Ada with a token and without rules, and an admin. */
async function openStage(slug: string, defaultAccess = "closed"): Promise<Stage> {
  const path = `/workspaces/${slug}`;
  await manage("POST", "/workspaces", { slug, name: slug, defaultAccess });
  await manage("PATCH", path, { enforcement: true });
  const tools = [{ name: "read", annotations: { readOnlyHint: true } }, { name: "drop" }];
  await manage("POST", `${path}/servers`, {
    slug: "hub",
    url: await setLists(`${slug}-hub`, { tools }),
  });
  const { browser: ada, memberId } = await makeJoinedUser(slug, "member", "Ada");
  const { browser: admin } = await makeJoinedUser(slug, "admin", "Grace");
  const { body } = await manage("POST", `${path}/tokens`, { label: "t", memberId });
  const ask = (more: object = {}) =>
    ada.send("POST", `${path}/me/access-requests`, { rule: "hub:read", reason: REASON, ...more });
  const decide = (id: string, decision: object) =>
    admin.send("POST", `${path}/access-requests/${id}/decision`, decision);
  return { path, memberId, ada, admin, client: { slug, token: body.token }, ask, decide };
}

const byNumber = (one: number, other: number) => one - other;

const approve = (more: object = {}) => ({ outcome: "approved", endsAt: null, ...more });

async function isRefused(client: Client, tool = "read"): Promise<boolean> {
  const { error } = (await callTool(client, tool)).message;
  if (error && error.data.reason !== "tool_not_allowed") throw new Error(error.message);
  return error !== undefined;
}

async function listOwn({ ada, path }: Stage): Promise<Json[]> {
  return (await ada.send("GET", `${path}/me/access-requests`)).body.items;
}

async function readSentences(path: string): Promise<string[]> {
  const { body } = await manage("GET", `${path}/audit-events`);
  return body.items.map(({ summary }: Json) => summary);
}

describe("a request for access", () => {
  test("leads from a refusal to an approval with an end, and the connected client’s next call works until then", async () => {
    const stage = await openStage("ask-approve");
    const { path, client, ask, decide, admin, memberId } = stage;
    const stream = await openStream(client, await openSession(client));
    const error: Json = (await callTool(client, "read")).message.error;
    expect(error.message).toContain(error.data.access.accessUrl);
    expect(error.data.access.accessUrl).toMatch(
      /\/w\/ask-approve\/my-access\?server=hub&tool=read$/,
    );
    const { status, body: request } = await ask();
    expect(status).toBe(201);
    expect(request).toMatchObject({
      status: "open",
      server: "hub",
      tool: "read",
      member: { id: memberId, name: "Ada", hasLeft: false },
    });
    const queue = (await admin.send("GET", `${path}/access-requests?status=open`)).body;
    expect(queue).toMatchObject({ waiting: 1, items: [{ id: request.id, isServerThere: true }] });
    const endsAt = Date.now() + HOUR_MS;
    const decided = await decide(request.id, approve({ endsAt, answer: "For an hour." }));
    expect(decided.body).toMatchObject({
      status: "approved",
      closedBy: "Grace",
      granted: { rule: "hub:read", holder: { kind: "member", name: "Ada" }, endsAt },
    });
    expect(await isRefused(client)).toBe(false);
    expect(await isRefused(client, "drop")).toBe(true);
    expect(await stream.waitForMethods()).toContain("tools/list_changed");
    await stream.close();
    expect(await listOwn(stage)).toMatchObject([
      { status: "approved", answer: "For an hour.", closedBy: null },
    ]);
    expect(await later(2 * HOUR_MS, () => isRefused(client))).toBe(true);
    const sentences = await readSentences(path);
    const day = new Date(endsAt).toISOString().slice(0, 10);
    expect(sentences).toContain("Ada asked for access to hub:read");
    expect(sentences).toContain(`Grace gave Ada hub:read until ${day}, as asked`);
    const { text } = await manage("GET", `${path}/audit-events`);
    expect(text).not.toContain("moon-lit");
    expect(text).not.toContain("For an hour");
  });

  test("is approved with another scope, for a team of the member, or declined with words that the member reads", async () => {
    const stage = await openStage("ask-scope");
    const { path, client, ask, decide, memberId } = stage;
    const { body: team } = await manage("POST", `${path}/teams`, {
      name: "Shop",
      memberIds: [memberId],
    });
    const { body: other } = await manage("POST", `${path}/teams`, { name: "Others" });
    const { id } = (await ask({ rule: "hub:*" })).body;
    const toOther = approve({ holder: { kind: "team", id: other.id } });
    expect((await decide(id, toOther)).status).toBe(400);
    const holder = { kind: "team", id: team.id };
    const readOnly = approve({ rule: "hub:*[read-only]", holder });
    expect((await decide(id, readOnly)).body.granted).toMatchObject({
      rule: "hub:*[read-only]",
      holder: { kind: "team", name: "Shop" },
    });
    expect([await isRefused(client), await isRefused(client, "drop")]).toEqual([false, true]);
    const { body: second } = await ask({ rule: "hub:drop" });
    expect((await decide(second.id, { outcome: "declined" })).status).toBe(400);
    await decide(second.id, { outcome: "declined", answer: "Ask the team of the shop." });
    expect((await listOwn(stage))[0]).toMatchObject({
      status: "declined",
      answer: "Ask the team of the shop.",
      granted: null,
    });
    expect(await isRefused(client, "drop")).toBe(true);
  });

  test("has one end: of two decisions at once one counts, and the other learns who decided", async () => {
    const stage = await openStage("ask-once");
    const { path, ask, decide, admin, ada, client } = stage;
    const { id } = (await ask()).body;
    const answers = await Promise.all([
      decide(id, approve()),
      decide(id, { outcome: "declined", answer: "No." }),
      admin.send("POST", `${path}/access-requests/${id}/decision`, approve({ rule: "hub:*" })),
    ]);
    expect(answers.map(({ status }) => status).toSorted(byNumber)).toEqual([200, 409, 409]);
    const lost = answers.find(({ status }) => status === 409);
    expect(lost?.body.error.message).toMatch(
      /^This request is (approved|declined) already by Grace\./,
    );
    const [own] = await listOwn(stage);
    expect(await isRefused(client)).toBe(own.status === "declined");
    expect((await ada.send("DELETE", `${path}/me/access-requests/${id}`)).status).toBe(409);
    const { id: next } = (await ask({ rule: "hub:drop" })).body;
    expect((await ada.send("DELETE", `${path}/me/access-requests/${next}`)).status).toBe(204);
    expect((await decide(next, approve())).status).toBe(409);
    expect((await admin.send("DELETE", `${path}/me/access-requests/${next}`)).status).toBe(404);
  });

  test("does not get past a denial, unless the admin removes the member’s own denial with it", async () => {
    const { path, memberId, client, ask, decide } = await openStage("ask-denied");
    const rules = `${path}/members/${memberId}/rules`;
    await manage("PUT", rules, { rules: ["!hub:read", "!hub:drop"] });
    const { id } = (await ask()).body;
    const refused = await decide(id, approve());
    expect(refused.status).toBe(409);
    expect(refused.body.error.message).toContain("!hub:read of Ada denies it");
    expect((await decide(id, approve({ liftsDenials: true }))).status).toBe(200);
    expect(await isRefused(client)).toBe(false);
    expect((await manage("GET", rules)).body.rules).toEqual(["!hub:drop", "hub:read"]);
    const { body: team } = await manage("POST", `${path}/teams`, {
      name: "Careful",
      memberIds: [memberId],
    });
    await manage("PUT", `${path}/teams/${team.id}/rules`, { rules: ["!hub:*"] });
    const { id: whole } = (await ask({ rule: "hub:*" })).body;
    const byTeam = await decide(whole, approve({ liftsDenials: true }));
    expect(byTeam.body.error.message).toContain("of the team “Careful” denies it");
    expect(await readSentences(path)).toContain(
      "Grace gave Ada hub:read and removed the denial !hub:read of Ada, as asked",
    );
  });

  test("where all is open by default ends with the removal of the denial, and takes the default access from no one", async () => {
    const { path, memberId, client, ask, decide } = await openStage("ask-open", "open");
    expect(refusalOf(await ask())).toContain("allowed already");
    const rules = `${path}/members/${memberId}/rules`;
    await manage("PUT", rules, { rules: ["!hub:read"] });
    const { id } = (await ask()).body;
    const endsAt = Date.now() + HOUR_MS;
    expect((await decide(id, approve({ endsAt, liftsDenials: true }))).status).toBe(400);
    const decided = await decide(id, approve({ liftsDenials: true }));
    expect(decided.body.granted).toMatchObject({ rule: null, endsAt: null });
    expect([await isRefused(client), await isRefused(client, "drop")]).toEqual([false, false]);
    await manage("PUT", rules, { rules: ["hub:drop"] });
    const { body: team } = await manage("POST", `${path}/teams`, {
      name: "Open",
      memberIds: [memberId],
    });
    const { id: next } = (await ask()).body;
    const toTeam = await decide(next, approve({ holder: { kind: "team", id: team.id } }));
    expect(toTeam.body.error.message).toContain("would take it from them");
  });

  test("tells a member nothing of servers that it may not know, and is bound to the server of its time", async () => {
    const { path, ask, decide, admin } = await openStage("ask-unknown");
    const known = (await ask({ rule: "hub:ghost" })).body;
    const unknown = (await ask({ rule: "nothing:ghost" })).body;
    const shape = ({ id: _id, createdAt: _at, rule: _rule, server: _server, ...rest }: Json) =>
      rest;
    expect(shape(unknown)).toEqual(shape(known));
    const { items } = (await admin.send("GET", `${path}/access-requests`)).body;
    expect(items.map(({ isServerThere }: Json) => isServerThere)).toEqual([false, true]);
    await manage("POST", `${path}/servers`, {
      slug: "nothing",
      url: await setLists("ask-unknown-late", { tools: [] }),
    });
    expect((await decide(unknown.id, approve())).status).toBe(409);
    expect((await decide(known.id, approve({ rule: "nothing:*" }))).status).toBe(400);
    const unsent = await ask({ rule: "hub:read", endsAt: Date.now() - 1 });
    expect(unsent.status).toBe(400);
  });

  test("is limited to one for a rule and 20 open ones, and to people who can ask", async () => {
    const { path, ask, admin } = await openStage("ask-limits");
    const both = await Promise.all([ask(), ask()]);
    expect(both.map(({ status }) => status).toSorted(byNumber)).toEqual([201, 409]);
    for (let n = 1; n < 20; n++) expect((await ask({ rule: `hub:t${n}` })).status).toBe(201);
    expect((await ask({ rule: "hub:t20" })).status).toBe(409);
    expect((await ask({ rule: "!hub:t20" })).status).toBe(400);
    expect((await ask({ rule: "hub:x", reason: "x".repeat(501) })).status).toBe(400);
    const first = (await admin.send("GET", `${path}/access-requests?limit=15`)).body;
    const rest = (
      await admin.send("GET", `${path}/access-requests?limit=15&cursor=${first.nextCursor}`)
    ).body;
    expect([first.items.length, rest.items.length, rest.nextCursor]).toEqual([15, 5, null]);
  });

  test("ends with its server, with its member, and after 30 days", async () => {
    const stage = await openStage("ask-ends");
    const { path, memberId, ask, decide, admin } = stage;
    const { id: old } = (await ask({ rule: "other:read" })).body;
    await bindings.DB.prepare("UPDATE access_requests SET created_at = created_at - ? WHERE id = ?")
      .bind(31 * DAY_MS, old)
      .run();
    await ask();
    await runCleanUp(Date.now());
    const states = async () =>
      (await admin.send("GET", `${path}/access-requests`)).body.items.map(
        ({ rule, status }: Json) => `${rule} ${status}`,
      );
    expect(await states()).toEqual(["hub:read open", "other:read lapsed"]);
    await manage("DELETE", `${path}/servers/hub`);
    expect(await states()).toEqual(["hub:read lapsed", "other:read lapsed"]);
    const { id } = (await ask({ rule: "other:add" })).body;
    await manage("DELETE", `${path}/members/${memberId}`);
    expect((await states())[0]).toBe("other:add withdrawn");
    expect((await decide(id, approve())).status).toBe(409);
    expect(await readSentences(path)).toEqual(
      expect.arrayContaining([
        "The gateway let the request of Ada for other:read lapse",
        "The operator let the request of Ada for hub:read lapse",
      ]),
    );
  });

  test("for an agent comes from the person who answers for it, and from no other", async () => {
    const { path, memberId, ask, decide, admin } = await openStage("ask-agent");
    const { body: agent } = await manage("POST", `${path}/agents`, {
      name: "Deploy",
      ownerId: memberId,
    });
    const token = { label: "agent", memberId: agent.id };
    const { body } = await manage("POST", `${path}/tokens`, token);
    const client = { slug: "ask-agent", token: body.token };
    expect(await isRefused(client)).toBe(true);
    const asked = await ask({ memberId: agent.id });
    expect(asked.body).toMatchObject({ member: { name: "Deploy" }, askedBy: { name: "Ada" } });
    const foreign = { rule: "hub:drop", reason: "x", memberId: agent.id };
    expect((await admin.send("POST", `${path}/me/access-requests`, foreign)).status).toBe(404);
    await decide(asked.body.id, approve());
    expect(await isRefused(client)).toBe(false);
    expect(await readSentences(path)).toContain("Ada asked for access to hub:read for Deploy");
  });
});
