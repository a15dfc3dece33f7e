import { readdirSync, readFileSync } from "node:fs";

/** Linux counts CPU time in /proc in hundredths of a second. */
const TICK_MS = 10;

/** CPU time of a process and its descendants, in ms. */
export function cpuMs(pid: number): number {
  const own = treeOf(pid).map((id) => {
    const stat = readFileSync(`/proc/${id}/stat`, "utf8");
    // utime and stime; the second field is the command's name in parentheses and can contain spaces.
    const [user = "0", system = "0"] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13);
    return (Number(user) + Number(system)) * TICK_MS;
  });
  return own.reduce((sum, ms) => sum + ms, 0);
}

/** Resident memory of a process and its descendants, in MB. */
export function residentMb(pid: number): number {
  const own = treeOf(pid).map((id) => {
    const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1];
    return Number(rss ?? 0) / 1024;
  });
  return own.reduce((sum, mb) => sum + mb, 0);
}

/** The direct children of a process. */
export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8")
      .split(" ")
      .filter(Boolean)
      .map(Number),
  );
}

function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}
