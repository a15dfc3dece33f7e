import { useQuery } from "@tanstack/react-query";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useState } from "react";
import type { UsageTotal, UsageTotals } from "../../../../workers/contract/api/usage.ts";
import { ALL_ITEMS, usageTotalsQuery, type UsageScope } from "../../api/usage.ts";
import { classNames } from "../../ui/class-names.ts";
import {
  formatCount,
  formatEstimatedLatency,
  formatPercentage,
  pluralize,
} from "../../ui/format-numbers.ts";
import { Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { ExactTime, Time } from "../../ui/time.tsx";
import { CallsLink } from "./calls-link.tsx";
import { toTotalKey, toTotalLabel, type Split } from "./usage-names.ts";

const TITLES = { server: "By server", tool: "By tool", member: "By member", client: "By client" };

const WIDE = "max-sm:hidden";
/** A column of figures. `rank`: what rows are ordered by. */
const COLUMNS = [
  { name: "Calls", className: "", rank: ({ total }: UsageTotal) => total.calls },
  {
    name: "Error rate",
    className: "",
    rank: ({ total }: UsageTotal) => total.errors / Math.max(1, total.calls),
  },
  { name: "Refused", className: WIDE, rank: ({ total }: UsageTotal) => total.refused },
  { name: "Cancelled", className: WIDE, rank: ({ total }: UsageTotal) => total.cancelled },
  { name: "p50 (estimate)", className: WIDE, rank: ({ total }: UsageTotal) => total.p50Ms ?? 0 },
  { name: "p95 (estimate)", className: WIDE, rank: ({ total }: UsageTotal) => total.p95Ms ?? 0 },
  { name: "People", className: WIDE, rank: ({ people }: UsageTotal) => people },
  { name: "Last call", className: WIDE, rank: (item: UsageTotal) => item.lastCalledAt ?? 0 },
] as const;

/** All names of a dimension with their figures, in any order; each name links to its calls. */
export function UsageTable({ scope, by }: { scope: UsageScope; by: Split }) {
  const totals = useQuery(usageTotalsQuery(scope, { by, limit: ALL_ITEMS }));
  return (
    <Loaded query={totals}>
      {(data) =>
        data.items.length === 0 ? (
          <EmptyState title="No calls in this time range" />
        ) : (
          <Totals scope={scope} by={by} data={data} />
        )
      }
    </Loaded>
  );
}

function describeTotals({ names, items, since, from }: UsageTotals, by: Split) {
  const noun = by === "member" ? "owner of calls" : by;
  const many = by === "member" ? "owners of calls" : `${by}s`;
  return (
    <>
      {pluralize(names, noun, many)}
      {names > items.length && `, of which the ${formatCount(items.length)} with the most calls`}
      {since > from && (
        <>
          , counted from the newest calls, since <ExactTime at={since} />
        </>
      )}
    </>
  );
}

function Totals({ scope, by, data }: { scope: UsageScope; by: Split; data: UsageTotals }) {
  const [order, setOrder] = useState({ column: "Calls", isAscending: false });
  const column = COLUMNS.find(({ name }) => name === order.column) ?? COLUMNS[0];
  const sign = order.isAscending ? 1 : -1;
  const items = data.items.toSorted((a, b) => sign * (column.rank(a) - column.rank(b)));
  const shown = COLUMNS.filter(
    ({ name }) => name !== "People" || (by !== "member" && !scope.isMine),
  );
  return (
    <Section title={TITLES[by]} hint={describeTotals(data, by)}>
      <div
        className="max-h-[40rem] overflow-auto"
        tabIndex={0}
        role="region"
        aria-label={TITLES[by]}
      >
        <table className="table-grid w-full">
          <thead className="sticky top-0 z-10 bg-panel">
            <tr>
              <th scope="col">Name</th>
              {shown.map(({ name, className }) => (
                <SortableHead
                  key={name}
                  name={name}
                  className={className}
                  direction={order.column === name ? (order.isAscending ? "asc" : "desc") : null}
                  onSort={() =>
                    setOrder({
                      column: name,
                      isAscending: order.column === name && !order.isAscending,
                    })
                  }
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <Row
                key={toTotalKey(item)}
                scope={scope}
                by={by}
                item={item}
                hasPeople={shown.length === COLUMNS.length}
              />
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function SortableHead(props: {
  name: string;
  className: string;
  direction: "asc" | "desc" | null;
  onSort: () => void;
}) {
  const { name, className, direction, onSort } = props;
  const Icon = direction === "asc" ? ArrowUp : ArrowDown;
  const sorts = { asc: "ascending", desc: "descending" } as const;
  return (
    <th
      scope="col"
      className={classNames("text-right!", className)}
      aria-sort={direction === null ? "none" : sorts[direction]}
    >
      <button
        type="button"
        className="inline-flex items-center gap-1 hover:text-ink"
        onClick={onSort}
      >
        {direction !== null && <Icon className="size-3" aria-hidden />}
        {name}
      </button>
    </th>
  );
}

interface RowProps {
  scope: UsageScope;
  by: Split;
  item: UsageTotal;
  hasPeople: boolean;
}

function Row({ scope, by, item, hasPeople }: RowProps) {
  const { total, people, lastCalledAt } = item;
  const cell = "text-right whitespace-nowrap tabular-nums";
  return (
    <tr>
      <th scope="row" className="max-w-40 text-sm! sm:max-w-72">
        <CallsLink slug={scope.slug} range={scope.range} by={by} item={item}>
          {toTotalLabel(item, by)}
        </CallsLink>
      </th>
      <td className={cell}>{formatCount(total.calls)}</td>
      <td className={cell}>{formatPercentage(total.errors, total.calls)}</td>
      <td className={classNames(cell, WIDE)}>{formatCount(total.refused)}</td>
      <td className={classNames(cell, WIDE)}>{formatCount(total.cancelled)}</td>
      <td className={classNames(cell, WIDE)}>{formatEstimatedLatency(total.p50Ms)}</td>
      <td className={classNames(cell, WIDE)}>{formatEstimatedLatency(total.p95Ms)}</td>
      {hasPeople && <td className={classNames(cell, WIDE)}>{formatCount(people)}</td>}
      <td className={classNames(cell, WIDE, "text-dim")}>
        {lastCalledAt === null ? "–" : <Time at={lastCalledAt} />}
      </td>
    </tr>
  );
}
