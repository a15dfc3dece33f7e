/** What Cloudflare bills in a month, in the units of its price list. */
export interface Month {
  workerRequests: number;
  workerCpuMs: number;
  /** Requests to objects and alarms; 20 messages of a WebSocket are one. */
  objectRequests: number;
  objectGbSeconds: number;
  objectRowsRead: number;
  objectRowsWritten: number;
  databaseRowsRead: number;
  databaseRowsWritten: number;
  queueOperations: number;
}

/** US dollars a month of the Workers Paid plan. */
const BASE = 5;
const MILLION = 1e6;

/**
 * Included in the plan, and US dollars for a million more. Source: developers.cloudflare.com, "Pricing" of Workers, Durable
 * Objects, D1 and Queues, November 2026.
 */
const PRICES: Record<keyof Month, { included: number; perMillion: number }> = {
  workerRequests: { included: 10 * MILLION, perMillion: 0.3 },
  workerCpuMs: { included: 30 * MILLION, perMillion: 0.02 },
  objectRequests: { included: MILLION, perMillion: 0.15 },
  objectGbSeconds: { included: 400_000, perMillion: 12.5 },
  objectRowsRead: { included: 25_000 * MILLION, perMillion: 0.001 },
  objectRowsWritten: { included: 50 * MILLION, perMillion: 1 },
  databaseRowsRead: { included: 25_000 * MILLION, perMillion: 0.001 },
  databaseRowsWritten: { included: 50 * MILLION, perMillion: 1 },
  queueOperations: { included: MILLION, perMillion: 0.4 },
};

/** The price of a month in US dollars, with the plan's base. Storage is not in it. */
export function toPrice(month: Month): number {
  const more = Object.entries(PRICES).map(([name, { included, perMillion }]) => {
    // A cast: the keys of this record are those of `Month`, as its type says.
    const used = month[name as keyof Month];
    return (Math.max(0, used - included) / MILLION) * perMillion;
  });
  return BASE + more.reduce((sum, dollars) => sum + dollars, 0);
}
