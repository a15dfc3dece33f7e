import { expect, inject, test } from "vitest";
import { HOUR_MS, MINUTE_MS } from "../../../workers/contract/units.ts";
import { openDb } from "../../../workers/db/database.ts";
import {
  approvePlan,
  findFollow,
  listWorkspaceEntries,
  type PlanDecisions,
} from "../../../workers/db/followed-registries.ts";
import { findWorkspace } from "../../../workers/db/workspaces.ts";
import { makeAuditEvent } from "../../../workers/identity/audit-events.ts";
import { Follow, nameOf, remote, summarize } from "../support/follow.ts";
import { bindings, callTool, change, makeMember, rpc } from "../support/gateway-client.ts";
import { manage, refusalOf, responseTexts, type Json } from "../support/management-client.ts";
import { entry, losingMessages, runMinute } from "../support/registries.ts";

test("what a registry names within the pattern is proposed first; once approved, it is added, and members cannot call it without a rule", async () => {
  const follow = new Follow("first");
  await follow.setUp([
    entry(nameOf("everything"), { title: "Everything", ...remote(inject("everythingUrl")) }),
    entry(nameOf("left-out"), remote(`${inject("hostileUrl")}/ok`)),
    entry(nameOf("variable"), remote("https://{host}/mcp")),
    entry(nameOf("needs-key"), remote("https://mcp.test/", [{ name: "X-Key", isRequired: true }])),
    entry(nameOf("own"), remote("http://gateway.test/mcp/follow-first")),
    entry(nameOf("python"), { packages: [{ registryType: "pypi", identifier: "x" }] }),
    entry(nameOf("outside"), {
      remotes: [
        {
          type: "streamable-http",
          url: "https://{host}/mcp",
          variables: { host: { default: "evil.example/@mcp.test" } },
        },
      ],
    }),
    entry(
      nameOf("unsendable"),
      remote("https://mcp.test/", [{ name: "X-A: b\r\nX-B", value: "c" }]),
    ),
    entry("com.example.other/com.example.follow", remote("https://other.test/mcp")),
  ]);
  const plan = await follow.open();
  expect(summarize(plan)).toEqual({
    everything: "add decide",
    "left-out": "add decide",
    variable: "refused none",
    "needs-key": "refused none",
    own: "refused none",
    python: "refused none",
    outside: "refused none",
    unsendable: "refused none",
  });
  const reasons = plan.items.map(({ reason }: Json) => reason).join("\n");
  for (const reason of [
    "needs a value for host",
    "needs a value for the header X-Key: give the follow one for https://mcp.test",
    "leads back to this gateway",
    "not in the hosting catalogue",
    "do not fit in there",
    "It declares the header X-A: b\\u{d}\\u{a}X-B, which cannot be sent: not a valid header name",
  ])
    expect(reasons).toContain(reason);
  expect(plan.follow).toMatchObject({
    approvedAt: null,
    waiting: 2,
    failing: 6,
    kept: 0,
    problem: null,
  });
  expect(await follow.listServers()).toEqual([]);
  const automatic = { additions: true, changes: true };
  const stale = { version: "x", names: [], automatic };
  expect(refusalOf(await follow.send("POST", "/approvals", stale))).toContain("has changed since");

  const applied = await follow.approve([nameOf("everything")]);
  expect(summarize(applied)).toMatchObject({ everything: "kept none", "left-out": "add left-out" });
  expect(applied.follow).toMatchObject({ approvedBy: { id: "operator" }, waiting: 0, kept: 1 });
  const servers = await follow.listServers();
  expect(servers).toMatchObject([
    { slug: "everything", name: "Everything", url: inject("everythingUrl") },
  ]);
  const kept = await manage("GET", `/workspaces/${follow.slug}/followed-servers`);
  expect(kept.body.items).toMatchObject([
    { server: "everything", entry: nameOf("everything"), isGone: false },
  ]);
  const stranger = { slug: follow.slug, token: (await makeMember(follow.slug, [])).token };
  const { message } = await rpc(stranger, "tools/list");
  expect(message.result.tools).toEqual([]);
  const member = await makeMember(follow.slug, ["everything:echo"]);
  const called = await callTool({ slug: follow.slug, token: member.token }, "echo", {
    message: "followed",
  });
  expect(called.message.result.content[0].text).toContain("followed");
  const summaries = (await follow.listEvents()).map(({ summary }) => summary);
  expect(summaries).toContain(
    `The followed registry ${follow.url} added the server Everything (approved by the operator)`,
  );
  expect(summaries).toContainEqual(expect.stringContaining("approved 1 proposal of the followed"));
});

