import type { Usage, UsageDimension, UsagePoint } from "../../../../workers/contract/api/usage.ts";
import { HOUR_MS } from "../../../../workers/contract/units.ts";
import { formatCount, formatLatency } from "../../ui/format-numbers.ts";
import { Section } from "../../ui/page.tsx";
import { TimeChart, type ChartSeries } from "./time-chart.tsx";

const PALETTE = ["#6366f1", "#0d9f8f", "#d98a1f", "#d9467a", "#4a90d9", "#8d6bd1"];
const OK = "#6366f1";
const ERRORS = "#dc4a41";
const REFUSED = "#d98a1f";

const hourLabel = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayLabel = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const bothLabel = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "numeric",
  hour: "2-digit",
});

interface Props {
  usage: Usage;
  by: UsageDimension;
  toSeriesName: (name: string) => string;
}

/** Charts of calls, errors and latency over time. */
export function UsageCharts({ usage, by, toSeriesName }: Props) {
  const steps = toSteps(usage);
  const labels = steps.map((at) => formatStep(at, usage));
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
  const failures = toSeriesPerName((point) => point.errors, 0);
  const latency = isAll
    ? [
        {
          label: "p50",
          color: PALETTE[1] ?? OK,
          values: toValues(all, (point) => point.p50Ms, null),
        },
        { label: "p95", color: OK, values: toValues(all, (point) => point.p95Ms, null) },
      ]
    : toSeriesPerName((point) => point.p95Ms, null);
  const latencyTitle = isAll ? "Latency" : "Latency (p95)";
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <Panel
        title="Calls"
        kind="bar"
        labels={labels}
        series={calls}
        format={formatCount}
        hasTable={!isAll}
        isWide
      />
      {!isAll && (
        <Panel
          title="Errors"
          kind="bar"
          labels={labels}
          series={failures}
          format={formatCount}
          hasTable
        />
      )}
      <Panel
        title={latencyTitle}
        kind="line"
        labels={labels}
        series={latency}
        format={formatLatency}
        isWide={isAll}
        hasTable={!isAll}
      />
    </div>
  );
}

function countSucceeded({ calls, errors, refused }: UsagePoint): number {
  return calls - errors - refused;
}

function Panel({
  title,
  isWide = false,
  hasTable,
  ...chart
}: {
  title: string;
  isWide?: boolean;
  hasTable: boolean;
  kind: "bar" | "line";
  labels: string[];
  series: ChartSeries[];
  format: (value: number) => string;
}) {
  const names = chart.series.map(({ label }) => label).join(", ");
  return (
    <Section
      title={title}
      className={isWide ? "lg:col-span-2" : ""}
      actions={<Legend series={chart.series} />}
    >
      <div className="p-4">
        <TimeChart
          {...chart}
          description={`${title} over time: ${names}.${hasTable ? " The table below lists the figures." : ""}`}
        />
      </div>
    </Section>
  );
}

function Legend({ series }: { series: ChartSeries[] }) {
  return (
    <ul className="flex min-w-0 flex-wrap gap-x-3 gap-y-1 text-xs text-dim">
      {series.map(({ label, color }) => (
        <li key={label} className="flex min-w-0 items-center gap-1.5">
          <svg viewBox="0 0 8 8" className="size-2 shrink-0" aria-hidden>
            <rect width="8" height="8" rx="2" fill={color} />
          </svg>
          <span className="truncate">{label}</span>
        </li>
      ))}
    </ul>
  );
}

function toSteps({ from, to, stepMs }: Usage): number[] {
  return Array.from(
    { length: Math.round((to - from) / stepMs) },
    (_, step) => from + step * stepMs,
  );
}

function formatStep(at: number, { from, to, stepMs }: Usage): string {
  if (stepMs > HOUR_MS) return dayLabel.format(at);
  return (to - from > 26 * HOUR_MS ? bothLabel : hourLabel).format(at);
}
