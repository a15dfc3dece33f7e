import { spawnSync } from "node:child_process";

const MARK = "MCPNEST_CLIENTS_ISOLATED";

/** Whether this process has no network but its loopback interface. */
export function isIsolated(): boolean {
  return process.env[MARK] === "1";
}

/**
 * Runs this program again in a network namespace of Linux that has only a loopback interface, so that no client can
 * send anything to another machine. Returns its exit code. Throws where there are no such namespaces.
 */
export function runIsolated(args: string[]): number {
  const inside = 'ip link set lo up && exec "$@"';
  const { status, error } = spawnSync(
    "unshare",
    ["--map-root-user", "--net", "sh", "-c", inside, "sh", process.execPath, ...args],
    { env: { ...process.env, [MARK]: "1" }, stdio: "inherit" },
  );
  if (error)
    throw new Error("The clients run in a network namespace; it needs Linux, unshare and ip.", {
      cause: error,
    });
  return status ?? 1;
}
