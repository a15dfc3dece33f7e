import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { UsageTotal } from "../../../../workers/contract/api/usage.ts";
import { ALL_ITEMS, refusalsQuery, usageTotalsQuery, type UsageScope } from "../../api/usage.ts";
import {
  formatCount,
  formatEstimatedLatency,
  formatPercentage,
  pluralize,
} from "../../ui/format-numbers.ts";
import { Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { describeErrorCode } from "../audit/words.ts";
import { toAuditSearch } from "./audit-search.ts";
import { CallsLink } from "./calls-link.tsx";
import { toMemberLabel, toToolLabel, toTotalKey, toTotalLabel, type Split } from "./usage-names.ts";

const SHOWN = 5;

/** Short lists of the outliers of a time range, each with a link to all of it. */
export function TopLists({ scope }: { scope: UsageScope }) {
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <FailingTools scope={scope} />
      <SlowTools scope={scope} />
      <RefusalList scope={scope} />
      {!scope.isMine && <BusyPeople scope={scope} />}
      <BusyClients scope={scope} />
    </div>
  );
}

function FailingTools({ scope }: { scope: UsageScope }) {
  const query = useQuery(usageTotalsQuery(scope, { by: "tool", order: "errors", limit: SHOWN }));
  return (
    <Loaded query={query}>
      {({ items }) => (
        <TopList title="Most failing tools" scope={scope} by="tool" empty="No tool has failed.">
          {items
            .filter(({ total }) => total.errors > 0)
            .map((item) => (
              <Item
                key={toTotalKey(item)}
                scope={scope}
                by="tool"
                item={item}
                label={toToolLabel(item)}
                status="error"
                value={`${formatCount(item.total.errors)} failed`}
                detail={formatPercentage(item.total.errors, item.total.calls)}
              />
            ))}
        </TopList>
      )}
    </Loaded>
  );
}

function SlowTools({ scope }: { scope: UsageScope }) {
  const query = useQuery(usageTotalsQuery(scope, { by: "tool", order: "latency", limit: SHOWN }));
  return (
    <Loaded query={query}>
      {({ items }) => (
        <TopList title="Slowest tools" scope={scope} by="tool" empty="No tool has been called.">
          {items
            .filter(({ total }) => total.p95Ms !== null)
            .map((item) => (
              <Item
                key={toTotalKey(item)}
                scope={scope}
                by="tool"
                item={item}
                label={toToolLabel(item)}
                value={`p95 ${formatEstimatedLatency(item.total.p95Ms)}`}
                detail={`p50 ${formatEstimatedLatency(item.total.p50Ms)}`}
              />
            ))}
        </TopList>
      )}
    </Loaded>
  );
}

/** Who was refused what, and why. */
function RefusalList({ scope }: { scope: UsageScope }) {
  const { slug, range, isMine } = scope;
  const query = useQuery(refusalsQuery(scope));
  return (
    <Loaded query={query}>
      {({ items, names }) => (
        <Section
          title="Refused calls"
          className="lg:col-span-2"
          actions={
            <Link
              to="/w/$slug/audit"
              params={{ slug }}
              search={toAuditSearch(range, {}, "blocked")}
              className="link text-xs"
            >
              {names > SHOWN ? `All ${formatCount(names)}` : "Audit log"}
              <span className="sr-only"> of refused calls</span>
            </Link>
          }
        >
          <Rows empty="No call was refused.">
            {items.slice(0, SHOWN).map((item) => (
              <Row
                key={`${item.memberId} ${item.serverSlug} ${item.toolName} ${item.status} ${item.errorCode}`}
                value={formatCount(item.count)}
              >
                <Link
                  to="/w/$slug/audit"
                  params={{ slug }}
                  search={toAuditSearch(range, item, item.status, item.errorCode)}
                  className="link block truncate"
                >
                  {!isMine && `${toMemberLabel(item)}, `}
                  {item.toolName === null ? "no tool of a server" : toToolLabel(item)}
                </Link>
                <span className="block truncate text-xs text-dim">
                  {describeErrorCode(item.errorCode ?? item.status)}
                </span>
              </Row>
            ))}
          </Rows>
        </Section>
      )}
    </Loaded>
  );
}

function BusyPeople({ scope }: { scope: UsageScope }) {
  const query = useQuery(usageTotalsQuery(scope, { by: "member", limit: ALL_ITEMS }));
  return (
    <Loaded query={query}>
      {({ items, names }) => (
        <TopList title="People" scope={scope} by="member" names={names} empty="No calls yet.">
          {items.slice(0, SHOWN).map((item) => (
            <Item
              key={toTotalKey(item)}
              scope={scope}
              by="member"
              item={item}
              label={toMemberLabel(item)}
              value={pluralize(item.total.calls, "call")}
              detail={`${formatPercentage(item.total.errors, item.total.calls)} failed`}
            />
          ))}
        </TopList>
      )}
    </Loaded>
  );
}

function BusyClients({ scope }: { scope: UsageScope }) {
  const query = useQuery(usageTotalsQuery(scope, { by: "client", limit: ALL_ITEMS }));
  return (
    <Loaded query={query}>
      {({ items, names }) => (
        <TopList
          title="Clients"
          scope={scope}
          by="client"
          names={names}
          empty="No client has called."
        >
          {items.slice(0, SHOWN).map((item) => (
            <Item
              key={toTotalKey(item)}
              scope={scope}
              by="client"
              item={item}
              label={toTotalLabel(item, "client")}
              value={pluralize(item.total.calls, "call")}
              detail={scope.isMine ? null : pluralize(item.people, "person", "people")}
            />
          ))}
        </TopList>
      )}
    </Loaded>
  );
}

function TopList(props: {
  title: string;
  scope: UsageScope;
  by: Split;
  names?: number;
  empty: string;
  children: ReactNode[];
}) {
  const { title, scope, by, names, empty, children } = props;
  return (
    <Section
      title={title}
      actions={
        <Link
          to="/w/$slug"
          params={{ slug: scope.slug }}
          search={(old) => ({ ...old, by })}
          className="link text-xs"
        >
          {names === undefined ? "All tools" : `All ${formatCount(names)}`}
          <span className="sr-only">: {title}</span>
        </Link>
      }
    >
      <Rows empty={empty}>{children}</Rows>
    </Section>
  );
}

function Rows({ empty, children }: { empty: string; children: ReactNode[] }) {
  if (children.length === 0) return <p className="px-4 py-3 text-dim">{empty}</p>;
  return <ul className="divide-y divide-line">{children}</ul>;
}

interface ItemProps {
  scope: UsageScope;
  by: Split;
  item: UsageTotal;
  label: string;
  status?: "error";
  value: string;
  detail: ReactNode;
}

function Item({ scope, by, item, label, status, value, detail }: ItemProps) {
  return (
    <Row value={value} detail={detail}>
      <CallsLink
        slug={scope.slug}
        range={scope.range}
        by={by}
        item={item}
        {...(status === undefined ? {} : { status })}
      >
        {label}
      </CallsLink>
    </Row>
  );
}

function Row(props: { value: string; detail?: ReactNode; children: ReactNode }) {
  return (
    <li className="flex min-h-9 items-center gap-3 px-4 py-1.5">
      <div className="min-w-0 flex-1">{props.children}</div>
      <span className="text-right whitespace-nowrap tabular-nums">{props.value}</span>
      {props.detail !== undefined && (
        <span className="w-24 text-right text-xs whitespace-nowrap text-dim tabular-nums max-sm:hidden">
          {props.detail}
        </span>
      )}
    </li>
  );
}
