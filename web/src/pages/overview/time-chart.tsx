import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
  type ChartConfiguration,
} from "chart.js";
import { useEffect, useRef, useState } from "react";

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
);

/** One line, or one layer of the stacked bars. */
export interface ChartSeries {
  label: string;
  /** A CSS colour; custom properties are allowed. */
  color: string;
  /** One value per label; null: no data. */
  values: (number | null)[];
}

interface Props {
  kind: "bar" | "line";
  labels: string[];
  series: ChartSeries[];
  /** Text alternative for screen readers. */
  description: string;
  format: (value: number) => string;
}

/** A time chart of stacked bars or lines. */
export function TimeChart(props: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useThemeVersion();
  const { description } = props;
  const drawn = JSON.stringify([props.kind, props.labels, props.series]);
  useEffect(() => {
    if (!canvas.current) return;
    const chart = new Chart(canvas.current, toConfiguration(props, canvas.current));
    return () => chart.destroy();
    // `drawn` changes when a drawn property changes; `props` itself changes on every render.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [drawn, theme]);
  return (
    <div className="relative h-44">
      <canvas ref={canvas} role="img" aria-label={description} />
    </div>
  );
}

/** A number that changes with the theme, because a canvas keeps the colours it was drawn with. */
function useThemeVersion(): number {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    const increment = () => setVersion((count) => count + 1);
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", increment);
    globalThis.addEventListener("themechange", increment);
    return () => {
      system.removeEventListener("change", increment);
      globalThis.removeEventListener("themechange", increment);
    };
  }, []);
  return version;
}

function toConfiguration(
  { kind, labels, series, format }: Props,
  canvas: HTMLCanvasElement,
): ChartConfiguration<"bar" | "line", (number | null)[], string> {
  const resolve = (color: string) => {
    canvas.style.color = color;
    return getComputedStyle(canvas).color;
  };
  const dim = resolve("var(--color-dim)");
  const line = resolve("var(--color-line)");
  return {
    type: kind,
    data: { labels, datasets: series.map((item) => toDataset(kind, item, resolve(item.color))) },
    options: {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      scales: {
        x: {
          stacked: kind === "bar",
          grid: { display: false },
          border: { color: line },
          ticks: { color: dim, maxRotation: 0, autoSkipPadding: 24, font: { size: 11 } },
        },
        y: {
          stacked: kind === "bar",
          beginAtZero: true,
          border: { display: false },
          grid: { color: line },
          ticks: {
            color: dim,
            maxTicksLimit: 5,
            font: { size: 11 },
            callback: (value) => format(Number(value)),
          },
        },
      },
      plugins: {
        tooltip: {
          callbacks: {
            label: ({ dataset, parsed }) => ` ${dataset.label ?? ""}: ${format(parsed.y ?? 0)}`,
          },
        },
      },
    },
  };
}

function toDataset(kind: Props["kind"], { label, values }: ChartSeries, color: string) {
  const shared = { label, data: values, backgroundColor: color, borderColor: color };
  return kind === "bar"
    ? { ...shared, maxBarThickness: 22, borderRadius: 2, categoryPercentage: 0.9 }
    : { ...shared, borderWidth: 1.75, pointRadius: 1.5, pointHitRadius: 8, spanGaps: true };
}
