import { runInDurableObject } from "cloudflare:test";
import { expect, onTestFinished, test, vi } from "vitest";
import { DAY_MS, HOUR_MS } from "../../../workers/contract/units.ts";
import { listWorkspacesToWake } from "../../../workers/db/workspaces-to-wake.ts";
import { runScheduled } from "../../../workers/health/scheduled.ts";
import { db, makeAuditedWorkspace, makeRow, storeRows } from "../support/audit-rows.ts";
import { makeOwner } from "../support/browser.ts";
import { runCleanUp } from "../support/clean-up.ts";
import { bindings, change, makeWorkspace, waitForRows } from "../support/gateway-client.ts";
import { manage, readWorkspaceId } from "../support/management-client.ts";
import { crash } from "../support/workspace-object.ts";

const count = async (table: string, where = "true") =>
  (await bindings.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${where}`).first("n")) ?? 0;

test("the clean-up deletes expired usage, counts of refused tokens, sessions, challenges and links", async () => {
  // Other tests have left rows, too.
  for (const table of ["sessions", "sign_in_links", "challenges"])
    await bindings.DB.exec(`DELETE FROM ${table}`);
  const { id, path } = await makeAuditedWorkspace("cleaned");
  await manage("PATCH", path, { retentionDays: 30 });
  const now = Date.now();
  await storeRows([
    makeRow(id, 1, { createdAt: now - 40 * DAY_MS }),
    makeRow(id, 2, { createdAt: now - 5 * DAY_MS }),
  ]);
  const insertHour = bindings.DB.prepare("INSERT INTO refused_tokens VALUES (?, ?, 1)");
  for (const days of [40, 5])
    await insertHour.bind(id, Math.floor((now - days * DAY_MS) / HOUR_MS)).run();
  await makeOwner("signed-in");
  await manage("POST", "/setup-links", { expiresInHours: 1 });
  const users = await count("users");
  await runCleanUp(now);
  const of = `workspace_id = '${id}'`;
  expect(await count("usage_steps", of)).toBe(1);
  expect(await count("sessions")).toBe(1);
  expect(await count("sign_in_links")).toBe(1);
  expect(await count("challenges")).toBe(1);
  expect(await count("refused_tokens", of)).toBe(1);
  await runCleanUp(now + 2 * DAY_MS);
  expect(await count("sessions")).toBe(0);
  expect(await count("sign_in_links")).toBe(0);
  expect(await count("challenges")).toBe(0);
  expect(await count("users")).toBe(users);
  expect(await count("audit_events", "workspace_id = 'deployment'")).toBeGreaterThan(0);
  await runCleanUp(now + 91 * DAY_MS);
  // Tests that ran before, with a later clock, have left later events.
  expect(await count("audit_events", `workspace_id = 'deployment' AND occurred_at <= ${now}`)).toBe(
    0,
  );
});

test("the hourly cron deletes rows past the workspace's retention and keeps younger ones", async () => {
  const { id } = await makeAuditedWorkspace("retained");
  const now = Date.now();
  await storeRows(
    [91, 89, 0].map((days, index) => makeRow(id, index + 1, { createdAt: now - days * DAY_MS })),
  );
  const storedSeqs = async () => (await waitForRows("retained", 0)).map(({ seq }) => seq);
  await runScheduled("17 * * * *", now, bindings);
  expect(await storedSeqs()).toEqual([2, 3]);
  await change("retained", { type: "workspace.update", patch: { retentionDays: 30 } });
  await runScheduled("17 * * * *", now, bindings);
  expect(await storedSeqs()).toEqual([3]);
});

test("of checks that are older than a week, the last one of each hour and result is kept", async () => {
  const now = Date.now();
  const from = Math.floor((now - 7 * DAY_MS) / HOUR_MS - 2) * HOUR_MS;
  const insert = bindings.DB.prepare(
    "INSERT INTO server_checks VALUES ('srv_rolled', 'ws_rolled', ?, 1, ?, NULL, NULL)",
  );
  const code = (i: number) => (i === 3 || i === 4 ? "upstream_timeout" : null);
  for (let i = 0; i < 12; i++) await insert.bind(from + i * 5 * 60_000, code(i)).run();
  await insert.bind(now - DAY_MS, null).run();
  await insert.bind(now - DAY_MS + 1, null).run();
  await runCleanUp(now);
  const { results } = await bindings.DB.prepare(
    "SELECT checked_at AS at, error_code AS code FROM server_checks WHERE server_id = 'srv_rolled' ORDER BY checked_at",
  ).all();
  expect(results).toEqual([
    { at: from + 20 * 60_000, code: "upstream_timeout" },
    { at: from + 55 * 60_000, code: null },
    { at: now - DAY_MS, code: null },
    { at: now - DAY_MS + 1, code: null },
  ]);
});

test(
  "nothing of a deleted workspace is left when its retention has ended",
  {
    timeout: 120_000,
  },
  async () => {
    const { id, path } = await makeAuditedWorkspace("purged");
    await storeRows([makeRow(id, 1, { createdAt: Date.now() })]);
    await manage("DELETE", `${path}?confirm=purged`);
    const of = `id = '${id}'`;
    await runCleanUp(Date.now() + 89 * DAY_MS);
    expect(await count("workspaces", of)).toBe(1);
    // A run deletes the rows, the next one the workspace. Those of other tests can need more runs.
    for (let days = 92; days < 102 && (await count("workspaces", of)) !== 0; days++)
      await runCleanUp(Date.now() + days * DAY_MS);
    expect(await count("workspaces", of)).toBe(0);
    for (const table of ["mcp_tool_calls", "audit_events", "usage_steps"])
      expect(await count(table, `workspace_id = '${id}'`)).toBe(0);
  },
);

// The clean-up pauses between its deletions.
test("one run of the clean-up sends at most 1,000 queries, and the next ones do the rest", async () => {
  const all =
    "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 150) SELECT n FROM numbers";
  await bindings.DB.batch([
    bindings.DB.prepare(
      `INSERT INTO workspaces (id, slug, name, enforcement, default_access, limits, retention_days, wrapped_key, created_at)
        SELECT 'ws_many_' || n, 'many-' || n, 'Many', 1, 'open', '{}', 90, '', 0 FROM (${all})`,
    ),
    bindings.DB.prepare(`INSERT INTO refused_tokens SELECT 'ws_many_' || n, 1, 1 FROM (${all})`),
  ]);
  const many = "workspace_id LIKE 'ws_many_%'";
  onTestFinished(async () => {
    await bindings.DB.exec("DELETE FROM workspaces WHERE id LIKE 'ws_many_%'");
  });
  const prepare = vi.spyOn(Object.getPrototypeOf(bindings.DB), "prepare");
  await runCleanUp(Date.now());
  const queries = prepare.mock.calls.length;
  prepare.mockRestore();
  expect(queries).toBeLessThanOrEqual(1_000);
  expect(await count("refused_tokens", many)).toBeGreaterThan(0);
  await runCleanUp(Date.now());
  expect(await count("refused_tokens", many)).toBe(0);
}, 90_000);

test("the cron wakes workspaces that do not check their servers, and no others", async () => {
  for (const slug of ["overdue", "punctual"])
    await makeWorkspace(slug, { good: "/ok", bad: "/any/500" });
  const id = await readWorkspaceId("overdue");
  await bindings.DB.prepare("DELETE FROM server_checks WHERE workspace_id = ?").bind(id).run();
  // As an object of a release that had no alarm for its checks.
  await runInDurableObject(bindings.WORKSPACES.getByName("overdue"), async (_instance, state) => {
    state.storage.sql.exec("DELETE FROM meta WHERE key IN ('check_rhythm', 'recorded_checks')");
    await state.storage.deleteAlarm();
  });
  await crash("overdue");
  const query = { checkedBefore: Date.now() - 8 * HOUR_MS, olderKids: [], most: 500 };
  const slugs = await listWorkspacesToWake(db, query);
  expect([slugs.includes("overdue"), slugs.includes("punctual")]).toEqual([true, false]);
  await runScheduled("47 * * * *", Date.now(), bindings);
  const listResults = async () => {
    const { results } = await bindings.DB.prepare(
      "SELECT s.slug, c.error_code AS code, c.error_message AS message FROM server_checks c JOIN servers s ON s.id = c.server_id JOIN workspaces w ON w.id = s.workspace_id WHERE w.slug = 'overdue' ORDER BY s.slug",
    ).all();
    return results;
  };
  await expect.poll(listResults).toEqual([
    { slug: "bad", code: "upstream_http_error", message: "500 from the server" },
    { slug: "good", code: null, message: null },
  ]);
});
