import { Link } from "@tanstack/react-router";
import type { Usage, UsageDimension } from "../../../../workers/contract/api/usage.ts";
import { formatCount, formatLatency, formatShare, plural } from "../../ui/numbers.ts";
import { Section } from "../../ui/page.tsx";

interface Props {
  slug: string;
  usage: Usage;
  by: Exclude<UsageDimension, "all">;
  nameOf: (name: string) => string;
}

const TITLES = { server: "By server", tool: "By tool", member: "By person" };
const FIGURES = ["Calls", "Errors", "Refused", "p50", "p95"];

/** The figures behind the charts; a name leads to its calls. */
export function UsageTable({ slug, usage, by, nameOf }: Props) {
  const hidden = usage.names - usage.series.length;
  return (
    <Section
      title={TITLES[by]}
      {...(hidden > 0 ? { hint: `${plural(hidden, "more name")} with fewer calls` } : {})}
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
                    {nameOf(name)}
                  </Link>
                </td>
                <td className="text-right tabular-nums">{formatCount(total.calls)}</td>
                <td className="text-right tabular-nums">
                  {formatShare(total.errors, total.calls)}
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
