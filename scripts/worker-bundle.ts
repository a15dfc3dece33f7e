import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { V4WorkerOptions } from "miniflare";

/** The repository's folder. */
export const root = fileURLToPath(new URL("..", import.meta.url));
const builder = join(root, "scripts", "build-worker.ts");
/** Files and folders that determine the bundle. */
const INPUTS = [
  "workers",
  "durable-objects",
  "client-config",
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
 * The bundle for the local runtime: miniflare's options for the Worker and the dashboard's files, D1 migrations split
 * into queries, and cron expressions.
 */
export interface WorkerBundle {
  workerOptions: V4WorkerOptions;
  dashboard: NonNullable<V4WorkerOptions["assets"]>;
  migrations: { name: string; queries: string[] }[];
  crons: string[];
}

/**
 * Returns the production bundle of the current sources; builds it if it is missing. Throws with the bundler's output.
 */
export async function buildWorker(): Promise<WorkerBundle> {
  const folder = join(root, ".build", `worker-${await hashInputs(INPUTS)}`);
  const built = await readManifest(folder);
  if (built) return built;
  // In a separate process, because wrangler takes a second and 150 MB to load.
  await promisify(execFile)(process.execPath, [builder, folder], {
    cwd: root,
    env: quietWranglerEnv(),
  });
  const bundle = await readManifest(folder);
  if (!bundle) throw new Error(`${builder} wrote no bundle`);
  return bundle;
}

/** Returns an environment in which wrangler sends no reports and writes only below the repository's folder. */
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
  // An unreadable file counts as missing: then the bundle is built again.
  const text = await readFile(join(folder, "manifest.json"), "utf8").catch(() => undefined);
  // A cast: build-worker.ts wrote this file, and the folder's name includes the hash of that script.
  return text === undefined ? undefined : (JSON.parse(text) as WorkerBundle);
}

async function hashInputs(inputs: string[]): Promise<string> {
  const hash = createHash("sha256").update(root);
  for (const input of inputs) {
    for (const file of await listFiles(join(root, input))) {
      hash.update(file).update(await readFile(file));
    }
  }
  return hash.digest("hex").slice(0, 16);
}

async function listFiles(path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}
