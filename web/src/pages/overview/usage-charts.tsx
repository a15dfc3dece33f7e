import type { Usage, UsagePoint } from "../../../../workers/contract/api/usage.ts";
import type { CallStatus } from "../../../../workers/contract/records/audit.ts";
import { formatCount, formatLatency } from "../../ui/format-numbers.ts";
import { Section } from "../../ui/page.tsx";
import { TimeChart, type ChartSeries } from "../../ui/time-chart.tsx";
import { STATUS_COLORS, STATUS_LABELS } from "../audit/status.tsx";

const LATENCY_HINT =
  "Estimates: calls are counted by range of latency. No refused or cancelled calls.";
const P50 = "var(--color-chart-5)";
const P95 = "var(--color-chart-1)";
const OTHERS = "var(--color-chart-8)";
const toColor = (index: number) => `var(--color-chart-${index + 1})`;

interface Props {
  /** In total. */
  usage: Usage;
  onSelectRange: (from: number, to: number) => void;
}

/** Charts of all calls by outcome, and of their latency. */
export function UsageCharts({ usage, onSelectRange }: Props) {
  const steps = toSteps(usage);
  const points = usage.series[0]?.points ?? [];
  const toSeries = (status: CallStatus, read: (point: UsagePoint) => number): ChartSeries => ({
    label: STATUS_LABELS[status],
    color: STATUS_COLORS[status],
    values: toValues(steps, points, read, 0),
  });
  const calls = [
    toSeries("ok", countSucceeded),
    toSeries("error", ({ errors }) => errors),
    toSeries("blocked", ({ refused }) => refused),
    toSeries("cancelled", ({ cancelled }) => cancelled),
  ];
  const latency = [
    { label: "p50", color: P50, values: toValues(steps, points, (p) => p.p50Ms, null) },
    { label: "p95", color: P95, values: toValues(steps, points, (p) => p.p95Ms, null) },
  ];
  return <Charts {...{ usage, steps, calls, latency, onSelectRange }} latencyTitle="Latency" />;
}

interface NamedProps extends Props {
  /** By server, tool or member. */
  named: Usage;
  toLabel: (series: Usage["series"][number]) => string;
}

/** Charts of the calls of the names with the most calls, with all others in one series. */
export function NamedUsageCharts({ usage, named, toLabel, onSelectRange }: NamedProps) {
  const steps = toSteps(usage);
  const all = toValues(steps, usage.series[0]?.points ?? [], ({ calls }) => calls, 0);
  const shown = named.series.map((series, index) => ({
    label: toLabel(series),
    color: toColor(index),
    values: toValues(steps, series.points, (point) => point.calls, 0),
  }));
  const hidden = named.names - named.series.length;
  const others: ChartSeries = {
    label: `${formatCount(hidden)} others`,
    color: OTHERS,
    values: all.map((sum, step) =>
      shown.reduce((rest, { values }) => rest - (values[step] ?? 0), sum ?? 0),
    ),
  };
  const latency = named.series.map((series, index) => ({
    label: toLabel(series),
    color: toColor(index),
    values: toValues(steps, series.points, (point) => point.p95Ms, null),
  }));
  const calls = hidden > 0 ? [...shown, others] : shown;
  return (
    <Charts {...{ usage, steps, calls, latency, onSelectRange }} latencyTitle="Latency (p95)" />
  );
}

function Charts(
  props: Props & {
    steps: number[];
    calls: ChartSeries[];
    latency: ChartSeries[];
    latencyTitle: string;
  },
) {
  const { usage, steps, calls, latency, latencyTitle, onSelectRange } = props;
  const time = { steps, stepMs: usage.stepMs, onSelectRange };
  return (
    <div className="grid gap-4 xl:grid-cols-2">
      <Section title="Calls">
        <div className="p-4">
          <TimeChart {...time} title="Calls" kind="bar" series={calls} format={formatCount} />
        </div>
      </Section>
      <Section title={latencyTitle} hint={LATENCY_HINT}>
        <div className="p-4">
          <TimeChart
            {...time}
            title={latencyTitle}
            kind="line"
            series={latency}
            format={formatLatency}
          />
        </div>
      </Section>
    </div>
  );
}

function countSucceeded({ calls, errors, refused, cancelled }: UsagePoint): number {
  return calls - errors - refused - cancelled;
}

function toValues(
  steps: number[],
  points: UsagePoint[],
  read: (point: UsagePoint) => number | null,
  emptyValue: 0 | null,
): (number | null)[] {
  const byTime = new Map(points.map((point) => [point.at, read(point)]));
  return steps.map((at) => byTime.get(at) ?? emptyValue);
}

function toSteps({ from, to, stepMs }: Usage): number[] {
  return Array.from(
    { length: Math.round((to - from) / stepMs) },
    (_, step) => from + step * stepMs,
  );
}
