import { useId, useState } from "react";
import { toAxisLabels, formatStepLong, formatValue } from "./chart-labels.ts";
import { ChartMarks, type ChartKind, type ChartSeries } from "./chart-marks.tsx";
import { toScaleMax } from "./chart-scale.ts";
import { ChartTable } from "./chart-table.tsx";
import { classNames } from "./class-names.ts";
import { useChartPointer } from "./use-chart-pointer.ts";

export type { ChartSeries } from "./chart-marks.tsx";

/** What a `TimeChart` shows. */
export interface TimeChartProps {
  /** What is counted, for screen readers and the table: "Calls". */
  title: string;
  kind: ChartKind;
  /** Start of each step in epoch ms, in order and without gaps. Steps of a day or more are days in UTC. */
  steps: number[];
  stepMs: number;
  /** Each with one value per step. */
  series: ChartSeries[];
  format: (value: number) => string;
  /**
   * Makes a range of steps selectable: by dragging, or with Shift and the arrow keys, then Enter. A click selects one step.
   * `from` inclusive, `to` exclusive, epoch ms.
   */
  onSelectRange?: (from: number, to: number) => void;
}

/**
 * A chart of stacked bars or lines over time, with a legend, a tooltip by pointer and by arrow keys, and its figures as a
 * table on demand. Its height does not depend on the data. The colours of `series` can be `var(--color-chart-1)` to `-8`.
 */
export function TimeChart(props: TimeChartProps) {
  const { title, kind, steps, stepMs, series, format, onSelectRange } = props;
  const [hasTable, setHasTable] = useState(false);
  const tableId = useId();
  return (
    <figure className="m-0 flex flex-col gap-2" aria-label={title}>
      <Plot {...{ title, kind, steps, stepMs, series, format, onSelectRange }} />
      <figcaption className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 text-xs text-dim">
        <Legend series={series} />
        <button
          type="button"
          className="link ml-auto"
          aria-expanded={hasTable}
          aria-controls={tableId}
          onClick={() => setHasTable(!hasTable)}
        >
          {hasTable ? "Hide table" : "Show as table"}
          <span className="sr-only">: {title}</span>
        </button>
      </figcaption>
      <div id={tableId} hidden={!hasTable}>
        {hasTable && <ChartTable {...{ title, steps, stepMs, series, format }} />}
      </div>
    </figure>
  );
}

type PlotProps = Omit<TimeChartProps, "onSelectRange"> & {
  onSelectRange: TimeChartProps["onSelectRange"];
};

function Plot(props: PlotProps) {
  const { title, kind, steps, stepMs, series, format, onSelectRange } = props;
  const { active, selection, handlers } = useChartPointer(steps.length, (first, last) => {
    const [from, to] = [steps[first], steps[last]];
    if (from !== undefined && to !== undefined) onSelectRange?.(from, to + stepMs);
  });
  const max = toScaleMax(kind, series, steps.length);
  const shown = active ?? steps.length - 1;
  const canSelect = onSelectRange !== undefined;
  return (
    <div className="flex h-48 gap-2 text-[11px] text-dim tabular-nums">
      <YAxis max={max} format={format} />
      <div className="flex min-w-0 flex-1 flex-col">
        {/* A slider: screen readers speak its value text whenever an arrow key moves it. */}
        <div
          role="slider"
          tabIndex={0}
          aria-label={`${title}: time step`}
          aria-orientation="horizontal"
          aria-valuemin={0}
          aria-valuemax={Math.max(0, steps.length - 1)}
          aria-valuenow={Math.max(0, shown)}
          aria-valuetext={describeStep(props, shown)}
          className={classNames(
            "relative min-h-0 flex-1 touch-pan-y border-b border-line select-none",
            canSelect && "cursor-crosshair",
          )}
          {...(canSelect ? handlers : { ...handlers, onPointerDown: undefined })}
        >
          <ChartMarks {...{ kind, series, max, active, selection }} count={steps.length} />
          {active !== null && <Tooltip {...props} index={active} />}
        </div>
        <XAxis steps={steps} stepMs={stepMs} />
      </div>
    </div>
  );
}

function describeStep({ steps, stepMs, series, format }: PlotProps, index: number): string {
  const at = steps[index];
  if (at === undefined) return "No data";
  const values = series.map((item) => `${item.label} ${formatValue(item.values[index], format)}`);
  return `${formatStepLong(at, stepMs)}: ${values.join(", ")}`;
}

function YAxis({ max, format }: { max: number; format: (value: number) => string }) {
  return (
    <div
      className="flex w-11 shrink-0 flex-col items-end justify-between pb-4 leading-none"
      aria-hidden
    >
      <span>{format(max)}</span>
      <span>{format(max / 2)}</span>
      <span>{format(0)}</span>
    </div>
  );
}

/** Labels of the axis on a wide screen; a narrow one has every second one. */
const MAX_LABELS = 6;

function XAxis({ steps, stepMs }: { steps: number[]; stepMs: number }) {
  const labels = toAxisLabels(steps, stepMs, MAX_LABELS);
  return (
    <div className="relative h-5 overflow-hidden" aria-hidden>
      {labels.map(({ at, index, text }, place) => (
        <span
          key={at}
          className={classNames(
            "absolute top-1 leading-4 whitespace-nowrap",
            place % 2 === 1 && "max-md:hidden",
          )}
          style={{ left: `${(index / steps.length) * 100}%` }}
        >
          {text}
        </span>
      ))}
    </div>
  );
}

function Tooltip({ steps, stepMs, series, format, index }: PlotProps & { index: number }) {
  const at = steps[index];
  if (at === undefined) return null;
  const center = (index + 0.5) / steps.length;
  return (
    <div
      className="popup pointer-events-none absolute top-1 z-10 flex w-max max-w-64 flex-col gap-1 px-2.5 py-2 text-xs text-ink"
      style={
        center < 0.5
          ? { left: `calc(${center * 100}% + 12px)` }
          : { right: `calc(${(1 - center) * 100}% + 12px)` }
      }
      aria-hidden
    >
      <span className="font-medium">{formatStepLong(at, stepMs)}</span>
      {series.map(({ label, color, values }, layer) => (
        <span key={layer} className="flex items-center gap-1.5">
          <Swatch color={color} />
          <span className="min-w-0 flex-1 truncate text-dim">{label}</span>
          <span>{formatValue(values[index], format)}</span>
        </span>
      ))}
    </div>
  );
}

function Swatch({ color }: { color: string }) {
  return (
    <svg viewBox="0 0 8 8" className="size-2 shrink-0" aria-hidden>
      <rect width="8" height="8" rx="2" fill={color} />
    </svg>
  );
}

function Legend({ series }: { series: ChartSeries[] }) {
  return (
    <ul className="flex min-w-0 flex-wrap gap-x-3 gap-y-1">
      {series.map(({ label, color }, layer) => (
        <li key={layer} className="flex min-w-0 items-center gap-1.5">
          <Swatch color={color} />
          <span className="max-w-48 truncate">{label}</span>
        </li>
      ))}
    </ul>
  );
}
