import { LOCALE } from "./locale.ts";

const count = new Intl.NumberFormat(LOCALE);
const compact = new Intl.NumberFormat(LOCALE, { notation: "compact", maximumFractionDigits: 1 });
// Rounded down: 99.96% is not all.
const percent = new Intl.NumberFormat(LOCALE, {
  style: "percent",
  maximumFractionDigits: 1,
  roundingMode: "floor",
});
/** The smallest share that is not shown as 0%. */
const MIN_SHARE = 0.001;

/** "1,234"; from 100,000 on "123.5K". */
export function formatCount(value: number): string {
  return value < 100_000 ? count.format(value) : compact.format(value);
}

/** All digits of a whole number: "123,456". */
export function formatExactCount(value: number): string {
  return count.format(value);
}

/** "12.5%"; a dash if `whole` is 0. Only all is "100%" and only none is "0%". */
export function formatPercentage(part: number, whole: number): string {
  if (whole === 0) return "–";
  const share = part / whole;
  return share > 0 && share < MIN_SHARE ? `<${percent.format(MIN_SHARE)}` : percent.format(share);
}

/** "12 ms", "1.4 s", "2 min 5 s"; a dash for null. */
export function formatLatency(ms: number | null): string {
  if (ms === null) return "–";
  const whole = Math.round(ms);
  if (whole < 1_000) return `${whole} ms`;
  return whole < 59_950
    ? `${(whole / 1_000).toFixed(1)} s`
    : formatDuration(Math.round(whole / 1_000));
}

/** "~440 ms": a percentile, which is estimated from numbers of calls by range of latency; a dash for null. */
export function formatEstimatedLatency(ms: number | null): string {
  return ms === null ? "–" : `~${formatLatency(Number(ms.toPrecision(2)))}`;
}

/** "1 tool", "2 tools". */
export function pluralize(value: number, one: string, many = `${one}s`): string {
  return `${formatCount(value)} ${value === 1 ? one : many}`;
}

const bytes = ["B", "KB", "MB", "GB", "TB"];

/** "0 B", "1.4 MB"; 1 KB is 1024 B. */
export function formatBytes(value: number): string {
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), bytes.length - 1);
  const scaled = (value / 1024 ** power).toFixed(power === 0 ? 0 : 1);
  const isNextUnit = scaled === "1024.0" && power < bytes.length - 1;
  return isNextUnit ? `1.0 ${bytes[power + 1]}` : `${scaled} ${bytes[power]}`;
}

/** Duration in its two largest units: "12 s", "3 min 20 s", "2 d 4 h". */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3_600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ] as const;
  const first = parts.findIndex(([value]) => value > 0);
  if (first < 0) return "0 s";
  const shown = parts.slice(first, first + 2).filter(([value]) => value > 0);
  return shown.map(([value, unit]) => `${value} ${unit}`).join(" ");
}
