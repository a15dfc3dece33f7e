import { runInDurableObject, type D1Migration } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { DAY_MS } from "../../../workers/contract/units.ts";
import { deleteExpiredNames } from "../../../workers/db/former-members.ts";
import { db, makeAuditedWorkspace, makeRow, storeRows } from "../support/audit-rows.ts";
import { makeJoinedUser, makeOwner } from "../support/browser.ts";
import { bindings } from "../support/gateway-client.ts";
import { manage, readWorkspaceId, type Json } from "../support/management-client.ts";

test("removed members and revoked tokens keep their names in calls, changes, usage and exports, which mark them as removed", async () => {
  await makeOwner("names-kept");
  const path = "/workspaces/names-kept";
  const id = await readWorkspaceId("names-kept");
  const { browser, memberId } = await makeJoinedUser("names-kept", "admin", "Carla");
  const { record } = (await manage("POST", `${path}/tokens`, { label: "laptop", memberId })).body;
  await browser.send("PATCH", path, { limits: { perTokenPerMinute: 7 } });
  const createdAt = Date.now();
  await storeRows([
    makeRow(id, 1, { memberId, tokenId: record.id, createdAt }),
    makeRow(id, 2, { memberId: null, tokenId: "tok_never", createdAt }),
  ]);
  expect((await manage("DELETE", `${path}/members/${memberId}`)).status).toBe(204);

  const { items } = (await manage("GET", `${path}/tool-calls`)).body;
  expect(items).toMatchObject([
    { memberName: null, hasMemberLeft: false, tokenLabel: null },
    { memberName: "Carla", hasMemberLeft: true, tokenLabel: "laptop" },
  ]);
  const { body: usage } = await manage("GET", `${path}/usage?by=member`);
  expect(usage.series.find(({ name }: Json) => name === memberId)).toMatchObject({
    label: "Carla",
    isRemoved: true,
  });
  const events = (await manage("GET", `${path}/audit-events`)).body.items;
  expect(events.find(({ action }: Json) => action === "workspace.updated")).toMatchObject({
    actor: browser.userId,
    actorName: "Carla",
    hasActorLeft: true,
  });
  expect(events.find(({ action }: Json) => action === "token.created")).toMatchObject({
    actorName: null,
    objectName: "laptop",
  });

  const calls = await manage("GET", `${path}/tool-calls/export?format=csv`);
  expect(calls.text.split("\r\n")[0]).toMatch(
    /,count,rule,time,memberName,tokenLabel,serverName,memberRemoved$/,
  );
  const time = new Date(createdAt).toISOString();
  expect(calls.text).toContain(`,${time},Carla,laptop,,true\r\n`);
  const { body: counts } = await manage("GET", `${path}/tool-calls/counts?member=${memberId}`);
  expect(counts).toMatchObject({ names: { member: "Carla" }, hasMemberLeft: true });
  const changes = await manage("GET", `${path}/audit-events/export?format=ndjson`);
  const lines = changes.text.trimEnd().split("\n");
  expect(lines.map((line): Json => JSON.parse(line))).toContainEqual(
    expect.objectContaining({
      action: "workspace.updated",
      actorName: "Carla",
      actorRemoved: true,
      time: expect.stringMatching(/^20.*Z$/),
    }),
  );
});

test("the name of a removed member is deleted with the last rows that can name it", async () => {
  const { id, path } = await makeAuditedWorkspace("names-expire");
  const member = (await manage("POST", `${path}/members`, { name: "Dora" })).body;
  await manage("DELETE", `${path}/members/${member.id}`);
  const countNames = () =>
    bindings.DB.prepare("SELECT count(*) AS n FROM former_members WHERE workspace_id = ?")
      .bind(id)
      .first("n");
  // As the clean-up does for each workspace: a run of it visits some workspaces only.
  await deleteExpiredNames(db, id, Date.now() - DAY_MS);
  expect(await countNames()).toBe(1);
  await deleteExpiredNames(db, id, Date.now() + DAY_MS);
  expect(await countNames()).toBe(0);
});

const { TEST_MIGRATIONS: migrations } = env as unknown as { TEST_MIGRATIONS: D1Migration[] };

/** Events about members of an earlier release. */
const EARLIER = `
  INSERT INTO audit_events (id, workspace_id, actor, action, object, detail, occurred_at) VALUES
    ('evt_1', 'ws_1', 'usr_a', 'member.created', 'member:mem_1', '{"name":"Ben"}', 1),
    ('evt_2', 'ws_1', 'usr_b', 'member.joined', 'member:mem_1', '{"userId":"usr_b"}', 2),
    ('evt_3', 'ws_1', 'usr_a', 'member.deleted', 'member:mem_1', '{"name":"Benno"}', 3),
    ('evt_4', 'ws_1', 'usr_a', 'member.deleted', 'member:mem_2', '{}', 4);
`;

test("the migration takes the names of members who were removed before from the audit log", async () => {
  const stub = bindings.WORKSPACES.getByName("migrates-names");
  const rows = await runInDurableObject(stub, (_instance, { storage: { sql } }) => {
    // The SQLite of any object is like that of D1.
    const apply = (isApplied: (name: string) => boolean) => {
      for (const { name, queries } of migrations)
        if (isApplied(name)) for (const query of queries) sql.exec(query);
    };
    apply((name) => name < "0014");
    sql.exec(EARLIER);
    apply((name) => name.startsWith("0015"));
    return sql.exec("SELECT * FROM former_members").toArray();
  });
  expect(rows).toEqual([
    { id: "mem_1", workspace_id: "ws_1", name: "Benno", user_id: "usr_b", removed_at: 3 },
  ]);
});
