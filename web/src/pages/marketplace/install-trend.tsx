import { useQuery } from "@tanstack/react-query";
import { marketplaceInstallsQuery } from "../../api/marketplace-installs.ts";
import { formatCount } from "../../ui/format-numbers.ts";
import type { CatalogueServer } from "./catalogue-server.ts";

/** The drawing's height, of which each week has at least 1. */
const HEIGHT = 20;
const STEP = 6;
const BAR = 4;

/** How often a server was installed in the last 7 days, with a bar for each of the last 12 weeks. */
export function InstallTrend({
  document,
  installsLastWeek,
}: Pick<CatalogueServer, "document" | "installsLastWeek">) {
  const { data } = useQuery(marketplaceInstallsQuery(document.name));
  return (
    <span className="flex items-center gap-3">
      <span className="tabular-nums">{formatCount(installsLastWeek)}</span>
      {data && <Bars values={data.weeks.map(({ installs }) => installs)} />}
    </span>
  );
}

function Bars({ values }: { values: number[] }) {
  const highest = Math.max(1, ...values);
  const shown = values.map(formatCount).join(", ");
  return (
    <svg
      viewBox={`0 0 ${values.length * STEP} ${HEIGHT}`}
      role="img"
      aria-label={`Installs of the last ${values.length} weeks, the oldest first: ${shown}`}
      className="h-5 w-18"
    >
      {values.map((value, week) => {
        const height = Math.max(1, (value / highest) * HEIGHT);
        return (
          <rect
            key={week}
            x={week * STEP}
            y={HEIGHT - height}
            width={BAR}
            height={height}
            className={value === 0 ? "fill-strong" : "fill-accent"}
          />
        );
      })}
    </svg>
  );
}
