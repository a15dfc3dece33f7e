import { expect, test } from "vitest";
import { makeAuditedWorkspace } from "../support/audit-rows.ts";
import { makeOwner } from "../support/browser.ts";
import { type Json, manage } from "../support/management-client.ts";

const eventsOf = async (slug: string) =>
  (await manage("GET", `/workspaces/${slug}/audit-events`)).body.items as {
    actor: string;
    action: string;
    object: string;
    detail: Record<string, unknown>;
  }[];

test("events name actor and action, newest first, page by page", async () => {
  const { id, path } = await makeAuditedWorkspace("events");
  await manage("PATCH", path, { enforcement: false });
  const { record } = (await manage("POST", `${path}/tokens`, { label: "ci" })).body;
  await manage("DELETE", `${path}/tokens/${record.id}`);
  // A refused command is none.
  await manage("DELETE", `${path}/servers/none`);
  const { body } = await manage("GET", `${path}/audit-events?limit=3`);
  expect(body.items[0]).toMatchObject({
    id: expect.stringMatching(/^evt_/),
    workspaceId: id,
    actor: "operator",
    action: "token.revoked",
    object: `token:${record.id}`,
    detail: { label: "ci", memberId: null },
    occurredAt: expect.any(Number),
  });
  const actions = (items: { action: string }[]) => items.map(({ action }) => action);
  expect(actions(body.items)).toEqual(["token.revoked", "token.created", "workspace.updated"]);
  const rest = await manage("GET", `${path}/audit-events?cursor=${body.nextCursor}`);
  expect(actions(rest.body.items)).toEqual(["workspace.created"]);
  // It says nothing about the number of events, and belongs to one workspace.
  expect(body.nextCursor).toBe(body.items[2].id);
  const other = await makeAuditedWorkspace("other-events");
  const foreign = await manage("GET", `${other.path}/audit-events?cursor=${body.nextCursor}`);
  expect(foreign.body).toEqual({ items: [], nextCursor: null });
  expect((await manage("GET", `${path}/audit-events?to=1`)).body.items).toEqual([]);
  expect((await manage("GET", `${path}/audit-events?from=1`)).body.items).toHaveLength(4);
});

test("an export of events is a CSV file without formulas", async () => {
  const { path } = await makeAuditedWorkspace("event-export");
  await manage("POST", `${path}/members`, { name: '=1+"x"' });
  const beginning = Date.now();
  const csv = await manage("GET", `${path}/audit-events/export?format=csv`);
  expect(csv.text.split("\r\n")[0]).toBe(
    "id,workspaceId,actor,action,object,detail,occurredAt,time,actorName,objectName,summary,actorRemoved",
  );
  expect(csv.text.split("\r\n")[2]).toContain("operator,member.created,member:mem_");
  const to = `to=${beginning + 1}`;
  const lines = (await manage("GET", `${path}/audit-events/export?format=ndjson&${to}`)).text
    .trimEnd()
    .split("\n");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    action: "member.created",
    detail: { name: '=1+"x"' },
  });
  expect(lines).toHaveLength(2);
});

test("every change names its actor", async () => {
  const owner = await makeOwner("event-names");
  const path = "/workspaces/event-names";
  await owner.send("PATCH", path, { defaultAccess: "closed" });
  const invited = await owner.send("POST", `${path}/invitations`, { name: "I" });
  await owner.send("DELETE", `${path}/invitations/${invited.body.invitation.id}`);
  await owner.send("POST", `${path}/api-keys`, { label: "k", role: "member" });
  const own = (await eventsOf("event-names")).filter(
    ({ actor, action }) => actor === owner.userId && !action.startsWith("person."),
  );
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

test("an export is an audit event with its actor, format and filter, also one by an API key", async () => {
  const owner = await makeOwner("exports");
  const path = "/workspaces/exports";
  const made = await owner.send("POST", `${path}/api-keys`, { label: "siem", role: "admin" });
  const headers = { authorization: `Bearer ${made.body.key}` };
  await owner.send("GET", `${path}/tool-calls/export?format=csv&status=blocked&to=99`);
  await manage("GET", `${path}/audit-events/export?format=ndjson`, undefined, { headers });
  const exported = (await eventsOf("exports")).filter(({ action }) => action === "audit.exported");
  expect(exported).toMatchObject([
    {
      actor: made.body.record.id,
      object: "audit-events",
      detail: { format: "ndjson", filters: {} },
    },
    {
      actor: owner.userId,
      object: "tool-calls",
      detail: { format: "csv", filters: { status: "blocked", to: 99 } },
    },
  ]);
});
