import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, onTestFinished, test, vi } from "vitest";
import { MINUTE_MS } from "../../../workers/contract/units.ts";
import { makeAuditedWorkspace, makeRow, storeRows } from "../support/audit-rows.ts";
import { makeOwner } from "../support/browser.ts";
import { runCleanUp } from "../support/clean-up.ts";
import { later } from "../support/clock.ts";
import { fillDatabase } from "../support/full-database.ts";
import { bindings, callTool, makeWorkspace, waitForRows } from "../support/gateway-client.ts";
import { manage, refusalOf } from "../support/management-client.ts";

test("with a full database calls go on, and their rows wait until it has space", async () => {
  const client = await makeWorkspace("full-calls");
  const log = vi.spyOn(console, "log");
  onTestFinished(() => log.mockRestore());
  const empty = fillDatabase();
  expect((await callTool(client, "echo")).message.result).toBeDefined();
  const readBacklog = async () =>
    (await manage("GET", "/workspaces/full-calls/health")).body.auditBacklog.rows;
  await expect.poll(readBacklog).toBe(1);
  await expect.poll(() => log.mock.calls.join("\n")).toContain("audit_rows_delayed");
  expect(await readBacklog()).toBe(1);
  empty();
  const stub = bindings.WORKSPACES.getByName("full-calls");
  await later(6 * MINUTE_MS, () => runDurableObjectAlarm(stub));
  expect(await waitForRows("full-calls", 1)).toMatchObject([{ seq: 1, status: "ok" }]);
});

test("with a full database every change is refused with the reason", async () => {
  await makeWorkspace("full-changes");
  const empty = fillDatabase();
  const path = "/workspaces/full-changes";
  const refusals = [
    await manage("POST", `${path}/members`, { name: "Ada" }),
    await manage("DELETE", `${path}?confirm=full-changes`),
    await manage("POST", `${path}/api-keys`, { label: "key", role: "admin" }),
    await manage("POST", "/setup-links", { expiresInHours: 1 }),
  ].map(refusalOf);
  for (const refusal of refusals)
    expect(refusal).toMatch(/^503 database_full: The database is full, and nothing was changed/);
  empty();
  await expect
    .poll(async () => (await manage("POST", `${path}/members`, { name: "Ada" })).status)
    .toBe(201);
});

test("with a full database the dashboard and API keys still read", async () => {
  const browser = await makeOwner("full-reads");
  const path = "/workspaces/full-reads";
  const { key } = (await manage("POST", `${path}/api-keys`, { label: "key", role: "admin" })).body;
  await bindings.DB.exec("UPDATE sessions SET last_seen_at = last_seen_at - 120000");
  fillDatabase();
  const headers = { authorization: `Bearer ${key}` };
  expect((await browser.send("GET", path)).status).toBe(200);
  expect((await manage("GET", path, undefined, { headers })).status).toBe(200);
});

test("the clean-up makes space in a full database", async () => {
  const { id, path } = await makeAuditedWorkspace("full-cleaned");
  // Chooses the marketplace's server of the week, which needs space.
  await runCleanUp(Date.now());
  await storeRows([makeRow(id, 1), makeRow(id, 2, { createdAt: Date.now() })]);
  fillDatabase();
  await runCleanUp(Date.now());
  const { items } = (await manage("GET", `${path}/tool-calls`)).body;
  expect(items.map(({ seq }: { seq: number }) => seq)).toEqual([2]);
});
