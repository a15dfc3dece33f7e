import { spawnSync } from "node:child_process";

const MARK = "MCPNEST_CLIENTS_ISOLATED";

/** Whether this process has no network but its loopback interface. */
export function isIsolated(): boolean {
  return process.env[MARK] === "1";
}

/** Puts a layer over /etc that only this program and its children see, and that ends with them. */
const OWN_ETC =
  "mount -t tmpfs tmpfs /mnt && mkdir /mnt/upper /mnt/work && mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /etc";

/**
 * Runs this program again in a network namespace of Linux that has only a loopback interface, so that no client can
 * send anything to another machine. `hasOwnEtc`: it can write to /etc, and the machine's stays unchanged. Returns its exit
 * code. Throws where there are no such namespaces.
 */
export function runIsolated(args: string[], { hasOwnEtc = false } = {}): number {
  const inside = `ip link set lo up && ${hasOwnEtc ? `${OWN_ETC} && ` : ""}exec "$@"`;
  const namespaces = ["--map-root-user", "--net", ...(hasOwnEtc ? ["--mount"] : [])];
  const { status, error } = spawnSync(
    "unshare",
    [...namespaces, "sh", "-c", inside, "sh", process.execPath, ...args],
    { env: { ...process.env, [MARK]: "1" }, stdio: "inherit" },
  );
  if (error)
    throw new Error("The clients run in a network namespace; it needs Linux, unshare and ip.", {
      cause: error,
    });
  return status ?? 1;
}
