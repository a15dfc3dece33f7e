/** Stacked bars or lines. */
export type ChartKind = "bar" | "line";

/** One line, or one layer of the stacked bars. */
export interface ChartSeries {
  /** Another series can have the same. */
  label: string;
  /** A CSS colour; custom properties are allowed. */
  color: string;
  /** One value per step; null: no data. */
  values: (number | null)[];
}

interface Props {
  kind: ChartKind;
  series: ChartSeries[];
  /** Number of steps. */
  count: number;
  /** The value at the top. */
  max: number;
  /** The step with the tooltip; null: none. */
  active: number | null;
  /** First and last selected step; null: none. */
  selection: [number, number] | null;
}

/** Share of a step's width that is left free between two bars. */
const GAP = 0.2;

const LINE_PX = 2;
/** Of a value without neighbours. */
const DOT_PX = 7;

/** The drawing of a `TimeChart`. It stretches to any size: one unit is a step wide, and the height is 100. */
export function ChartMarks({ kind, series, count, max, active, selection }: Props) {
  return (
    <svg
      viewBox={`0 0 ${Math.max(1, count)} 100`}
      preserveAspectRatio="none"
      className="absolute inset-0 size-full overflow-visible"
      aria-hidden
    >
      {[0, 50].map((y) => (
        <line
          key={y}
          x1={0}
          x2={count}
          y1={y}
          y2={y}
          className="stroke-line"
          vectorEffect="non-scaling-stroke"
        />
      ))}
      {selection && (
        <rect
          x={selection[0]}
          width={selection[1] - selection[0] + 1}
          height={100}
          className="fill-accent opacity-20"
        />
      )}
      {active !== null && (
        <rect x={active} width={1} height={100} className="fill-strong opacity-30" />
      )}
      {series.map(({ color, values }, layer) =>
        kind === "bar" ? (
          <path key={layer} fill={color} d={toBars(values, toBases(series, layer, count), max)} />
        ) : (
          <g
            key={layer}
            fill="none"
            stroke={color}
            strokeWidth={LINE_PX}
            strokeLinejoin="round"
            strokeLinecap="round"
          >
            <path vectorEffect="non-scaling-stroke" d={toLine(values, max)} />
            <path vectorEffect="non-scaling-stroke" strokeWidth={DOT_PX} d={toDots(values, max)} />
          </g>
        ),
      )}
    </svg>
  );
}

/** The height on which each bar of a layer stands. */
function toBases(series: ChartSeries[], layer: number, count: number): number[] {
  return Array.from({ length: count }, (_, step) =>
    series.slice(0, layer).reduce((sum, { values }) => sum + (values[step] ?? 0), 0),
  );
}

function toBars(values: (number | null)[], bases: number[], max: number): string {
  const toY = (value: number) => 100 - (value / max) * 100;
  return values
    .map((value, step) => {
      if (!value) return "";
      const base = bases[step] ?? 0;
      const [bottom, top] = [toY(base), toY(base + value)];
      return `M${step + GAP / 2} ${bottom}V${top}h${1 - GAP}V${bottom}z`;
    })
    .join("");
}

/** A line through the middle of the steps. It has a gap where there is no data, so that no value is made up. */
function toLine(values: (number | null)[], max: number): string {
  let isConnected = false;
  return values
    .map((value, step) => {
      if (value === null) {
        isConnected = false;
        return "";
      }
      const command = `${isConnected ? "L" : "M"}${toPoint(step, value, max)}`;
      isConnected = true;
      return command;
    })
    .join("");
}

/** The values without neighbours, of which a line shows nothing: a line to the same place draws a dot. */
function toDots(values: (number | null)[], max: number): string {
  const hasValue = (step: number) => typeof values[step] === "number";
  return values
    .map((value, step) => {
      if (value === null || hasValue(step - 1) || hasValue(step + 1)) return "";
      const point = toPoint(step, value, max);
      return `M${point}L${point}`;
    })
    .join("");
}

function toPoint(step: number, value: number, max: number): string {
  return `${step + 0.5} ${100 - (value / max) * 100}`;
}