test("later entries and changes within the host are applied by themselves, another host and a new required header wait for an admin", async () => {
  const follow = new Follow("later");
  const first = remote(`${inject("hostileUrl")}/ok`);
  await follow.setUp([entry(nameOf("moves"), first), entry(nameOf("key"), first)]);
  await follow.open();
  expect(summarize(await follow.approve([nameOf("moves")]))).toMatchObject({ moves: "kept none" });
  const { hostname, port } = new URL(inject("everythingUrl"));
  const elsewhere = `http://${hostname}:${port}/mcp`;
  const asksForKey = remote(`${inject("hostileUrl")}/ok`, [{ name: "X-Key", isRequired: true }]);
  await follow.setUp([
    entry(nameOf("moves"), { ...remote(`${inject("hostileUrl")}/ok?v=2`), version: "2.0.0" }),
    entry(nameOf("key"), { ...first, version: "2.0.0" }),
    entry(nameOf("new"), remote(elsewhere)),
  ]);
  expect(summarize(await follow.readAgain())).toEqual({
    moves: "kept none",
    // An admin has left it out: another version does not add it.
    key: "add left-out",
    new: "kept none",
  });
  const urls = async () =>
    Object.fromEntries((await follow.listServers()).map(({ slug, url }) => [slug, url]));
  expect(await urls()).toEqual({ moves: `${inject("hostileUrl")}/ok?v=2`, new: elsewhere });

  await follow.setUp([
    entry(nameOf("moves"), remote(`${elsewhere}?v=3`)),
    entry(nameOf("new"), { ...remote(elsewhere), ...asksForKey, remotes: asksForKey.remotes }),
  ]);
  const waiting = await follow.readAgain();
  expect(summarize(waiting)).toEqual({ moves: "change decide", new: "refused none" });
  expect(waiting.items[0].notes[0]).toMatch(/^Its host changes from .* to /);
  expect((await urls())["moves"]).toBe(`${inject("hostileUrl")}/ok?v=2`);
  expect(summarize(await follow.approve([nameOf("moves")]))).toMatchObject({ moves: "kept none" });
  expect((await urls())["moves"]).toBe(`${elsewhere}?v=3`);
});

test("an approval holds for the address and headers that the plan showed", async () => {
  const follow = new Follow("swapped");
  const at = (query: string) => `${inject("hostileUrl")}/ok?${query}`;
  const fixed = (name: string, value: string) => [{ name, value }];
  // The gateway refuses the value, so that the addition stays approved without being applied.
  const uncalled = "/session/follow-refused";
  const refused = () => remote(inject("hostileUrl") + uncalled, fixed("X-Team", "bïrds"));
  await follow.setUp([
    entry(nameOf("chosen"), remote(at("first"), fixed("X-Team", "birds"))),
    entry(nameOf("refused"), refused()),
    entry(nameOf("unwanted"), remote(at("first"))),
  ]);
  const { version, items } = await follow.open();
  expect(items[0].notes).toEqual(["The publisher’s value of the header X-Team is “birds”."]);
  const swap = () =>
    follow.setUp([
      entry(nameOf("chosen"), remote(at("second"), fixed("X-Team", "birds"))),
      entry(nameOf("refused"), remote(at("second"))),
      entry(nameOf("unwanted"), remote(at("second"))),
    ]);
  await swap();
  await follow.readAgain();
  const automatic = { additions: false, changes: false };
  const names = [nameOf("chosen")];
  const late = await follow.send("POST", "/approvals", { version, names, automatic });
  expect(refusalOf(late)).toContain("has changed since");
  await follow.setUp([
    entry(nameOf("refused"), refused()),
    entry(nameOf("unwanted"), remote(at("first"))),
  ]);
  await follow.readAgain();
  const approved = await follow.approve([nameOf("refused")], automatic);
  expect(summarize(approved)).toEqual({ refused: "add due", unwanted: "add left-out" });
  expect(approved.follow).toMatchObject({ problem: null, waiting: 0, failing: 1 });
  const stats = await (await fetch(`${inject("hostileUrl")}/stats`)).json<Json>();
  expect(stats[uncalled]).toBeUndefined();
  await swap();
  expect(summarize(await follow.readAgain())).toEqual({
    chosen: "add decide",
    refused: "add decide",
    unwanted: "add left-out",
  });
  expect(await follow.listServers()).toEqual([]);
});

