import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "../../../scripts/worker-bundle.ts";
import type { PrivateEngine } from "./private-engine.ts";

/** Runs a container host in a private engine's namespaces. `ready` rejects with its output when it exits first. */
export function spawnHost(
  engine: PrivateEngine,
  environment: Record<string, string>,
  onOutput: (chunk: string) => void,
): { child: ChildProcess; ready: Promise<void> } {
  const child = engine.spawn(process.execPath, [join(root, "container-host/main.ts")], {
    PATH: process.env["PATH"],
    DOCKER_HOST: `unix://${engine.socket}`,
    MCPNEST_HOST_CLOCK_SKEW_SECONDS: "0",
    // No test reaches a registry.
    MCPNEST_HOST_REGISTRY: "http://127.0.0.1:9",
    ...environment,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
      onOutput(chunk);
    });
  }
  const untilReady = async () => {
    while (!output.includes('"host_ready"')) {
      if (child.exitCode !== null) throw new Error(`the host ended:\n${output}`);
      await sleep(20);
    }
  };
  return { child, ready: untilReady() };
}

/** Ends a process and waits for its exit; does nothing if it has exited. */
export async function endProcess(
  child: ChildProcess | null,
  signal: "SIGTERM" | "SIGKILL",
): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await ended;
}
