import { Menu } from "@base-ui/react/menu";
import { getRouteApi } from "@tanstack/react-router";
import { Download, Radio } from "lucide-react";
import { useMay } from "../../api/me.ts";
import { toQuery } from "../../api/request.ts";
import { useSlug } from "../../shell/use-slug.ts";
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

/** What was called and what was changed. A member sees their own calls. */
export function AuditPage() {
  const slug = useSlug();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const mayReadAll = useMay(slug, "audit.read");
  const tab = mayReadAll ? search.tab : "calls";
  const { member, server, tool, status, since, from, to } = search;
  const times = { since, from, to };
  const filters = { ...times, member: mayReadAll ? member : undefined, server, tool, status };
  const tabs = [
    { value: "calls", label: "Calls" },
    ...(mayReadAll ? [{ value: "events", label: "Changes" } as const] : []),
  ] as const;
  return (
    <Page>
      <PageHeader
        title={mayReadAll ? "Audit log" : "Your calls"}
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
            {mayReadAll && (
              <ExportMenu slug={slug} tab={tab} filters={tab === "calls" ? filters : times} />
            )}
          </>
        }
      >
        {tab === "calls"
          ? "Who called what, when and with which outcome. Arguments and results are never recorded."
          : "Who changed what in this workspace."}
      </PageHeader>
      <Tabs
        label="Log"
        value={tab}
        onChange={(next) =>
          void navigate({ search: (old) => ({ ...old, tab: next }), replace: true })
        }
        tabs={tabs}
      >
        <FilterBar slug={slug} isCalls={tab === "calls"} mayReadAll={mayReadAll} />
        {tab === "calls" ? (
          <CallsLog
            slug={slug}
            isOwn={!mayReadAll}
            filters={filters}
            isLive={search.live === true}
          />
        ) : (
          <EventsLog slug={slug} filters={times} isLive={search.live === true} />
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
            <p className="px-2 py-1.5 text-xs text-dim">
              All rows that match the filters, however many.
            </p>
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
