import { formatStepLong, formatValue } from "./chart-labels.ts";
import type { ChartSeries } from "./chart-marks.tsx";

interface Props {
  title: string;
  steps: number[];
  stepMs: number;
  series: ChartSeries[];
  format: (value: number) => string;
}

/** The figures of a `TimeChart` as a table, one row per step. */
export function ChartTable({ title, steps, stepMs, series, format }: Props) {
  return (
    <div
      className="max-h-72 overflow-auto rounded-md border border-line"
      tabIndex={0}
      role="region"
      aria-label={`${title} as a table`}
    >
      <table className="table-grid w-full text-xs">
        <caption className="sr-only">{title}</caption>
        <thead className="sticky top-0 bg-panel">
          <tr>
            <th scope="col">Time</th>
            {series.map(({ label }, column) => (
              <th key={column} scope="col" className="text-right!">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {steps.map((at, step) => (
            <tr key={at}>
              <th scope="row" className="h-8! font-normal!">
                {formatStepLong(at, stepMs)}
              </th>
              {series.map(({ values }, column) => (
                <td key={column} className="py-1! text-right tabular-nums">
                  {formatValue(values[step], format)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
