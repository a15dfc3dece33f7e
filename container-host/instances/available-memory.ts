import { readFile } from "node:fs/promises";

/** Bytes that are free or can be made free now (`MemAvailable`, proc(5)). Throws where there is no /proc. */
export async function availableMemory(): Promise<number> {
  const kib = /^MemAvailable: +(\d+) kB$/m.exec(await readFile("/proc/meminfo", "utf8"))?.[1];
  if (kib === undefined) throw new Error("/proc/meminfo has no MemAvailable");
  return Number(kib) * 1024;
}
