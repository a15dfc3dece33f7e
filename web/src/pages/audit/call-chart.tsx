import type { CallCounts } from "../../../../workers/contract/api/call-figures.ts";
import { CallStatus } from "../../../../workers/contract/records/audit.ts";
import { formatExactCount } from "../../ui/format-numbers.ts";
import { TimeChart } from "../../ui/time-chart.tsx";
import { STATUS_COLORS, STATUS_LABELS } from "./status.tsx";

/** The calls that `CallChart` shows. */
export interface CallChartProps {
  counts: CallCounts;
  onSelectRange: (from: number, to: number) => void;
}

/** The calls that match, by status over time. Dragging selects a range. */
export function CallChart({ counts, onSelectRange }: CallChartProps) {
  const { stepMs, from, to, steps } = counts;
  const first = Math.floor(from / stepMs) * stepMs;
  const instants = Array.from(
    { length: Math.max(1, Math.ceil((to - first) / stepMs)) },
    (_, index) => first + index * stepMs,
  );
  const byInstant = new Map(steps.map(({ at, calls }) => [at, calls]));
  const occurring = new Set(steps.flatMap(({ calls }) => Object.keys(calls)));
  const series = CallStatus.options
    .filter((status) => occurring.has(status))
    .map((status) => ({
      label: STATUS_LABELS[status],
      color: STATUS_COLORS[status],
      values: instants.map((at) => byInstant.get(at)?.[status] ?? 0),
    }));
  return (
    <TimeChart
      title="Calls by outcome"
      kind="bar"
      steps={instants}
      stepMs={stepMs}
      series={series}
      format={formatExactCount}
      onSelectRange={onSelectRange}
    />
  );
}
