import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import type { Usage } from "../../../../workers/contract/api/usage.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { DAY_MS, MINUTE_MS } from "../../../../workers/contract/units.ts";
import { useCan } from "../../api/me.ts";
import { usageQuery, type UsageScope } from "../../api/usage.ts";
import { Section } from "../../ui/page.tsx";
import { Select } from "../../ui/select.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { useNow } from "../../ui/use-now.ts";
import { markLeft } from "../audit/words.ts";
import { Figures } from "./figures.tsx";
import { RANGES, toRangeBefore, toUsageRange } from "./ranges.ts";
import { TopLists } from "./top-lists.tsx";
import { NamedUsageCharts, UsageCharts } from "./usage-charts.tsx";
import type { Split } from "./usage-names.ts";
import { UsageTable } from "./usage-table.tsx";

const route = getRouteApi("/signed-in/w/$slug/");

const SPLITS = [
  { value: "all", label: "All calls" },
  { value: "server", label: "By server" },
  { value: "tool", label: "By tool" },
  { value: "member", label: "By person" },
  { value: "client", label: "By client" },
] as const;

interface Props {
  slug: string;
  workspace: Workspace;
  /** Whether only the signed-in member's own calls are shown. */
  isMine: boolean;
}

/** Calls of a time range: figures, charts, and outliers, or all names of a dimension. */
export function UsageSection({ slug, workspace, isMine }: Props) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const now = useNow(MINUTE_MS / 6);
  const splits = SPLITS.filter(({ value }) => !isMine || value !== "member");
  const by = splits.find(({ value }) => value === search.by)?.value ?? "all";
  // Of a new workspace, an hour by the minute shows the first calls at once.
  const rangeName = search.range ?? (workspace.createdAt > now - DAY_MS ? "1h" : "24h");
  const scope: UsageScope = { slug, isMine, range: toUsageRange(rangeName, now) };
  const beforeLabel = RANGES.find(({ value }) => value === rangeName)?.before ?? "";
  const all = useQuery(usageQuery(scope, "all"));
  return (
    <section aria-label="Usage" className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2>{isMine ? "Your calls" : "Calls"}</h2>
        <div className="flex flex-wrap gap-2">
          <Select
            label="Split by"
            className="w-32!"
            value={by}
            choices={splits}
            onChange={(next) => void navigate({ search: (old) => ({ ...old, by: next }) })}
          />
          <Select
            label="Time range"
            className="w-36!"
            value={rangeName}
            choices={RANGES}
            onChange={(next) =>
              void navigate({ search: (old) => ({ ...old, range: next }), replace: true })
            }
          />
        </div>
      </div>
      <Loaded query={all}>
        {(usage) =>
          usage.total.calls === 0 ? (
            <NoCalls slug={slug} />
          ) : (
            <>
              <FiguresWithChange {...{ scope, usage, workspace, beforeLabel }} />
              <Content scope={scope} usage={usage} by={by} />
            </>
          )
        }
      </Loaded>
    </section>
  );
}

function NoCalls({ slug }: { slug: string }) {
  const canUse = useCan(slug, "me.use");
  return (
    <Section>
      <EmptyState title="No calls in this time range">
        <p>
          Choose a longer time range{canUse && ", or connect a client"}. New calls appear here
          within a few seconds.
        </p>
      </EmptyState>
    </Section>
  );
}

/** Compares with the period before, if the workspace and its log are that old. */
function FiguresWithChange(props: {
  scope: UsageScope;
  usage: Usage;
  workspace: Workspace;
  beforeLabel: string;
}) {
  const { scope, usage, workspace, beforeLabel } = props;
  const before = toRangeBefore(scope.range);
  const oldestAt = Math.max(workspace.createdAt, scope.range.to - workspace.retentionDays * DAY_MS);
  const { data } = useQuery({
    ...usageQuery({ ...scope, range: before }, "all"),
    enabled: before.from >= oldestAt,
  });
  return (
    <Figures
      scope={scope}
      usage={usage}
      before={before.from >= oldestAt ? data : undefined}
      beforeLabel={beforeLabel}
    />
  );
}

function Content({ scope, usage, by }: { scope: UsageScope; usage: Usage; by: Split | "all" }) {
  const navigate = route.useNavigate();
  const selectRange = (from: number, to: number) =>
    void navigate({ to: "/w/$slug/audit", params: { slug: scope.slug }, search: { from, to } });
  if (by === "all")
    return (
      <>
        <UsageCharts usage={usage} onSelectRange={selectRange} />
        <TopLists scope={scope} />
      </>
    );
  return (
    <>
      {by !== "client" && !scope.isMine && (
        <NamedCharts {...{ scope, usage, by }} onSelectRange={selectRange} />
      )}
      <UsageTable key={by} scope={scope} by={by} />
    </>
  );
}

function NamedCharts(props: {
  scope: UsageScope;
  usage: Usage;
  by: Exclude<Split, "client">;
  onSelectRange: (from: number, to: number) => void;
}) {
  const { scope, usage, by, onSelectRange } = props;
  const named = useQuery(usageQuery(scope, by));
  const emptyLabel = by === "member" ? "Workspace tokens" : "No server";
  return (
    <Loaded query={named}>
      {(data) => (
        <NamedUsageCharts
          usage={usage}
          named={data}
          toLabel={({ name, label, isRemoved }) =>
            name === "" ? emptyLabel : escapeLine(markLeft(label, isRemoved))
          }
          onSelectRange={onSelectRange}
        />
      )}
    </Loaded>
  );
}
