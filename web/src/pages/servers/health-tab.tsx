import { useQuery } from "@tanstack/react-query";
import type { z } from "zod";
import type { Check } from "../../../../workers/contract/api/resources.ts";
import { serverHealthQuery } from "../../api/workspace.ts";
import { classNames } from "../../ui/class-names.ts";
import { formatLatency, formatShare, plural } from "../../ui/numbers.ts";
import { Badge, Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { ExactTime, Time } from "../../ui/time.tsx";

type Look = z.infer<typeof Check>;
/** As many looks as fit beside each other. */
const BARS = 60;

/** Looks at a server, newest first, and what went wrong in words. */
export function HealthTab({ slug, server }: { slug: string; server: string }) {
  const health = useQuery({ ...serverHealthQuery(slug, server), refetchInterval: 30_000 });
  return (
    <Loaded query={health}>
      {({ history }) =>
        history.length === 0 ? (
          <EmptyState title="Not looked at yet">
            <p>Servers are checked every five minutes.</p>
          </EmptyState>
        ) : (
          <div className="flex flex-col gap-4">
            <Bars history={history.slice(0, BARS).toReversed()} />
            <LastErrors history={history} />
            <Looks history={history} />
          </div>
        )
      }
    </Loaded>
  );
}

function Bars({ history }: { history: Look[] }) {
  const good = history.filter(({ error }) => error === null).length;
  return (
    <Section
      title={`${formatShare(good, history.length)} of the last ${plural(history.length, "check")} succeeded`}
    >
      <div
        className="flex h-14 items-stretch gap-0.5 p-3"
        role="img"
        aria-label={`${good} of ${history.length} checks succeeded; the table below has each.`}
      >
        {history.map((look) => (
          <span
            key={look.checkedAt}
            title={look.error?.message ?? formatLatency(look.latencyMs)}
            className={classNames(
              "max-w-3 min-w-px flex-1 rounded-sm",
              look.error ? "bg-bad" : "bg-ok opacity-80",
            )}
          />
        ))}
      </div>
    </Section>
  );
}

/** Each kind of failure once, with when it was last seen. */
function LastErrors({ history }: { history: Look[] }) {
  const kinds = new Map<string, Look>();
  for (const look of history)
    if (look.error && !kinds.has(look.error.message)) kinds.set(look.error.message, look);
  if (kinds.size === 0) return null;
  return (
    <Section title="Last errors">
      <ul className="divide-y divide-line">
        {[...kinds.values()].map(({ checkedAt, error }) => (
          <li key={checkedAt} className="flex flex-wrap items-baseline gap-x-3 px-4 py-3">
            <p className="min-w-0 flex-1 basis-64">{error?.message}</p>
            <p className="text-xs text-dim">
              last <Time at={checkedAt} />
            </p>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Looks({ history }: { history: Look[] }) {
  return (
    <Section title="Checks">
      <div className="max-h-96 overflow-auto" tabIndex={0} aria-label="Checks" role="region">
        <table className="table-grid w-full">
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Result</th>
              <th scope="col" className="text-right!">
                Took
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
                  {error ? <Badge tone="bad">{error.code}</Badge> : <Badge tone="ok">ok</Badge>}
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