test("the default of a header that can be a secret is an example, and is not sent", async () => {
  const follow = new Follow("defaults");
  const headers = ["X-AppKeyId", "X-Signingkey", "X-Team"].map((name) => ({ name, default: "x" }));
  await follow.setUp([entry(nameOf("defaults"), remote(`${inject("hostileUrl")}/ok`, headers))]);
  const { items } = await follow.open();
  expect(items[0].notes).toEqual(["The publisher’s value of the header X-Team is “x”."]);
});

test("an approval that comes after the follow has got another address stores neither a decision nor an event", async () => {
  const follow = new Follow("late");
  await follow.setUp([entry(nameOf("late"), remote(`${inject("hostileUrl")}/ok`))]);
  const { follow: shown } = await follow.open();
  const db = openDb(bindings.DB);
  const workspace = await findWorkspace(db, follow.slug);
  const workspaceId = workspace?.id ?? "";
  const row = await findFollow(db, workspaceId, shown.id);
  if (!row) throw new Error("there is no follow");
  const object = `follow:${row.id}`;
  const event = makeAuditEvent(
    "operator",
    "followed_registry.plan_approved",
    object,
    {},
    workspaceId,
  );
  const decisions = { approved: [[nameOf("late"), "add x"]], leftOut: [] } satisfies PlanDecisions;
  const before = { ...row, url: "https://registry.example.com" };
  expect(await approvePlan(db, before, decisions, { approvedAt: 1 }, event)).toBe(false);
  const [found] = await listWorkspaceEntries(db, workspaceId);
  expect(found).toMatchObject({ approved: null, leftOut: null });
  const actions = (await follow.listEvents()).map(({ action }) => action);
  expect(actions).toContain("followed_registry.created");
  expect(actions).not.toContain("followed_registry.plan_approved");
  expect(await approvePlan(db, row, decisions, { approvedAt: 1 }, event)).toBe(true);
  expect((await follow.listEvents())[0]?.action).toBe("followed_registry.plan_approved");
});

test("an entry that disappears marks its server, which stays until an admin has approved its removal; one that a person removed does not come back", async () => {
  const follow = new Follow("gone");
  const both = ["gone", "removed"].map((name) =>
    entry(nameOf(name), remote(`${inject("hostileUrl")}/ok?${name}`)),
  );
  await follow.setUp(both);
  await follow.open();
  await follow.approve([nameOf("gone"), nameOf("removed")]);
  await manage("DELETE", `/workspaces/${follow.slug}/servers/removed`);
  await follow.setUp(both.slice(1));
  const plan = await follow.readAgain();
  expect(summarize(plan)).toEqual({ gone: "remove decide", removed: "add decide" });
  expect(plan.items[0].notes).toEqual(["It is no longer in the registry."]);
  const kept = await manage("GET", `/workspaces/${follow.slug}/followed-servers`);
  expect(kept.body.items).toMatchObject([{ server: "gone", isGone: true }]);
  expect((await follow.listServers()).map(({ slug }) => slug)).toEqual(["gone"]);

  expect(summarize(await follow.approve([nameOf("gone")]))).toEqual({ removed: "add left-out" });
  expect(await follow.listServers()).toEqual([]);
});

