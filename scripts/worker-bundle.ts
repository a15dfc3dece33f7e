import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { V4WorkerOptions } from "miniflare";

export const root = fileURLToPath(new URL("..", import.meta.url));
const builder = join(root, "scripts", "build-worker.ts");
const INPUTS = [
  "workers",
  "durable-objects",
  "d1-migrations",
  "web/src",
  "web/public",
  "web/index.html",
  "web/vite.config.ts",
  "wrangler.toml",
  "package-lock.json",
  "scripts/build-worker.ts",
];

/**
 * What the local runtime needs of the Worker: miniflare's options for it and for the dashboard's files, and its D1
 * migrations, split into queries.
 */
export interface WorkerBundle {
  workerOptions: V4WorkerOptions;
  dashboard: NonNullable<V4WorkerOptions["assets"]>;
  migrations: { name: string; queries: string[] }[];
  crons: string[];
}

/**
 * The production bundle of the sources as they are now, made only where there is none of them yet. Throws with the
 * bundler's own words when they do not bundle.
 */
export async function buildWorker(): Promise<WorkerBundle> {
  const folder = join(root, ".build", `worker-${await hashOf(INPUTS)}`);
  const built = await readManifest(folder);
  if (built) return built;
  // In a process of its own: wrangler takes a second and 150 MB to load.
  await promisify(execFile)(process.execPath, [builder, folder], {
    cwd: root,
    env: quietWranglerEnv(),
  });
  const bundle = await readManifest(folder);
  if (!bundle) throw new Error(`${builder} left no bundle`);
  return bundle;
}

/** The environment in which wrangler reports to nobody and writes only below this folder. */
function quietWranglerEnv(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_SEND_ERROR_REPORTS: "false",
    WRANGLER_HIDE_BANNER: "true",
    WRANGLER_LOG_PATH: join(root, ".build", "wrangler-logs"),
    WRANGLER_CACHE_DIR: join(root, ".build", "wrangler-cache"),
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
  };
}

async function readManifest(folder: string): Promise<WorkerBundle | undefined> {
  const text = await readFile(join(folder, "manifest.json"), "utf8").catch(() => undefined);
  // Written by build-worker.ts, which the folder's name covers.
  return text === undefined ? undefined : (JSON.parse(text) as WorkerBundle);
}

async function hashOf(inputs: string[]): Promise<string> {
  const hash = createHash("sha256").update(root);
  for (const input of inputs) {
    for (const file of await filesBelow(join(root, input))) {
      hash.update(file).update(await readFile(file));
    }
  }
  return hash.digest("hex").slice(0, 16);
}

async function filesBelow(path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}
