import type { CallStatus } from "../../../../workers/contract/records/audit.ts";
import { HOUR_MS } from "../../../../workers/contract/units.ts";

/** The time ranges that the log can be filtered by. */
export const TIME_RANGES = [
  { value: "1h", label: "Last hour", ms: HOUR_MS },
  { value: "24h", label: "Last 24 hours", ms: 24 * HOUR_MS },
  { value: "7d", label: "Last 7 days", ms: 7 * 24 * HOUR_MS },
  { value: "30d", label: "Last 30 days", ms: 30 * 24 * HOUR_MS },
] as const;

/** Filters of the audit log, as search parameters. `from` and `to` in epoch ms. */
export interface Filters {
  member?: string | undefined;
  server?: string | undefined;
  tool?: string | undefined;
  status?: CallStatus | undefined;
  since?: (typeof TIME_RANGES)[number]["value"] | undefined;
  from?: number | undefined;
  to?: number | undefined;
}

/** Converts the filters to API parameters: `since` becomes `from`, relative to `now`. */
export function toApiFilters({ since, ...filters }: Filters, now: number) {
  const ms = TIME_RANGES.find(({ value }) => value === since)?.ms;
  return ms === undefined ? filters : { ...filters, from: now - ms, to: undefined };
}
