import { useQuery } from "@tanstack/react-query";
import type { z } from "zod";
import type { Check } from "../../../../workers/contract/api/resources.ts";
import { serverHealthQuery } from "../../api/workspace.ts";
import { classNames } from "../../ui/class-names.ts";
import { formatLatency, formatPercentage, pluralize } from "../../ui/format-numbers.ts";
import { Badge, Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { ExactTime, Time } from "../../ui/time.tsx";

type HealthCheck = z.infer<typeof Check>;
/** Number of checks in the bar chart. */
const MAX_BARS = 60;

/** Health checks of a server, newest first, and its distinct recent errors. */
export function HealthTab({ slug, server }: { slug: string; server: string }) {
  const health = useQuery({ ...serverHealthQuery(slug, server), refetchInterval: 30_000 });
  return (
    <Loaded query={health}>
      {({ history }) =>
        history.length === 0 ? (
          <EmptyState title="Not checked yet">
            <p>Servers are checked every five minutes while the workspace is used.</p>
          </EmptyState>
        ) : (
          <div className="flex flex-col gap-4">
            <CheckBars history={history.slice(0, MAX_BARS).toReversed()} />
            <RecentErrors history={history} />
            <CheckTable history={history} />
          </div>
        )
      }
    </Loaded>
  );
}

function CheckBars({ history }: { history: HealthCheck[] }) {
  const succeeded = history.filter(({ error }) => error === null).length;
  return (
    <Section
      title={`${formatPercentage(succeeded, history.length)} of checks succeeded (last ${pluralize(history.length, "check")})`}
    >
      <div
        className="flex h-14 items-stretch gap-0.5 p-3"
        role="img"
        aria-label={`${succeeded} of ${history.length} checks succeeded. The table below lists each check.`}
      >
        {history.map((check) => (
          <span
            key={check.checkedAt}
            title={check.error?.message ?? formatLatency(check.latencyMs)}
            className={classNames(
              "max-w-3 min-w-px flex-1 rounded-sm",
              check.error ? "bg-bad" : "bg-ok opacity-80",
            )}
          />
        ))}
      </div>
    </Section>
  );
}

/** Each distinct error message with the time of its last occurrence. */
function RecentErrors({ history }: { history: HealthCheck[] }) {
  const latestByMessage = new Map<string, HealthCheck>();
  for (const check of history)
    if (check.error && !latestByMessage.has(check.error.message))
      latestByMessage.set(check.error.message, check);
  if (latestByMessage.size === 0) return null;
  return (
    <Section title="Recent errors">
      <ul className="divide-y divide-line">
        {[...latestByMessage.values()].map(({ checkedAt, error }) => (
          <li key={checkedAt} className="flex flex-wrap items-baseline gap-x-3 px-4 py-3">
            <p className="min-w-0 flex-1 basis-64">{error?.message}</p>
            <p className="text-xs text-dim">
              Last seen <Time at={checkedAt} />
            </p>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function CheckTable({ history }: { history: HealthCheck[] }) {
  return (
    <Section title="Checks" hint="Of checks with the same result, about one an hour is kept.">
      <div className="max-h-96 overflow-auto" tabIndex={0} aria-label="Checks" role="region">
        <table className="table-grid w-full">
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Result</th>
              <th scope="col" className="text-right!">
                Latency
              </th>
            </tr>
          </thead>
          <tbody>
            {history.map(({ checkedAt, latencyMs, error }) => (
              <tr key={checkedAt}>
                <td className="text-dim">
                  <ExactTime at={checkedAt} />
                </td>
                <td>
                  {error ? <Badge tone="bad">{error.code}</Badge> : <Badge tone="ok">OK</Badge>}
                </td>
                <td className="text-right tabular-nums">{formatLatency(latencyMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
