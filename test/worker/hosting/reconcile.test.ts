import { exportJWK, generateKeyPair } from "jose";
import { beforeEach, expect, test, vi } from "vitest";
import { openDb } from "../../../workers/db/database.ts";
import { hosts } from "../../../workers/db/hosting-schema.ts";
import { runScheduled } from "../../../workers/health/scheduled.ts";
import type { Env } from "../../../workers/runtime/env.ts";
import { bindings } from "../support/gateway-client.ts";

const EVERY_MINUTE = "* * * * *";
const db = openDb(bindings.DB);

beforeEach(async () => void (await db.delete(hosts)));

test("without container hosts, syncs, jobs, follows, comparisons and alerts that are due, the minutely job reads D1 once for each and writes nothing", async () => {
  // The first run stores the entries of hosted servers in the marketplace, the second one compares them.
  await runScheduled(EVERY_MINUTE, Date.now(), bindings);
  await runScheduled(EVERY_MINUTE, Date.now(), bindings);
  const database: { prepare: D1Database["prepare"] } = Object.getPrototypeOf(bindings.DB);
  const prepare = vi.spyOn(database, "prepare");
  await runScheduled(EVERY_MINUTE, Date.now(), bindings);
  const queries = prepare.mock.calls.map(([sql]) => sql);
  prepare.mockRestore();
  expect(queries).toHaveLength(6);
  expect(queries).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^select .* from "hosts"/),
      expect.stringMatching(/^select .* from "marketplace_sources"/),
      expect.stringMatching(/^select .* from "marketplace_jobs"/),
      expect.stringMatching(/^select .* from "followed_registries"/),
      expect.stringMatching(/^select .* from "marketplace_comparison"/),
      expect.stringMatching(/^SELECT EXISTS .* FROM alerts/),
    ]),
  );
});

test("of many container hosts, five are asked at a time, and all of them", async () => {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  const ids = Array.from({ length: 13 }, (_, i) => `many-${i}`);
  const never = { isDraining: false, report: null, checkedAt: null, problem: null, createdAt: 1 };
  for (const id of ids)
    await db
      .insert(hosts)
      .values({ id, url: `https://${id}.example.com`, publicKey: "A".repeat(43), ...never });
  const asked = new Set<string>();
  let open = 0;
  let mostOpen = 0;
  const network = {
    async fetch(url: string) {
      asked.add(new URL(url).hostname);
      mostOpen = Math.max(mostOpen, ++open);
      await scheduler.wait(20);
      open--;
      return new Response(null, { status: 503 });
    },
  };
  const env = { ...bindings, MCPNEST_GATEWAY_KEY: await makeGatewayKey(), EGRESS: network };
  // The gateway uses nothing else of the network.
  await runScheduled(EVERY_MINUTE, Date.now(), env as unknown as Env);
  expect(asked.size).toBe(ids.length);
  expect(mostOpen).toBe(5);
  await db.delete(hosts);
  vi.restoreAllMocks();
});

async function makeGatewayKey(): Promise<string> {
  const { privateKey } = await generateKeyPair("EdDSA", { extractable: true });
  const { x, d } = await exportJWK(privateKey);
  return JSON.stringify({ kid: "k1", x, d });
}
