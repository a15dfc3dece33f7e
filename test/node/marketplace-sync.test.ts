import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../scripts/management-client.ts";
import { printSyncProgress } from "../../scripts/marketplace-progress.ts";
import { MarketplaceRun, MarketplaceSource } from "../../workers/contract/api/marketplace-sync.ts";
import { childrenOf } from "../bench/processes.ts";
import { startLocalGateway, type LocalGateway } from "../fixtures/local-gateway.ts";
import { startRegistries, type RegistrySetup } from "../fixtures/registry.ts";

const MINUTE_MS = 60_000;
const Runs = z.object({ items: z.array(MarketplaceRun) });
const Sources = z.object({ items: z.array(MarketplaceSource) });
const Servers = z.object({ items: z.array(z.object({ name: z.string() })) });

const entries = Array.from({ length: 30 }, (_, i) => ({
  server: { name: `com.example.egret/egret-${i}`, version: "1.0.0" },
}));

describe("the sync with the official registry", () => {
  let registries: { url: string; close(): Promise<unknown> };
  let gateway: LocalGateway;

  beforeAll(async () => {
    registries = await startRegistries();
    gateway = await startLocalGateway({ MARKETPLACE_REGISTRY: `${registries.url}/egrets` });
  }, 120_000);

  afterAll(async () => {
    await gateway.stop();
    await registries.close();
  });

  const setUp = (setup: RegistrySetup) =>
    fetch(`${registries.url}/egrets`, { method: "PUT", body: JSON.stringify(setup) });
  const readRun = async () =>
    Runs.parse(await manage(gateway.api, "GET", "/marketplace/runs?limit=1")).items[0];
  const start = () => manage(gateway.api, "POST", "/marketplace/sources/official/runs", {});
  const listLines = async () => {
    const lines: string[] = [];
    await printSyncProgress(gateway.api, (line) => void lines.push(line));
    return lines;
  };

  test("the terminal shows that a registry is away, and the hosted servers are there meanwhile", async () => {
    await setUp({ entries, faults: [{ status: 503 }, { status: 503 }, { status: 404 }] });
    await gateway.runCrons(new Date());
    expect(await listLines()).toEqual([
      expect.stringMatching(
        /^Marketplace {2}fetches the servers of 127\.0\.0\.1:\d+ in the background\.$/,
      ),
      expect.stringMatching(
        /^Marketplace {2}127\.0\.0\.1:\d+ cannot be reached \(The registry responded with status 503\)/,
      ),
    ]);
    expect(
      await manage(gateway.api, "GET", "/marketplace/servers/mcpnest/filesystem"),
    ).toMatchObject({
      title: "Filesystem",
    });
    await expect.poll(async () => (await readRun())?.state).toBe("failed");
  });

  test(
    "after a kill in the middle, the sync ends with every server once",
    { timeout: 120_000 },
    async () => {
      await setUp({ entries, delayMs: 100 });
      await start();
      await expect.poll(async () => (await readRun())?.pages).toBeGreaterThan(3);
      for (const pid of childrenOf(process.pid)) process.kill(pid, "SIGKILL");
      await gateway.pause();
      await gateway.resume();
      const killed = await readRun();
      expect(killed?.state).toBe("running");
      expect(killed?.pages).toBeLessThan(entries.length / 2);
      await gateway.runCrons(new Date(Date.now() + 2 * MINUTE_MS));
      expect((await listLines()).at(-1)).toMatch(
        /^Marketplace {2}30 servers from 127\.0\.0\.1:\d+ in \d+ s\. It is updated every hour\.$/,
      );
      expect(await readRun()).toMatchObject({ number: killed?.number, state: "done", pages: 15 });
      const found = await manage(gateway.api, "GET", "/marketplace/servers?q=egret&limit=100");
      const names = Servers.parse(found).items.map(({ name }) => name);
      expect(names.toSorted()).toEqual(entries.map(({ server }) => server.name).toSorted());
      const { items } = Sources.parse(await manage(gateway.api, "GET", "/marketplace/sources"));
      expect(items.find(({ name }) => name === "official")?.syncedAt).toBe(killed?.startedAt);
    },
  );
});
