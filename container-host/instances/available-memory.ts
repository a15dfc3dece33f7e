import { readFile } from "node:fs/promises";

/** Bytes of free and reclaimable memory (`MemAvailable`, proc(5)). Throws without /proc. */
export async function readAvailableMemory(): Promise<number> {
  const kib = /^MemAvailable: +(\d+) kB$/m.exec(await readFile("/proc/meminfo", "utf8"))?.[1];
  if (kib === undefined) throw new Error("/proc/meminfo has no MemAvailable");
  return Number(kib) * 1024;
}
