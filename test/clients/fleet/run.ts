// npm run fleet: installs real clients, gives each the managed settings of a workspace and measures which servers start.
// `-- <id> …` runs single clients, `-- --write` updates docs/fleet-pack.md, `-- --verbose` prints their output.
import { access, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { root } from "../../../scripts/worker-bundle.ts";
import type { FleetPack } from "../../../workers/contract/api/fleet-pack.ts";
import { writeResults } from "../../fixtures/docs-results.ts";
import type { Setup } from "../client.ts";
import { install, toFolder, toVersion } from "../install.ts";
import { isIsolated, runIsolated } from "../isolation.ts";
import { runToEnd, withHome } from "../processes.ts";
import { openStage, type Stage } from "../stage.ts";
import { ATTEMPTS, configure, findStarted, type Attempt, type Configured } from "./attempts.ts";
import { MANAGED_CLIENTS, type ManagedClient, type Settings } from "./managed-clients.ts";

const KEYS = Object.keys(ATTEMPTS) as Attempt[];
const { values, positionals } = parseArgs({
  options: { write: { type: "boolean" }, verbose: { type: "boolean" } },
  allowPositionals: true,
});
const ids = new Set(z.array(z.enum(MANAGED_CLIENTS.map(({ id }) => id))).parse(positionals));
const clients = MANAGED_CLIENTS.filter(({ id }) => ids.size === 0 || ids.has(id));
if (values.write && ids.size > 0) throw new Error("--write needs all clients");

if (isIsolated()) {
  await measureAll();
} else {
  for (const { client } of clients) await install(client);
  process.exitCode = runIsolated([fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    hasOwnEtc: true,
  });
}

async function measureAll(): Promise<void> {
  const stage = await openStage();
  try {
    const pack = await stage.readFleetPack("suite");
    const rows: string[][] = [];
    for (const client of clients) rows.push(...(await measure(client, stage, pack)));
    const table = toTable(rows);
    console.log(`\n${table}\n`);
    const day = new Date().toISOString().slice(0, 10);
    if (values.write)
      await writeResults(join(root, "docs/fleet-pack.md"), `Measured on ${day}.\n\n${table}\n`);
  } finally {
    await stage.close();
  }
}

/** The rows of a client: without managed settings, where everything starts, and with each of its settings. */
async function measure(managed: ManagedClient, stage: Stage, pack: FleetPack): Promise<string[][]> {
  const { client, settings } = managed;
  const version = toVersion(client.packages[0] ?? "");
  return withHome(async (home) => {
    const servers = await configure(stage);
    const setup = toSetup(managed, stage, home, servers);
    const files = managed.files(servers, `echo started >> ${markOf(home)}`);
    await runToEnd({ command: "true", args: [], files }, home);
    for (const args of managed.preparation)
      await runToEnd({ ...managed.launch(setup), args }, home);
    const rows = [];
    for (const one of [{ files: {}, starts: KEYS }, ...settings]) {
      const written = await writeSettings(managed, one, pack);
      const started = await start(managed, stage, setup, servers);
      for (const file of written) await rm(file);
      const unexpected = KEYS.filter((key) => started.has(key) !== one.starts.includes(key));
      const name = Object.keys(one.files).join(" and ") || "none";
      console.log(
        `${client.label}, ${name}: ${unexpected.length > 0 ? `unexpected: ${unexpected.join(", ")}` : "as expected"}`,
      );
      if (unexpected.length > 0) process.exitCode = 1;
      const cells = KEYS.map((key) => (started.has(key) ? "starts" : "no"));
      rows.push([`${client.label.replace(/,.*/, "")} ${version}`, name, ...cells]);
    }
    return rows;
  });
}

async function start(
  managed: ManagedClient,
  stage: Stage,
  setup: Setup,
  servers: Configured[],
): Promise<Set<Attempt>> {
  const mark = markOf(setup.home);
  await rm(mark, { force: true });
  const from = stage.exchanges.length;
  // A call of a tool, so that the client waits for its servers.
  stage.model.play([{ tool: "old_same", args: { note: "from the suite" } }]);
  const output = await runToEnd(managed.launch(setup), setup.home);
  if (values.verbose) console.log(output.stdout, output.stderr);
  const started = findStarted(stage, servers, from);
  const ran = await access(mark).then(
    () => true,
    () => false,
  );
  return ran ? new Set([...started, "program"]) : started;
}

/** Writes files of the pack to their places below /etc, which is this program's own. Returns their paths. */
async function writeSettings(
  { id }: ManagedClient,
  settings: Settings,
  pack: FleetPack,
): Promise<string[]> {
  const client = pack.clients.find((one) => one.id === id);
  const written = [];
  for (const [name, path] of Object.entries(settings.files)) {
    const file = client?.files.find((one) => one.name === name);
    if (!file?.where.some((place) => place.endsWith(path)))
      throw new Error(`the pack has no ${name} for ${path}`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.content, { mode: 0o644 });
    written.push(path);
  }
  return written;
}

function toSetup(
  { client }: ManagedClient,
  stage: Stage,
  home: string,
  [server]: Configured[],
): Setup {
  const { name = "", url = "", token = "" } = server ?? {};
  const connection = { name, url, token, variable: "MCPNEST_SUITE_TOKEN" };
  return { folder: toFolder(client), home, connection, modelUrl: stage.model.url };
}

/** The file that the program writes when it starts. */
function markOf(home: string): string {
  return join(home, "program-started");
}

function toTable(rows: string[][]): string {
  const head = ["client", "managed settings", ...Object.values(ATTEMPTS)];
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}
