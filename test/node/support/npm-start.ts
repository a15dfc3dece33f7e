import { spawn, type ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "../../../scripts/worker-bundle.ts";
import { childrenOf } from "../../bench/processes.ts";

/** A running `npm start`. */
export interface Started {
  process: ChildProcess;
  /** What it has printed so far. */
  readonly output: string;
}

/**
 * Runs `npm start` without `prestart`, because dependencies are installed; returns after its last line of output. It has
 * its own process group, as in a terminal.
 */
export async function start(env: NodeJS.ProcessEnv): Promise<Started> {
  const child = spawn("npm", ["start", "--ignore-scripts"], { cwd: root, env, detached: true });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
  }
  while (!output.includes("Stop with Ctrl-C")) {
    if (child.exitCode !== null) throw new Error(`npm start ended:\n${output}`);
    await sleep(50);
  }
  return {
    process: child,
    get output() {
      return output;
    },
  };
}

/**
 * Sends a signal to npm, as a process manager does, or to its whole group, as a terminal does. Returns when
 * every process has ended; throws if one is alive after 30 s.
 */
export async function stop(
  started: Started,
  signal: "SIGTERM" | "SIGINT",
  to: "npm" | "group" = "npm",
): Promise<void> {
  const { pid = 0 } = started.process;
  const tree = [pid, ...descendantsOf(pid)];
  const startedAt = performance.now();
  process.kill(to === "npm" ? pid : -pid, signal);
  while (tree.some(isAlive)) {
    if (performance.now() - startedAt > 30_000)
      throw new Error(`still alive: ${tree.filter(isAlive).join()}`);
    await sleep(20);
  }
}

/** Whether a process exists. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The processes that a process has started, and those that they have started. */
export function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}
