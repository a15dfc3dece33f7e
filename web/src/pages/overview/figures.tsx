import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { TrendingDown, TrendingUp } from "lucide-react";
import type { ReactNode } from "react";
import type { Usage } from "../../../../workers/contract/api/usage.ts";
import { ALL_ITEMS, refusalsQuery, usageTotalsQuery, type UsageScope } from "../../api/usage.ts";
import { classNames } from "../../ui/class-names.ts";
import {
  formatCount,
  formatEstimatedLatency,
  formatPercentage,
  pluralize,
} from "../../ui/format-numbers.ts";
import { LOCALE } from "../../ui/locale.ts";
import { toAuditSearch } from "./audit-search.ts";
import { toChange, type CountName } from "./changes.ts";

const percent = new Intl.NumberFormat(LOCALE, { style: "percent", maximumFractionDigits: 0 });

interface Props {
  scope: UsageScope;
  usage: Usage;
  /** Undefined: there is no period before to compare with. */
  before: Usage | undefined;
  /** The period before in words. */
  beforeLabel: string;
}

/** The figures of a time range, each with a link to what it counts. */
export function Figures({ scope, usage, before, beforeLabel }: Props) {
  const { slug, isMine, range } = scope;
  const { total } = usage;
  const change = (name: CountName, isBadWhenMore: boolean) => (
    <Change share={toChange(usage, before, name)} {...{ beforeLabel, isBadWhenMore }} />
  );
  const toAudit = (status?: "error" | "cancelled") => ({
    to: "/w/$slug/audit" as const,
    params: { slug },
    search: toAuditSearch(range, {}, status),
  });
  return (
    <dl
      className={classNames(
        "card grid grid-cols-2 gap-px overflow-hidden bg-line sm:grid-cols-3 lg:grid-cols-6",
        // Five figures: the last one takes the rest of its row.
        isMine && "[&>:last-child]:col-span-2",
      )}
    >
      <Figure
        name="Calls"
        detail={
          <>
            {change("calls", false)}{" "}
            {total.cancelled > 0 && (
              <Link {...toAudit("cancelled")} className="link">
                {formatCount(total.cancelled)} cancelled
              </Link>
            )}
          </>
        }
      >
        <Link {...toAudit()} className="link">
          {formatCount(total.calls)}
        </Link>
      </Figure>
      <Figure
        name="Failed"
        detail={
          <>
            {formatPercentage(total.errors, total.calls)} {change("errors", true)}
          </>
        }
      >
        <Link {...toAudit("error")} className="link">
          {formatCount(total.errors)}
        </Link>
      </Figure>
      <Refused scope={scope} total={total.refused} change={change("refused", true)} />
      <Figure name="p95 (estimate)" detail={`p50 ${formatEstimatedLatency(total.p50Ms)}`}>
        <Link to="/w/$slug" params={{ slug }} search={toTable("tool")} className="link">
          {formatEstimatedLatency(total.p95Ms)}
        </Link>
      </Figure>
      {!isMine && <People scope={scope} />}
      <Clients scope={scope} />
    </dl>
  );
}

function toTable(by: "tool" | "member" | "client") {
  return (old: object) => ({ ...old, by });
}

function Figure({
  name,
  detail,
  children,
}: {
  name: string;
  detail?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className="bg-panel px-4 py-3">
      <dt className="text-xs text-dim">{name}</dt>
      <dd className="mt-0.5 text-xl font-semibold tracking-tight tabular-nums [&_.link]:text-ink">
        {children}
      </dd>
      <dd className="min-h-4 text-xs text-dim">{detail}</dd>
    </div>
  );
}

function Change(props: { share: number | null; beforeLabel: string; isBadWhenMore: boolean }) {
  const { share, beforeLabel, isBadWhenMore } = props;
  if (share === null || Math.abs(share) < 0.005) return null;
  const Icon = share > 0 ? TrendingUp : TrendingDown;
  const isBad = isBadWhenMore && share > 0;
  return (
    <span
      className={isBad ? "whitespace-nowrap text-bad" : "whitespace-nowrap"}
      title={`Against ${beforeLabel}, without the present step, which has not ended`}
    >
      <Icon className="inline size-3.5" aria-hidden /> {share > 0 ? "+" : "−"}
      {percent.format(Math.abs(share))}
      <span className="sr-only"> against {beforeLabel}</span>
    </span>
  );
}

/** Calls that are not allowed and calls beyond a limit have a status each in the audit log. */
function Refused(props: { scope: UsageScope; total: number; change: ReactNode }) {
  const { scope, total, change } = props;
  const { data } = useQuery(refusalsQuery(scope));
  const count = (status: "blocked" | "rate_limited") =>
    (data?.items ?? []).reduce((sum, item) => (item.status === status ? sum + item.count : sum), 0);
  const [blocked, limited] = [count("blocked"), count("rate_limited")];
  const link = (status: "blocked" | "rate_limited", text: string) => (
    <Link
      to="/w/$slug/audit"
      params={{ slug: scope.slug }}
      search={toAuditSearch(scope.range, {}, status)}
      className="link"
    >
      {text}
    </Link>
  );
  const detail =
    blocked > 0 && limited > 0 ? (
      <>
        {link("blocked", `${formatCount(blocked)} not allowed`)},{" "}
        {link("rate_limited", `${formatCount(limited)} by limits`)}
      </>
    ) : (
      change
    );
  return (
    <Figure name="Refused" detail={detail}>
      {link(blocked === 0 && limited > 0 ? "rate_limited" : "blocked", formatCount(total))}
    </Figure>
  );
}

function People({ scope }: { scope: UsageScope }) {
  const { data } = useQuery(usageTotalsQuery(scope, { by: "member", limit: ALL_ITEMS }));
  const people = data?.items.filter(({ memberId }) => memberId !== null).length;
  const workspaceTokens = data?.items.find(({ memberId }) => memberId === null)?.total.calls ?? 0;
  return (
    <Figure
      name="Active people"
      detail={workspaceTokens > 0 && `and workspace tokens: ${pluralize(workspaceTokens, "call")}`}
    >
      <Link to="/w/$slug" params={{ slug: scope.slug }} search={toTable("member")} className="link">
        {people === undefined ? "–" : formatCount(people)}
      </Link>
    </Figure>
  );
}

function Clients({ scope }: { scope: UsageScope }) {
  const { data } = useQuery(usageTotalsQuery(scope, { by: "client", limit: ALL_ITEMS }));
  return (
    <Figure name="Active clients" detail="by name and version">
      <Link to="/w/$slug" params={{ slug: scope.slug }} search={toTable("client")} className="link">
        {data ? formatCount(data.names) : "–"}
      </Link>
    </Figure>
  );
}