test("values are sealed, sent to their origin alone, and no response has them; the registry's token goes with its address", async () => {
  const follow = new Follow("values");
  const url = `${inject("hostileUrl")}/ok?follow-values`;
  const key = [{ name: "X-Api-Key", isRequired: true, isSecret: true, value: "{key}" }];
  await follow.setUp([entry(nameOf("keyed"), remote(url, key))], { token: "registry-secret" });
  const values = [
    { for: new URL(url).origin, name: "x-api-key", value: "value-secret" },
    { for: "npm:@modelcontextprotocol/server-github", name: "OTHER", value: "other-secret" },
  ];
  const plan = await follow.open({ token: "registry-secret", values });
  expect(plan.follow).toMatchObject({ hasToken: true, problem: null });
  await follow.approve([nameOf("keyed")]);
  const [server] = await follow.listServers();
  expect(server.credentials).toMatchObject([{ name: "x-api-key", setBy: { id: "operator" } }]);
  const stored = await bindings.DB.prepare(
    "SELECT json_group_array(secrets) AS all_secrets FROM followed_registries",
  ).first<string>("all_secrets");
  const events = JSON.stringify(await follow.listEvents());
  for (const text of [stored ?? "", events, ...responseTexts])
    expect(text).not.toMatch(/registry-secret|value-secret|other-secret/);

  const other = new Follow("values-elsewhere");
  await other.setUp([]);
  const moved = await follow.send("PATCH", "", {
    url: other.url.replace("127.0.0.1", "localhost"),
  });
  expect(moved.body).toMatchObject({ hasToken: false, approvedAt: null });
  expect((await follow.listServers()).map(({ slug }) => slug)).toEqual(["keyed"]);
});

test("a package of the hosting catalogue is proposed to be deployed, with the values that the follow has for it", async () => {
  const follow = new Follow("hosted");
  const packageOf = (identifier: string) => ({ packages: [{ registryType: "npm", identifier }] });
  await follow.setUp([
    entry(nameOf("memory"), packageOf("@modelcontextprotocol/server-memory")),
    entry(nameOf("github"), packageOf("@modelcontextprotocol/server-github")),
  ]);
  expect(summarize(await follow.open())).toEqual({
    memory: "deploy decide",
    github: "refused none",
  });
  const applied = await follow.approve([nameOf("memory")]);
  expect(applied.items).toMatchObject([{}, { kind: "kept", server: "memory" }]);
  const { body } = await manage("GET", `/workspaces/${follow.slug}/instances`);
  expect(body.items).toMatchObject([{ slug: "memory", catalogueId: "memory" }]);
});

test("a failure is shown with its reason and the next attempt, an hour at most, and a lost step is one", async () => {
  const follow = new Follow("failure");
  await follow.setUp([], { faults: [{ status: 503 }] });
  const { follow: failed } = await follow.open();
  expect(failed).toMatchObject({
    problem: "The registry responded with status 503",
    checkedAt: null,
  });
  expect(failed.nextRunAt - Date.now()).toBeLessThanOrEqual(MINUTE_MS);
  const early = { version: "", names: [], automatic: { additions: true, changes: true } };
  expect(refusalOf(await follow.send("POST", "/approvals", early))).toContain("there is no plan");

  await runMinute(Date.now() + MINUTE_MS);
  const { follow: read } = await follow.readPlan();
  expect(read).toMatchObject({ problem: null, checkedAt: expect.any(Number) });
  expect(read.nextRunAt - read.checkedAt).toBe(HOUR_MS);

  await runMinute(Date.now() + HOUR_MS, losingMessages);
  expect((await follow.send("GET")).body.follow.isRunning).toBe(true);
  await runMinute(Date.now() + 3 * MINUTE_MS);
  const { follow: lost } = await follow.readPlan();
  expect(lost.problem).toContain("did not end in its time");
  const removed = await follow.send("DELETE");
  expect(removed.status).toBe(204);
  await change(follow.slug, { type: "workspace.delete" });
});
