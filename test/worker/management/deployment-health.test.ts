import { createExecutionContext } from "cloudflare:test";
import { expect, test } from "vitest";
import { app } from "../../../workers/app.ts";
import { listWorkspacesToWake } from "../../../workers/db/workspaces-to-wake.ts";
import { db } from "../support/audit-rows.ts";
import { bindings, HOST } from "../support/gateway-client.ts";
import { manage, OPERATOR_KEY } from "../support/management-client.ts";

test("the deployment's health counts the workspaces under each master key, and the cron wakes those under an older one", async () => {
  await manage("POST", "/workspaces", { slug: "older-key", name: "Older" });
  const listKeys = async () => {
    const { body } = await manage("GET", "/health");
    return Object.fromEntries(
      body.masterKeys.map(({ kid, ...key }: { kid: string }) => [kid, key]),
    );
  };
  const before = await listKeys();
  expect(before["k1"]).toMatchObject({ isNewest: true, isConfigured: true });
  await bindings.DB.prepare(
    "UPDATE workspaces SET wrapped_key = replace(wrapped_key, '|k1|', '|k0|') WHERE slug = 'older-key'",
  ).run();
  const after = await listKeys();
  expect(after["k0"]).toEqual({ isNewest: false, isConfigured: false, workspaces: 1 });
  expect(after["k1"].workspaces).toBe(before["k1"].workspaces - 1);
  const query = { checkedBefore: 0, olderKids: ["k0"], most: 5 };
  expect(await listWorkspacesToWake(db, query)).toEqual(["older-key"]);
});

test("the deployment's health says how full the database is", async () => {
  const read = async (maxGb: number) => {
    const env = { ...bindings, DATABASE_MAX_GB: String(maxGb) };
    const headers = { authorization: `Bearer ${OPERATOR_KEY}`, host: HOST };
    const request = new Request(`http://${HOST}/api/health`, { headers });
    const response = await app.fetch(request, env, createExecutionContext());
    const body: { database: { bytes: number; level: string } } = await response.json();
    return body.database;
  };
  const { bytes } = await read(10);
  expect(bytes).toBeGreaterThan(4096);
  const levels = [];
  for (const part of [0.5, 0.7, 0.9]) levels.push((await read(bytes / part / 1e9)).level);
  expect(levels).toEqual(["ok", "filling", "nearly_full"]);
});
