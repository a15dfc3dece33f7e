// npm run soak: 100 requests a second to the production bundle over 20 workspaces, 5 % of them hostile. Reports the memory
// of workerd and the failures of the others. `-- <minutes> <requests per second>`, default 60 and 100. Ends with an error
// if the memory of the last quarter differs from that of the third by more than 5 %, or if a request that is not hostile fails.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { findFreePort, waitForPort } from "../../scripts/ports.ts";
import { childrenOf, cpuMs, residentMb } from "../bench/processes.ts";
import { createOpenWorkspace, startLocalGateway } from "../fixtures/local-gateway.ts";
import { attack, FAULTS } from "./attacks.ts";
import { sendRegular, type Workspace } from "./regular-requests.ts";

const WORKSPACES = 20;
const HOSTILE_SHARE = 0.05;
/** Every fifth workspace has connected the hostile servers, too. */
const HOSTILE_EVERY = 5;
const SAMPLE_MS = 10_000;
const TICK_MS = 50;
/** Greatest difference between the memory of the third and the last quarter. */
const FLAT_WITHIN = 0.05;

const [minutes = 60, perSecond = 100] = process.argv.slice(2).map(Number);
const gateway = await startLocalGateway({ CLIENT_ADDRESS_HEADER: "cf-connecting-ip" });
const [workerd] = childrenOf(process.pid);
if (workerd === undefined) throw new Error("workerd does not run");
const regular = await startChild("../bench/upstream.ts");
const hostile = await startChild("hostile-server.ts");
const stop = async () => {
  for (const { child } of [regular, hostile]) child.kill();
  await gateway.stop();
};
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void stop().finally(() => process.exit(1)));
try {
  const workspaces = await Promise.all(Array.from({ length: WORKSPACES }, (_, n) => prepare(n)));
  process.exitCode = (await soak(workspaces, workerd)) ? 0 : 1;
} finally {
  await stop();
}

async function startChild(script: string) {
  const port = await findFreePort();
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL(script, import.meta.url)), String(port)],
    { stdio: "inherit" },
  );
  await Promise.race([
    waitForPort(port),
    once(child, "exit").then(() => {
      throw new Error(`${script} has ended`);
    }),
  ]);
  return { child, url: `http://127.0.0.1:${port}` };
}

async function prepare(number: number): Promise<Workspace> {
  const slug = `team-${number}`;
  const faults = number % HOSTILE_EVERY === 0 ? FAULTS : [];
  const { gatewayUrl, token } = await createOpenWorkspace(gateway.api, slug, [
    toServer("good", `${regular.url}/mcp`),
    ...faults.map((fault) => toServer(`bad-${fault}`, `${hostile.url}/call/${fault}`)),
  ]);
  return { slug, url: gatewayUrl, token, isAttacked: faults.length > 0 };
}

function toServer(slug: string, url: string) {
  return { slug, url, prefix: slug };
}

/** Runs the traffic. Returns whether memory stayed flat and every regular request succeeded. */
async function soak(workspaces: Workspace[], pid: number): Promise<boolean> {
  const samples: number[] = [];
  const failures = new Map<string, number>();
  let sent = 0;
  let succeeded = 0;
  let latencies: number[] = [];
  const send = async () => {
    const number = sent++;
    const workspace = workspaces[number % WORKSPACES];
    if (!workspace) throw new Error("no workspace");
    // In every workspace, each twentieth request is hostile.
    if (Math.floor(number / WORKSPACES) % Math.round(1 / HOSTILE_SHARE) === 0)
      return attack(number, workspaces, gateway.api.apiUrl);
    const startedAt = performance.now();
    try {
      await sendRegular(number, workspace);
      latencies.push(performance.now() - startedAt);
      succeeded++;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      failures.set(reason, (failures.get(reason) ?? 0) + 1);
    }
  };
  const startedAt = Date.now();
  const endsAt = startedAt + minutes * 60_000;
  let due = 0;
  const sending = setInterval(() => {
    due = ((Date.now() - startedAt) / 1000) * perSecond;
    while (sent < due) void send();
  }, TICK_MS);
  const cpuBefore = cpuMs(pid);
  let nextReport = startedAt;
  while (Date.now() < endsAt) {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    samples.push(residentMb(pid));
    if (Date.now() < nextReport) continue;
    nextReport += 60_000;
    const sorted = latencies.toSorted((a, b) => a - b);
    const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);
    const failed = [...failures].map(([reason, count]) => `${count} × ${reason}`).join("; ");
    const minute = Math.round((Date.now() - startedAt) / 60_000);
    console.log(
      `${minute} min: ${(samples.at(-1) ?? 0).toFixed(0)} MB, ${sent} sent, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, failed: ${failed || "none"}`,
    );
    latencies = [];
  }
  clearInterval(sending);
  const quarter = Math.floor(samples.length / 4);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const third = mean(samples.slice(-2 * quarter, -quarter));
  const last = mean(samples.slice(-quarter));
  const change = last / third - 1;
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
  console.log(
    `third quarter ${third.toFixed(0)} MB, last quarter ${last.toFixed(0)} MB: ${(change * 100).toFixed(1)} %`,
  );
  console.log(
    `${succeeded} regular requests succeeded, ${failed} failed; ${((cpuMs(pid) - cpuBefore) / sent).toFixed(2)} ms of CPU per request`,
  );
  await writeFile(new URL("../../.build/soak.json", import.meta.url), JSON.stringify(samples));
  return Math.abs(change) <= FLAT_WITHIN && failed === 0;
}
