// node scripts/build-worker.ts <folder>: bundles the Worker with wrangler's own bundler, with a manifest of what
// wrangler.toml says about it, and takes away the bundles of older sources.
import { execFile } from "node:child_process";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import {
  unstable_getMiniflareWorkerOptions,
  unstable_readConfig,
  unstable_splitSqlQuery,
} from "wrangler";
import { z } from "zod";
import { root, type WorkerBundle } from "./worker-bundle.ts";

// Wrangler's types name its configuration's type only through a package that it does not bring along.
const Config = z.object({
  name: z.string(),
  vars: z.record(z.string(), z.string()),
  d1_databases: z.tuple([z.object({ migrations_dir: z.string() })]),
  triggers: z.object({ crons: z.array(z.string()) }),
});

const folder = process.argv[2];
if (!folder) throw new Error("usage: node scripts/build-worker.ts <folder>");

// Built beside its place and then moved there, so that of two builds at once each is whole.
const draft = `${folder}.${process.pid}`;
const wrangler = join(root, "node_modules", "wrangler", "bin", "wrangler.js");
const bundling = [wrangler, "deploy", "--dry-run", "--outdir", draft];
await promisify(execFile)(process.execPath, bundling, { cwd: root });
await writeFile(join(draft, "manifest.json"), JSON.stringify(await describeBundle(folder)));
await rename(draft, folder).catch(() => rm(draft, { recursive: true }));
await removeOlder(folder);

async function describeBundle(place: string): Promise<WorkerBundle> {
  const configPath = join(root, "wrangler.toml");
  const config = Config.parse(unstable_readConfig({ config: configPath }, { hideWarnings: true }));
  const { modulesRules: _, ...options } =
    unstable_getMiniflareWorkerOptions(configPath).workerOptions;
  return {
    workerOptions: {
      ...options,
      // Not those that wrangler adds from the environment and .dev.vars: they may be secrets.
      bindings: config.vars,
      name: config.name,
      modules: true,
      scriptPath: join(place, "index.js"),
    },
    migrations: await readMigrations(join(root, config.d1_databases[0].migrations_dir)),
    crons: config.triggers.crons,
  };
}

async function readMigrations(path: string): Promise<WorkerBundle["migrations"]> {
  const names = (await readdir(path)).filter((name) => name.endsWith(".sql")).toSorted();
  return Promise.all(
    names.map(async (name) => ({
      name,
      queries: unstable_splitSqlQuery(await readFile(join(path, name), "utf8")),
    })),
  );
}

async function removeOlder(current: string): Promise<void> {
  const parent = dirname(current);
  const older = (await readdir(parent)).filter(
    (name) => /^worker-[0-9a-f]{16}$/.test(name) && name !== basename(current),
  );
  for (const name of older) await rm(join(parent, name), { recursive: true, force: true });
}
