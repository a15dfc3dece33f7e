import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { manage, type ManagementApi } from "../../scripts/management-client.ts";
import type { LocalGateway } from "../fixtures/local-gateway.ts";
import { cpuMs, residentMb } from "./processes.ts";

const POLL_MS = 200;

const Runs = z.object({
  items: z.array(
    z.object({
      state: z.string(),
      kind: z.string(),
      pages: z.int(),
      changed: z.int(),
      problem: z.string().nullable(),
    }),
  ),
});

/**
 * Has a gateway sync its marketplace with the registry of MARKETPLACE_REGISTRY: all servers, then what has changed since.
 * Prints time, CPU time and memory of workerd (`pid`) for each run; returns the number of servers. Throws if a run fails.
 */
export async function measureSync(gateway: LocalGateway, pid: number): Promise<number> {
  console.log("| run | pages | servers written | time s | CPU s | MB before | MB at most |");
  console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
  const servers = await measureRun(gateway, pid, () => gateway.runCrons(new Date()));
  await measureRun(gateway, pid, async () => {
    await manage(gateway.api, "POST", "/marketplace/sources/official/runs", { kind: "update" });
  });
  return servers;
}

async function measureRun({ api }: LocalGateway, pid: number, begin: () => Promise<void>) {
  const before = residentMb(pid);
  const cpuBefore = cpuMs(pid);
  const startedAt = performance.now();
  let most = before;
  await begin();
  let run = await readRun(api);
  while (run?.state === "running") {
    most = Math.max(most, residentMb(pid));
    await sleep(POLL_MS);
    run = await readRun(api);
  }
  if (run?.state !== "done") throw new Error(`the sync failed: ${run?.problem ?? "no run"}`);
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  const cells = [
    run.kind,
    run.pages,
    run.changed,
    seconds(performance.now() - startedAt),
    seconds(cpuMs(pid) - cpuBefore),
    before.toFixed(0),
    most.toFixed(0),
  ];
  console.log(`| ${cells.join(" | ")} |`);
  return run.changed;
}

async function readRun(api: ManagementApi) {
  return Runs.parse(await manage(api, "GET", "/marketplace/runs")).items[0];
}
