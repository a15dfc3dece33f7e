import { Link } from "@tanstack/react-router";
import type { Usage, UsageDimension } from "../../../../workers/contract/api/usage.ts";
import {
  formatCount,
  formatLatency,
  formatPercentage,
  pluralize,
} from "../../ui/format-numbers.ts";
import { Section } from "../../ui/page.tsx";

interface Props {
  slug: string;
  usage: Usage;
  by: Exclude<UsageDimension, "all">;
  toSeriesName: (name: string) => string;
}

const TITLES = { server: "By server", tool: "By tool", member: "By member" };
const FIGURES = ["Calls", "Error rate", "Refused", "p50", "p95"];

/** The usage figures as a table; each name links to its calls in the audit log. */
export function UsageTable({ slug, usage, by, toSeriesName }: Props) {
  const hidden = usage.names - usage.series.length;
  return (
    <Section
      title={TITLES[by]}
      {...(hidden > 0 ? { hint: `${pluralize(hidden, `more ${by}`)} with fewer calls` } : {})}
    >
      <div className="overflow-x-auto">
        <table className="table-grid w-full">
          <thead>
            <tr>
              <th scope="col">Name</th>
              {FIGURES.map((figure) => (
                <th key={figure} scope="col" className="text-right!">
                  {figure}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {usage.series.map(({ name, total }) => (
              <tr key={name}>
                <td className="max-w-64">
                  <Link
                    to="/w/$slug/audit"
                    params={{ slug }}
                    search={toFilter(by, name)}
                    className="link block truncate"
                  >
                    {toSeriesName(name)}
                  </Link>
                </td>
                <td className="text-right tabular-nums">{formatCount(total.calls)}</td>
                <td className="text-right tabular-nums">
                  {formatPercentage(total.errors, total.calls)}
                </td>
                <td className="text-right tabular-nums">{formatCount(total.refused)}</td>
                <td className="text-right whitespace-nowrap tabular-nums">
                  {formatLatency(total.p50Ms)}
                </td>
                <td className="text-right whitespace-nowrap tabular-nums">
                  {formatLatency(total.p95Ms)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function toFilter(by: Props["by"], name: string) {
  if (name === "") return {};
  if (by === "server") return { server: name };
  if (by === "member") return { member: name };
  const colon = name.indexOf(":");
  return { server: name.slice(0, colon), tool: name.slice(colon + 1) };
}
