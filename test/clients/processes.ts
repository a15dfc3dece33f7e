import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Launch } from "./client.ts";

/** A client's process is stopped after this time. */
const PROCESS_TIMEOUT_MS = 150_000;

/** The output of a process that has ended. */
export interface Output {
  stdout: string;
  stderr: string;
  /** Null: the process was stopped because it did not end. */
  exitCode: number | null;
}

/** Clients that run now. An interrupted suite stops them, too. */
const running = new Set<number>();
process.on("exit", () => {
  for (const pid of running) tryKill(-pid);
});

/** Runs `use` with an empty home folder, which is deleted afterwards. */
export async function withHome<T>(use: (home: string) => Promise<T>): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), "mcpnest-client-home-"));
  try {
    return await use(home);
  } finally {
    // A client's process can still write while it ends.
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** The environment of a client: nothing of the caller's but PATH, and no reports or updates. */
export function isolatedEnv(home: string): Record<string, string> {
  return {
    PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
    HOME: home,
    USERPROFILE: home,
    XDG_CONFIG_HOME: join(home, ".config"),
    XDG_DATA_HOME: join(home, ".local/share"),
    XDG_CACHE_HOME: join(home, ".cache"),
    XDG_STATE_HOME: join(home, ".local/state"),
    TMPDIR: home,
    TERM: "dumb",
    NO_COLOR: "1",
    NO_UPDATE_NOTIFIER: "1",
    DO_NOT_TRACK: "1",
  };
}

/** Writes files below a folder. */
async function writeFiles(folder: string, files: Record<string, string>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/**
 * Starts a client in an isolated environment and waits until it ends. `onOutput`: gets all that it has printed, whenever it
 * prints.
 */
export async function runToEnd(
  launch: Launch,
  home: string,
  onOutput?: (output: string) => void,
): Promise<Output> {
  await writeFiles(home, launch.files ?? {});
  const child = spawn(launch.command, launch.args, {
    cwd: launch.cwd ?? home,
    env: { ...isolatedEnv(home), ...launch.env },
    // A separate process group, so that the client's children are stopped with it.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", () => onOutput?.(`${stdout}\n${stderr}`));
  const stop = () => {
    if (child.pid === undefined) return;
    tryKill(-child.pid);
    running.delete(child.pid);
  };
  if (child.pid !== undefined) running.add(child.pid);
  const timer = setTimeout(stop, PROCESS_TIMEOUT_MS);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  }).finally(() => clearTimeout(timer));
  stop();
  return { stdout, stderr, exitCode };
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // The group has ended already.
  }
}
