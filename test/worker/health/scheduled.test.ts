import { expect, test } from "vitest";
import { runScheduled } from "../../../workers/health/scheduled.ts";
import worker from "../../../workers/index.ts";
import { makeAuditedWorkspace, makeRow, storeRows } from "../support/audit-rows.ts";
import { makeOwner } from "../support/browser.ts";
import { bindings, change, makeWorkspace, waitForRows } from "../support/gateway-client.ts";
import { manage } from "../support/management-client.ts";

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

const count = async (table: string, where = "true") =>
  (await bindings.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${where}`).first("n")) ?? 0;

function runCleanUp(at: number): Promise<void> {
  const controller = { cron: "17 * * * *", scheduledTime: at, type: "scheduled" as const };
  return worker.scheduled({ ...controller, noRetry: () => undefined }, bindings);
}

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
  expect(await count("usage", of)).toBe(8);
  expect(await count("member_tool_days", of)).toBe(1);
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
  expect(await count("audit_events", "workspace_id = 'deployment'")).toBe(0);
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

test("the health cron checks every server and stores the results", async () => {
  await makeWorkspace("watched", { good: "/ok", bad: "/any/500" });
  await bindings.DB.prepare("DELETE FROM server_checks").run();
  await runScheduled("*/5 * * * *", Date.now(), bindings);
  const { results } = await bindings.DB.prepare(
    "SELECT s.slug, c.error_code AS code, c.error_message AS message FROM server_checks c JOIN servers s ON s.id = c.server_id JOIN workspaces w ON w.id = s.workspace_id WHERE w.slug = 'watched' ORDER BY s.slug",
  ).all();
  expect(results).toEqual([
    { slug: "bad", code: "upstream_http_error", message: "500 from the server" },
    { slug: "good", code: null, message: null },
  ]);
});
