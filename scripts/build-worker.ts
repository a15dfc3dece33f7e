// node scripts/build-worker.ts <folder>: bundles the Worker (with wrangler's bundler) and the dashboard into the
// folder, writes a manifest with the settings of wrangler.toml, and deletes bundles of older sources.
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import {
  unstable_getMiniflareWorkerOptions,
  unstable_readConfig,
  unstable_splitSqlQuery,
} from "wrangler";
import { z } from "zod";
import { root, type WorkerBundle } from "./worker-bundle.ts";

// A schema, because wrangler's type for its configuration comes from a package that wrangler does not install.
const Config = z.object({
  name: z.string(),
  vars: z.record(z.string(), z.string()),
  assets: z.object({ directory: z.string(), not_found_handling: z.string() }),
  d1_databases: z.tuple([z.object({ migrations_dir: z.string() })]),
  triggers: z.object({ crons: z.array(z.string()) }),
});

const configPath = join(root, "wrangler.toml");
/** The dashboard's files, inside the bundle's folder. */
const DASHBOARD = "dashboard";

const folder = process.argv[2];
if (!folder) throw new Error("usage: node scripts/build-worker.ts <folder>");

// Built in a draft folder and then renamed, so that concurrent builds cannot mix their files.
const draft = `${folder}.${process.pid}`;
const wrangler = join(root, "node_modules", "wrangler", "bin", "wrangler.js");
const bundling = [wrangler, "deploy", "--dry-run", "--outdir", draft];
const config = readConfig();
// Wrangler requires that the folder exists; its content does not matter.
await mkdir(join(root, config.assets.directory), { recursive: true });
await promisify(execFile)(process.execPath, bundling, { cwd: root });
// Vite runs in a separate process, because wrangler, which is loaded here, changes the environment.
const vite = join(root, "node_modules", "vite", "bin", "vite.js");
const building = [vite, "build", "--config", join(root, "web", "vite.config.ts")];
const target = ["--outDir", join(draft, DASHBOARD), "--emptyOutDir"];
await promisify(execFile)(process.execPath, [...building, ...target], { cwd: root });
await writeFile(join(draft, "manifest.json"), JSON.stringify(await describeBundle(folder)));
// The rename fails only if a concurrent build has finished first; its bundle has the same content.
await rename(draft, folder).catch(() => rm(draft, { recursive: true }));
await removeOlderBundles(folder);

async function describeBundle(bundleFolder: string): Promise<WorkerBundle> {
  const {
    modulesRules: _,
    assets: _assets,
    // Miniflare's rate limit writes each request to disk, and strangers are to write nothing.
    ratelimits: _ratelimits,
    ...options
  } = unstable_getMiniflareWorkerOptions(configPath).workerOptions;
  return {
    workerOptions: {
      ...options,
      // Without the bindings that wrangler adds from the environment and .dev.vars, which can be secrets.
      bindings: config.vars,
      name: config.name,
      modules: true,
      scriptPath: join(bundleFolder, "index.js"),
    },
    dashboard: {
      directory: join(bundleFolder, DASHBOARD),
      assetConfig: { not_found_handling: config.assets.not_found_handling },
    },
    migrations: await readMigrations(join(root, config.d1_databases[0].migrations_dir)),
    crons: config.triggers.crons,
  };
}

function readConfig(): z.infer<typeof Config> {
  return Config.parse(unstable_readConfig({ config: configPath }, { hideWarnings: true }));
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

async function removeOlderBundles(current: string): Promise<void> {
  const parent = dirname(current);
  const older = (await readdir(parent)).filter(
    (name) => /^worker-[0-9a-f]{16}$/.test(name) && name !== basename(current),
  );
  for (const name of older) await rm(join(parent, name), { recursive: true, force: true });
}
