import { useQuery } from "@tanstack/react-query";
import type { UsageTotal } from "../../../../workers/contract/api/usage.ts";
import { HOUR_MS } from "../../../../workers/contract/units.ts";
import { ALL_ITEMS, usageTotalsQuery } from "../../api/usage.ts";
import { formatCount, pluralize } from "../../ui/format-numbers.ts";
import { Notice } from "../../ui/notice.tsx";
import { Loaded } from "../../ui/states.tsx";
import { useNow } from "../../ui/use-now.ts";
import { toUsageRange } from "../overview/ranges.ts";
import { toMemberLabel } from "../overview/usage-names.ts";

/** More names are counted. */
const SHOWN = 5;

/**
 * Who made calls in the last 7 days, for a dialog that ends such calls: of one server's tools (`server`: its slug), or of all.
 */
export function RecentUse({ slug, server }: { slug: string; server?: string }) {
  const range = toUsageRange("7d", useNow(HOUR_MS));
  const totals = useQuery(
    usageTotalsQuery(
      { slug, isMine: false, range },
      { by: "member", limit: ALL_ITEMS, ...(server === undefined ? {} : { server }) },
    ),
  );
  return (
    <Loaded query={totals} lines={2}>
      {({ items }) => {
        const used = items
          .filter(({ lastCalledAt }) => lastCalledAt !== null)
          .toSorted((a, b) => countCalls(b) - countCalls(a));
        if (used.length === 0)
          return (
            <p>
              {server === undefined ? "No tool" : "No tool of it"} was called in the last 7 days.
            </p>
          );
        const calls = used.reduce((sum, item) => sum + countCalls(item), 0);
        const people = used.filter(({ memberId }) => memberId !== null).length;
        const hasTokens = people < used.length;
        const who = [
          ...(people > 0 ? [pluralize(people, "person", "people")] : []),
          ...(hasTokens ? ["workspace tokens"] : []),
        ].join(" and ");
        return (
          <Notice tone="warn">
            <p>
              In the last 7 days {who} made {pluralize(calls, "call")}
              {server === undefined ? "" : " of its tools"}. Such calls will fail.
            </p>
            <ul className="mt-1.5 text-xs">
              {used.slice(0, SHOWN).map((item) => (
                <li key={item.memberId} className="flex justify-between gap-3">
                  <span className="truncate">{toMemberLabel(item)}</span>
                  <span className="tabular-nums">{formatCount(countCalls(item))}</span>
                </li>
              ))}
              {used.length > SHOWN && <li>and {used.length - SHOWN} more</li>}
            </ul>
          </Notice>
        );
      }}
    </Loaded>
  );
}

/** Refused calls would be refused anyway. */
function countCalls({ total }: UsageTotal): number {
  return total.calls - total.refused;
}
