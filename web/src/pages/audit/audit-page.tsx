import { Menu } from "@base-ui/react/menu";
import { getRouteApi } from "@tanstack/react-router";
import { Download, Radio } from "lucide-react";
import { useCan } from "../../api/me.ts";
import { toQuery } from "../../api/request.ts";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { Button } from "../../ui/button.tsx";
import { classNames } from "../../ui/class-names.ts";
import { Page, PageHeader } from "../../ui/page.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { useNow } from "../../ui/use-now.ts";
import { CallsLog } from "./calls-log.tsx";
import { EventsLog } from "./events-log.tsx";
import { FilterBar } from "./filter-bar.tsx";
import { toApiFilters, type Filters } from "./filters.ts";

const route = getRouteApi("/signed-in/w/$slug/audit");

/** The audit log: calls and changes. A member without the permission sees only their own calls. */
export function AuditPage() {
  const slug = useWorkspaceSlug();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const canReadAll = useCan(slug, "audit.read");
  const tab = canReadAll ? search.tab : "calls";
  const { member, server, tool, status, since, from, to } = search;
  const timeRange = { since, from, to };
  const filters = { ...timeRange, member: canReadAll ? member : undefined, server, tool, status };
  const tabs = [
    { value: "calls", label: "Calls" },
    ...(canReadAll ? [{ value: "events", label: "Changes" } as const] : []),
  ] as const;
  return (
    <Page>
      <PageHeader
        title={canReadAll ? "Audit log" : "Your calls"}
        actions={
          <>
            <LiveButton
              isLive={search.live === true}
              onChange={(isLive) =>
                void navigate({
                  search: (old) => ({ ...old, live: isLive ? true : undefined }),
                  replace: true,
                })
              }
            />
            {canReadAll && (
              <ExportMenu slug={slug} tab={tab} filters={tab === "calls" ? filters : timeRange} />
            )}
          </>
        }
      >
        {tab === "calls"
          ? "Every call through the gateway with its member, server, tool and outcome. Arguments and results are never recorded."
          : "Every change to this workspace, with its actor and details."}
      </PageHeader>
      <Tabs
        label="Audit log"
        value={tab}
        onChange={(next) =>
          void navigate({ search: (old) => ({ ...old, tab: next }), replace: true })
        }
        tabs={tabs}
      >
        <FilterBar slug={slug} isCalls={tab === "calls"} canReadAll={canReadAll} />
        {tab === "calls" ? (
          <CallsLog
            slug={slug}
            isMine={!canReadAll}
            filters={filters}
            isLive={search.live === true}
          />
        ) : (
          <EventsLog slug={slug} filters={timeRange} isLive={search.live === true} />
        )}
      </Tabs>
    </Page>
  );
}

function LiveButton({
  isLive,
  onChange,
}: {
  isLive: boolean;
  onChange: (isLive: boolean) => void;
}) {
  return (
    <Button aria-pressed={isLive} onClick={() => onChange(!isLive)}>
      <Radio className={classNames("size-3.5", isLive && "animate-pulse text-ok")} aria-hidden />
      Live
    </Button>
  );
}

interface ExportProps {
  slug: string;
  tab: "calls" | "events";
  filters: Filters;
}

function ExportMenu({ slug, tab, filters }: ExportProps) {
  const query = toApiFilters(filters, useNow(60_000));
  const resource = tab === "calls" ? "tool-calls" : "audit-events";
  const formats = [
    { format: "csv", label: "CSV" },
    { format: "ndjson", label: "NDJSON" },
  ];
  return (
    <Menu.Root>
      <Menu.Trigger
        render={
          <Button>
            <Download className="size-3.5" aria-hidden />
            Export
          </Button>
        }
      />
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="end" className="z-50">
          <Menu.Popup className="popup w-56 p-1">
            <p className="px-2 py-1.5 text-xs text-dim">Exports all rows that match the filters.</p>
            {formats.map(({ format, label }) => (
              <Menu.LinkItem
                key={format}
                className="menu-item"
                href={`/api/workspaces/${slug}/${resource}/export${toQuery({ ...query, format })}`}
                download
              >
                {label}
              </Menu.LinkItem>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
