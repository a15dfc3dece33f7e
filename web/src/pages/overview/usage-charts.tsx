import type { Usage, UsageDimension, UsagePoint } from "../../../../workers/contract/api/usage.ts";
import { formatCount, formatLatency } from "../../ui/format-numbers.ts";
import { Section } from "../../ui/page.tsx";
import { TimeChart, type ChartSeries } from "../../ui/time-chart.tsx";

const OK = "var(--color-chart-1)";
const ERRORS = "var(--color-chart-7)";
const REFUSED = "var(--color-chart-3)";
const P50 = "var(--color-chart-2)";
const PALETTE = [1, 2, 3, 4, 5, 6].map((index) => `var(--color-chart-${index})`);

interface Props {
  usage: Usage;
  by: UsageDimension;
  toSeriesName: (name: string) => string;
}

/** Charts of calls, errors and latency over time. */
export function UsageCharts({ usage, by, toSeriesName }: Props) {
  const steps = toSteps(usage);
  const toValues = (
    points: UsagePoint[],
    value: (point: UsagePoint) => number | null,
    emptyValue: 0 | null,
  ) => {
    const byTime = new Map(points.map((point) => [point.at, value(point)]));
    return steps.map((at) => byTime.get(at) ?? emptyValue);
  };
  const toSeriesPerName = (
    value: (point: UsagePoint) => number | null,
    emptyValue: 0 | null,
  ): ChartSeries[] =>
    usage.series.map(({ name, points }, index) => ({
      label: toSeriesName(name),
      color: PALETTE[index % PALETTE.length] ?? OK,
      values: toValues(points, value, emptyValue),
    }));
  const all = usage.series[0]?.points ?? [];
  const isAll = by === "all";
  const calls = isAll
    ? [
        { label: "Succeeded", color: OK, values: toValues(all, countSucceeded, 0) },
        { label: "Failed", color: ERRORS, values: toValues(all, (point) => point.errors, 0) },
        { label: "Refused", color: REFUSED, values: toValues(all, (point) => point.refused, 0) },
      ]
    : toSeriesPerName((point) => point.calls, 0);
  const latency = isAll
    ? [
        { label: "p50", color: P50, values: toValues(all, (point) => point.p50Ms, null) },
        { label: "p95", color: OK, values: toValues(all, (point) => point.p95Ms, null) },
      ]
    : toSeriesPerName((point) => point.p95Ms, null);
  const time = { steps, stepMs: usage.stepMs };
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <Section title="Calls" className="p-0">
        <div className="p-4">
          <TimeChart {...time} title="Calls" kind="bar" series={calls} format={formatCount} />
        </div>
      </Section>
      <Section title={isAll ? "Latency" : "Latency (p95)"}>
        <div className="p-4">
          <TimeChart
            {...time}
            title="Latency"
            kind="line"
            series={latency}
            format={formatLatency}
          />
        </div>
      </Section>
    </div>
  );
}

function countSucceeded({ calls, errors, refused }: UsagePoint): number {
  return calls - errors - refused;
}

function toSteps({ from, to, stepMs }: Usage): number[] {
  return Array.from(
    { length: Math.round((to - from) / stepMs) },
    (_, step) => from + step * stepMs,
  );
}
