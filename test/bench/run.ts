// npm run bench: measures the production bundle with all features, the upstream itself and a Worker that only forwards
// requests, in the same rounds; the bundle also with a client's OAuth grant, and with a static header, a sign-in and a person's
// sign-in at the upstreams, and with 1 person and 500 people, who have 6 and 2,000 rules. `-- <rounds> <seconds per measure>`, default 5 and 2.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { findFreePort, waitForPort } from "../../scripts/ports.ts";
import { measure, median, type Figures, type Target } from "./measure.ts";
import { startPassThrough } from "./pass-through.ts";
import { residentMb } from "./processes.ts";

const UPSTREAMS = 5;
const [rounds = 5, seconds = 2] = process.argv.slice(2).map(Number);
const Entry = z.object({
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  pids: z.array(z.int()),
  fixtures: z.array(z.string()),
  others: z.array(
    z.object({ name: z.string(), url: z.string(), headers: z.record(z.string(), z.string()) }),
  ),
});

const children: ChildProcess[] = [];
try {
  const targets = await startTargets();
  const results = new Map<string, Figures[]>(targets.map(({ name }) => [name, []]));
  const idle = targets.map(({ pid }) => residentMb(pid));
  for (const target of targets) await measure(target, 1);
  for (let round = 0; round < rounds; round += 1) {
    console.error(`round ${round + 1} of ${rounds}`);
    for (const target of targets) results.get(target.name)?.push(await measure(target, seconds));
  }
  printTable(targets, results, idle);
} finally {
  for (const child of children) child.kill();
}

async function startTargets(): Promise<Target[]> {
  const upstreams = await Promise.all(Array.from({ length: UPSTREAMS }, startUpstream));
  const [first] = upstreams;
  if (!first) throw new Error("no upstream");
  const port = await findFreePort();
  const passThrough = await startPassThrough(port, first.url);
  children.push(passThrough);
  const own = { headers: {}, fixtures: [new URL("/stats", first.url).href] };
  return [
    { name: "direct", url: first.url, pid: first.pid, ...own },
    { name: "pass-through", url: `http://127.0.0.1:${port}/mcp`, pid: pidOf(passThrough), ...own },
    ...(await startGateway(upstreams.map((upstream) => upstream.url))),
  ];
}

async function startUpstream(): Promise<{ url: string; pid: number }> {
  const port = await findFreePort();
  const child = startScript("upstream.ts", [String(port)]);
  await waitForPort(port);
  return { url: `http://127.0.0.1:${port}/mcp`, pid: pidOf(child) };
}

async function startGateway(upstreams: string[]): Promise<Target[]> {
  const child = startScript("serve.ts", ["--sign-ins", ...upstreams]);
  if (!child.stdout) throw new Error("serve.ts has no stdout");
  const hasEnded = once(child, "exit").then(() => {
    throw new Error("serve.ts has ended before it served");
  });
  const printed = once(createInterface({ input: child.stdout }), "line");
  const [line] = z.tuple([z.string()]).parse(await Promise.race([printed, hasEnded]));
  // Later it ends with this program.
  hasEnded.catch(() => undefined);
  const { pids, others, ...entry } = Entry.parse(JSON.parse(line));
  const [pid] = pids;
  if (pid === undefined) throw new Error("serve.ts named no process");
  const own = { name: "mcpnest", pid, ...entry };
  return [own, ...others.map((other) => ({ ...own, ...other }))];
}

function startScript(file: string, args: string[]): ChildProcess {
  const script = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  return child;
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error("a process did not start");
  return child.pid;
}

/** Medians over the rounds; a ratio is the median of each round's ratio in that round. */
function printTable(targets: Target[], results: Map<string, Figures[]>, idle: number[]): void {
  const of = (name: string, key: string) =>
    (results.get(name) ?? []).map((figures) => figures[key] ?? Number.NaN);
  const row = (...cells: string[]) => console.log(`| ${cells.join(" | ")} |`);
  const ratios = [
    ["mcpnest", "pass-through"],
    ["OAuth client", "mcpnest"],
    ["signed in", "static header"],
    ["account of a person", "static header"],
    ["many rules", "few rules"],
  ] as const;
  row("", ...targets.map(({ name }) => name), ...ratios.map(([name, to]) => `${name} / ${to}`));
  row("---", ...targets.map(() => "---:"), ...ratios.map(() => "---:"));
  for (const key of Object.keys(results.get("mcpnest")?.[0] ?? {})) {
    const toRatio = (name: string, to: string) => {
      const floor = of(to, key);
      return median(of(name, key).map((value, round) => value / (floor[round] ?? Number.NaN)));
    };
    const medians = targets.map(({ name }) => format(median(of(name, key))));
    row(key, ...medians, ...ratios.map(([name, to]) => format(toRatio(name, to))));
  }
  const now = targets.map(({ pid }) => residentMb(pid));
  row(
    "MB idle > loaded",
    ...now.map((mb, index) => `${format(idle[index] ?? 0)} > ${format(mb)}`),
    ...ratios.map(() => ""),
  );
}

function format(value: number): string {
  if (!Number.isFinite(value)) return "";
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(value >= 10 ? 1 : 2);
}
