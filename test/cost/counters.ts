import { z } from "zod";
import type { Month } from "./price.ts";

/** The counters of `counted-worker.mjs` with the CPU time of the runtime. */
export const Counts = z.object({
  workerRequests: z.number(),
  objectRequests: z.number(),
  socketMessages: z.number(),
  objectsMade: z.number(),
  objectRowsRead: z.number(),
  objectRowsWritten: z.number(),
  databaseQueries: z.number(),
  databaseRowsRead: z.number(),
  databaseRowsWritten: z.number(),
  queueOperations: z.number(),
  awakeMs: z.number(),
  cpuMs: z.number(),
});
export type Counts = z.infer<typeof Counts>;

/** Memory that an object is billed with, in GB. */
const OBJECT_GB = 0.128;
/** Messages of a WebSocket that are billed as one request. */
const MESSAGES_PER_REQUEST = 20;

/** Applies `change` to each counter. */
export function mapCounts(
  counts: Counts,
  change: (value: number, name: keyof Counts) => number,
): Counts {
  // A cast: the keys of the result are those of the argument.
  return Object.fromEntries(
    Object.entries(counts).map(([name, value]) => [name, change(value, name as keyof Counts)]),
  ) as Counts;
}

/** The bill of a month in which each of these things happens so many times. */
export function toMonth(parts: { counts: Counts; times: number }[]): Month {
  const sum = (read: (counts: Counts) => number) =>
    parts.reduce((total, { counts, times }) => total + read(counts) * times, 0);
  return {
    workerRequests: sum(({ workerRequests }) => workerRequests),
    workerCpuMs: sum(({ cpuMs }) => cpuMs),
    objectRequests: sum((c) => c.objectRequests + c.socketMessages / MESSAGES_PER_REQUEST),
    objectGbSeconds: sum(({ awakeMs }) => (awakeMs / 1000) * OBJECT_GB),
    objectRowsRead: sum(({ objectRowsRead }) => objectRowsRead),
    objectRowsWritten: sum(({ objectRowsWritten }) => objectRowsWritten),
    databaseRowsRead: sum(({ databaseRowsRead }) => databaseRowsRead),
    databaseRowsWritten: sum(({ databaseRowsWritten }) => databaseRowsWritten),
    queueOperations: sum(({ queueOperations }) => queueOperations),
  };
}
