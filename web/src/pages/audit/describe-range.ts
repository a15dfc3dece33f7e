import { LOCALE } from "../../ui/locale.ts";
import { TIME_RANGES, type TimeRange } from "./filters.ts";

const instant = new Intl.DateTimeFormat(LOCALE, {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});

/** The range in words; null: any time. */
export function describeRange({ since, from, to }: TimeRange): string | null {
  if (from !== undefined && to !== undefined) return instant.formatRange(from, to);
  if (from !== undefined) return `From ${instant.format(from)}`;
  if (to !== undefined) return `Until ${instant.format(to)}`;
  return TIME_RANGES.find(({ value }) => value === since)?.label ?? null;
}
