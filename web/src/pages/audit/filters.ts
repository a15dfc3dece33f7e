import type { CallStatus } from "../../../../workers/contract/records/audit.ts";
import { DAY_MS, HOUR_MS } from "../../../../workers/contract/units.ts";

/** The time ranges that the log can be filtered by, besides a range of two instants. */
export const TIME_RANGES = [
  { value: "1h", label: "Last hour", ms: HOUR_MS },
  { value: "24h", label: "Last 24 hours", ms: DAY_MS },
  { value: "7d", label: "Last 7 days", ms: 7 * DAY_MS },
  { value: "30d", label: "Last 30 days", ms: 30 * DAY_MS },
  { value: "90d", label: "Last 90 days", ms: 90 * DAY_MS },
] as const;

/** A time range, as search parameters. `from` and `to` in epoch ms. */
export interface TimeRange {
  since?: (typeof TIME_RANGES)[number]["value"] | undefined;
  from?: number | undefined;
  to?: number | undefined;
}

/** Filters of the calls, as search parameters and parameters of the API. */
export interface CallFilters extends TimeRange {
  member?: string | undefined;
  token?: string | undefined;
  server?: string | undefined;
  tool?: string | undefined;
  status?: CallStatus | undefined;
  method?: string | undefined;
  error?: string | undefined;
  rule?: string | undefined;
  client?: string | undefined;
  clientVersion?: string | undefined;
}

/** Filters of the changes, as search parameters and parameters of the API. */
export interface EventFilters extends TimeRange {
  person?: string | undefined;
  object?: string | undefined;
  action?: string | undefined;
}

const TIME = { since: undefined, from: undefined, to: undefined };
/** Search parameters without any filter of calls. */
export const NO_CALL_FILTERS: Record<keyof CallFilters, undefined> = {
  ...TIME,
  member: undefined,
  token: undefined,
  server: undefined,
  tool: undefined,
  status: undefined,
  method: undefined,
  error: undefined,
  rule: undefined,
  client: undefined,
  clientVersion: undefined,
};
/** Search parameters without any filter of changes. */
export const NO_EVENT_FILTERS: Record<keyof EventFilters, undefined> = {
  ...TIME,
  person: undefined,
  object: undefined,
  action: undefined,
};

/** The filters among search parameters; `none`: all filters there are. */
export function pickFilters<T extends object>(search: object, none: Record<keyof T, undefined>): T {
  // A cast: each filter has the type of its search parameter.
  return Object.fromEntries(
    Object.entries(search).filter(([name, value]) => name in none && value !== undefined),
  ) as T;
}

/** Converts filters to API parameters: `since` becomes `from`, relative to the opening of the log (epoch ms). */
export function toApiFilters<T extends TimeRange>({ since, ...filters }: T, openedAt: number) {
  const ms = TIME_RANGES.find(({ value }) => value === since)?.ms;
  return ms === undefined ? filters : { ...filters, from: openedAt - ms, to: undefined };
}
