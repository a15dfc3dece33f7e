import type { ChartKind, ChartSeries } from "./chart-marks.tsx";

/** The least round number above all values; of bars, above the sums of each step. At least 2, so that half of it is round. */
export function toScaleMax(kind: ChartKind, series: ChartSeries[], count: number): number {
  let highest = 0;
  for (let step = 0; step < count; step++) {
    const values = series.map((item) => item.values[step] ?? 0);
    const top =
      kind === "bar" ? values.reduce((sum, value) => sum + value, 0) : Math.max(0, ...values);
    highest = Math.max(highest, top);
  }
  const power = 10 ** Math.floor(Math.log10(Math.max(highest, 1)));
  const round = [1, 2, 4, 6, 8, 10].find((factor) => factor * power >= highest) ?? 10;
  return Math.max(2, round * power);
}
