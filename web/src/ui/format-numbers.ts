const count = new Intl.NumberFormat();
const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });

/** "1,234"; from 100,000 on "123.5K". */
export function formatCount(value: number): string {
  return value < 100_000 ? count.format(value) : compact.format(value);
}

/** "12.5%"; a dash if `whole` is 0. */
export function formatPercentage(part: number, whole: number): string {
  return whole === 0 ? "–" : percent.format(part / whole);
}

/** "12 ms", "1.4 s"; a dash for null. */
export function formatLatency(ms: number | null): string {
  if (ms === null) return "–";
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** "1 tool", "2 tools". */
export function pluralize(value: number, one: string, many = `${one}s`): string {
  return `${formatCount(value)} ${value === 1 ? one : many}`;
}

const bytes = ["B", "KB", "MB", "GB", "TB"];

/** "0 B", "1.4 MB"; 1 KB is 1024 B. */
export function formatBytes(value: number): string {
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), bytes.length - 1);
  const scaled = value / 1024 ** power;
  return `${power === 0 ? scaled : scaled.toFixed(1)} ${bytes[power]}`;
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
