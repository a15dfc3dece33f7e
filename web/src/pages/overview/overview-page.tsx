import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { Usage, UsageFigures } from "../../../../workers/contract/api/usage.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { HOUR_MS } from "../../../../workers/contract/units.ts";
import { useCan, useMembership } from "../../api/me.ts";
import { membersQuery, myUsageQuery, usageQuery } from "../../api/workspace.ts";
import { toGatewayUrl } from "../../connect/gateway-url.ts";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { buttonClass } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { formatCount, formatLatency, formatPercentage } from "../../ui/format-numbers.ts";
import { Page, PageHeader, Section } from "../../ui/page.tsx";
import { Select } from "../../ui/select.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { useNow } from "../../ui/use-now.ts";
import { GettingStarted } from "./getting-started.tsx";
import { HealthStrip } from "./health-strip.tsx";
import { UsageCharts } from "./usage-charts.tsx";
import { UsageTable } from "./usage-table.tsx";

const route = getRouteApi("/signed-in/w/$slug/");

const RANGES = [
  { value: "24h", label: "Last 24 hours" },
  { value: "7d", label: "Last 7 days" },
  { value: "30d", label: "Last 30 days" },
] as const;
const HOURS = { "24h": 24, "7d": 7 * 24, "30d": 30 * 24 };

const DIMENSIONS = [
  { value: "all", label: "All calls" },
  { value: "server", label: "By server" },
  { value: "tool", label: "By tool" },
  { value: "member", label: "By member" },
] as const;

/** Overview of a workspace: gateway URL, server health, usage, connection instructions. */
export function OverviewPage() {
  const slug = useWorkspaceSlug();
  const membership = useMembership(slug);
  return (
    <Page>
      <PageHeader
        title={membership?.workspace.name ?? slug}
        actions={
          <Link to="/w/$slug/connect" params={{ slug }} className={buttonClass()}>
            Connect a client
          </Link>
        }
      >
        <span className="inline-flex max-w-full items-center gap-1">
          <code className="truncate font-mono text-xs">{toGatewayUrl(slug)}</code>
          <CopyButton text={toGatewayUrl(slug)} contentName="gateway URL" />
        </span>
      </PageHeader>
      <GettingStarted slug={slug} />
      <HealthStrip slug={slug} />
      <UsageSection slug={slug} />
    </Page>
  );
}

function UsageSection({ slug }: { slug: string }) {
  const { range, by: selectedDimension } = route.useSearch();
  const navigate = route.useNavigate();
  const isPersonal = !useCan(slug, "audit.read");
  const by = isPersonal ? "all" : selectedDimension;
  const now = useNow(60_000);
  const to = Math.ceil(now / HOUR_MS) * HOUR_MS;
  const usageRange = {
    from: to - HOURS[range] * HOUR_MS,
    to,
    step: range === "30d" ? "day" : "hour",
  } as const;
  const all = useQuery({ ...usageQuery(slug, by, usageRange), enabled: !isPersonal });
  const mine = useQuery({ ...myUsageQuery(slug, usageRange), enabled: isPersonal });
  const toSeriesName = useSeriesNames(slug, by);
  return (
    <section aria-label="Usage" className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2>{isPersonal ? "Your calls" : "Calls"}</h2>
        <div className="flex flex-wrap gap-2">
          {!isPersonal && (
            <Select
              label="Group by"
              className="w-36!"
              value={by}
              choices={DIMENSIONS}
              onChange={(next) =>
                void navigate({ search: (old) => ({ ...old, by: next }), replace: true })
              }
            />
          )}
          <Select
            label="Time range"
            className="w-36!"
            value={range}
            choices={RANGES}
            onChange={(next) =>
              void navigate({ search: (old) => ({ ...old, range: next }), replace: true })
            }
          />
        </div>
      </div>
      <Loaded query={isPersonal ? mine : all}>
        {(data) => <UsageContent slug={slug} usage={data} by={by} toSeriesName={toSeriesName} />}
      </Loaded>
    </section>
  );
}

/** Returns a function from a series name to its display name: a member's name for its id, others unchanged. */
function useSeriesNames(slug: string, by: string): (name: string) => string {
  const { data } = useQuery({ ...membersQuery(slug), enabled: by === "member" });
  const names = new Map(data?.map(({ id, name }) => [id, name]));
  const emptyName = by === "member" ? "Workspace tokens" : by === "all" ? "All calls" : "No server";
  return (name) => (name === "" ? emptyName : (names.get(name) ?? escapeLine(name)));
}

function UsageContent(props: {
  slug: string;
  usage: Usage;
  by: "all" | "server" | "tool" | "member";
  toSeriesName: (name: string) => string;
}) {
  const { slug, usage, by, toSeriesName } = props;
  if (usage.total.calls === 0)
    return (
      <Section>
        <EmptyState title="No calls in this time range">
          <p>New calls appear here within a few seconds.</p>
        </EmptyState>
      </Section>
    );
  return (
    <>
      <Figures total={usage.total} />
      <UsageCharts usage={usage} by={by} toSeriesName={toSeriesName} />
      {by !== "all" && <UsageTable slug={slug} usage={usage} by={by} toSeriesName={toSeriesName} />}
    </>
  );
}

function Figures({ total }: { total: UsageFigures }) {
  const figures = [
    ["Calls", formatCount(total.calls)],
    ["Error rate", formatPercentage(total.errors, total.calls)],
    ["Refused", formatCount(total.refused)],
    ["Latency (p50)", formatLatency(total.p50Ms)],
    ["Latency (p95)", formatLatency(total.p95Ms)],
  ] as const;
  return (
    <dl className="card grid grid-cols-2 gap-px overflow-hidden bg-line sm:grid-cols-5">
      {figures.map(([name, value]) => (
        <div key={name} className="bg-panel px-4 py-3 max-sm:first:col-span-2">
          <dt className="text-xs text-dim">{name}</dt>
          <dd className="mt-0.5 text-xl font-semibold tracking-tight tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
