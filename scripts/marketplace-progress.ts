import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { MarketplaceRun, MarketplaceSource } from "../workers/contract/api/marketplace-sync.ts";
import { manage, type ManagementApi } from "./management-client.ts";

const POLL_MS = 1_000;
/** Between two lines about the same run. */
const LINE_MS = 10_000;

const Sources = z.object({ items: z.array(MarketplaceSource) });
const Runs = z.object({ items: z.array(MarketplaceRun) });

/** Prints the progress of the marketplace's sync that is in progress, until it has ended or the registry is away. */
export async function printSyncProgress(
  api: ManagementApi,
  print: (line: string) => void,
): Promise<void> {
  const source = await findOfficialSource(api);
  const host = source?.url && new URL(source.url).host;
  if (!host || source.lastRun?.state !== "running") return;
  const isFirst = source.syncedAt === null;
  print(
    isFirst
      ? `Marketplace  fetches the servers of ${host} in the background.`
      : `Marketplace  fetches what has changed at ${host}.`,
  );
  let printed = { at: Date.now(), pages: 0 };
  for (;;) {
    const run = await findRun(api, source.lastRun.number);
    if (!run) return;
    if (run.state !== "running") return print(describeEnd(run, host));
    if (run.attempt >= 2 && run.pages === 0) return print(describeAbsence(run, host));
    if (run.pages > printed.pages && Date.now() - printed.at >= LINE_MS) {
      print(`Marketplace  ${countServers(run)} so far`);
      printed = { at: Date.now(), pages: run.pages };
    }
    await wait(POLL_MS);
  }
}

async function findOfficialSource(api: ManagementApi) {
  const { items } = Sources.parse(await manage(api, "GET", "/marketplace/sources"));
  return items.find(({ name }) => name === "official");
}

async function findRun(api: ManagementApi, number: number): Promise<MarketplaceRun | undefined> {
  const runs = await manage(api, "GET", "/marketplace/runs?source=official&limit=5");
  return Runs.parse(runs).items.find((run) => run.number === number);
}

function describeEnd(run: MarketplaceRun, host: string): string {
  if (run.state === "failed")
    return `Marketplace  The sync with ${host} has failed: ${run.problem}. The next one begins within an hour; meanwhile the marketplace has what is stored.`;
  const seconds = Math.ceil(((run.endedAt ?? run.startedAt) - run.startedAt) / 1_000);
  const leftOut =
    run.rejected === 0 ? "" : `, ${run.rejected} entries are broken and were left out`;
  return `Marketplace  ${countServers(run)} from ${host} in ${seconds} s${leftOut}. It is updated every hour.`;
}

function describeAbsence({ problem }: MarketplaceRun, host: string): string {
  return `Marketplace  ${host} cannot be reached (${problem}). The marketplace has the hosted servers and what is stored, and goes on when the registry can be reached. Files are imported with: npm run catalogue:import -- FILE`;
}

function countServers({ kind, changed, unchanged }: MarketplaceRun): string {
  const count = changed + (kind === "sweep" ? unchanged : 0);
  return `${count.toLocaleString("en")} ${kind === "sweep" ? "" : "changed "}servers`;
}
