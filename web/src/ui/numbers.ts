const count = new Intl.NumberFormat();
const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });

export function formatCount(value: number): string {
  return value < 100_000 ? count.format(value) : compact.format(value);
}

/** Of nothing there is no share. */
export function formatShare(part: number, whole: number): string {
  return whole === 0 ? "–" : percent.format(part / whole);
}

/** "12 ms", "1.4 s"; a dash where nothing was measured. */
export function formatLatency(ms: number | null): string {
  if (ms === null) return "–";
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${formatCount(value)} ${value === 1 ? one : many}`;
}
