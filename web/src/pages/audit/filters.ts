import type { CallStatus } from "../../../../workers/contract/records/audit.ts";

const HOUR_MS = 3_600_000;

export const SINCE = [
  { value: "1h", label: "Last hour", ms: HOUR_MS },
  { value: "24h", label: "Last 24 hours", ms: 24 * HOUR_MS },
  { value: "7d", label: "Last 7 days", ms: 7 * 24 * HOUR_MS },
  { value: "30d", label: "Last 30 days", ms: 30 * 24 * HOUR_MS },
] as const;

/** What the address bar says is to be shown. */
export interface Filters {
  member?: string | undefined;
  server?: string | undefined;
  tool?: string | undefined;
  status?: CallStatus | undefined;
  since?: (typeof SINCE)[number]["value"] | undefined;
  from?: number | undefined;
  to?: number | undefined;
}

/** The same as the API takes it: "the last hour" begins an hour before `now`. */
export function toApiFilters({ since, ...filters }: Filters, now: number) {
  const ms = SINCE.find(({ value }) => value === since)?.ms;
  return ms === undefined ? filters : { ...filters, from: now - ms, to: undefined };
}
