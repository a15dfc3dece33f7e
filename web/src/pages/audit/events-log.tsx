import { useQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { useCallback, useMemo } from "react";
import type { Event } from "../../../../workers/contract/api/resources.ts";
import { useMe } from "../../api/me.ts";
import { request, toQuery } from "../../api/request.ts";
import { EventPage, workspaceKey, workspaceQuery } from "../../api/workspace.ts";
import { classNames } from "../../ui/class-names.ts";
import { Section } from "../../ui/page.tsx";
import { Pills } from "../../ui/pills.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { ExactTime, formatExact } from "../../ui/time.tsx";
import { DetailPanel } from "./detail-panel.tsx";
import { EventDetail, Sentence, toSentence } from "./event-detail.tsx";
import { EventFilterBar, useEventPills } from "./event-filter-bar.tsx";
import { NO_EVENT_FILTERS, pickFilters, toApiFilters, type EventFilters } from "./filters.ts";
import { LogBar } from "./log-bar.tsx";
import { useAuditSearch } from "./use-audit-search.ts";
import { useLog, type Log } from "./use-log.ts";
import { VirtualTable, type Column } from "./virtual-table.tsx";

const PAGE_ROWS = 200;
/** Two lines of the sentence, and the time. */
const NARROW_ROW_PX = 78;

/** The log of changes by members, API keys, the operator and jobs, newest first. */
export function EventsLog({ slug }: { slug: string }) {
  const { search, set } = useAuditSearch();
  const filters = pickFilters<EventFilters>(search, NO_EVENT_FILTERS);
  const { data: workspace } = useQuery(workspaceQuery(slug));
  const log = useEventLog(slug, filters, search.live === true);
  const pills = useEventPills(slug, filters);
  return (
    <div className="flex flex-col gap-3">
      <EventFilterBar slug={slug} filters={filters} retentionDays={workspace?.retentionDays} />
      <Pills pills={pills} onClear={() => set(NO_EVENT_FILTERS)} />
      <div className="flex justify-end">
        <LogBar
          asOf={log.asOf}
          isLoading={!log.isCurrent}
          onRefresh={log.refresh}
          exportLink={{
            path: toPath(slug),
            query: { ...toApiFilters(filters, log.openedAt), upTo: log.rows?.[0]?.id },
            hasRows: log.isCurrent && (log.rows?.length ?? 0) > 0,
          }}
        />
      </div>
      <EventTable
        slug={slug}
        log={log}
        empty={`${pills.length > 0 ? "No change matches these filters." : "No change has been recorded."}${
          workspace ? ` The log keeps ${workspace.retentionDays} days.` : ""
        }`}
      />
    </div>
  );
}

function toPath(slug: string): string {
  return `/workspaces/${slug}/audit-events`;
}

function useEventLog(slug: string, filters: EventFilters, isLive: boolean): Log<Event> {
  const load = (openedAt: number, query: Record<string, string | number | undefined>) =>
    request(
      EventPage,
      "GET",
      toPath(slug) + toQuery({ ...toApiFilters(filters, openedAt), ...query }),
    );
  return useLog<Event>({
    queryKey: workspaceKey(slug, toPath(slug), filters),
    loadPage: (cursor, openedAt) =>
      load(openedAt, { limit: PAGE_ROWS, cursor: cursor ?? undefined }),
    loadNewer: async (_newest, openedAt) => (await load(openedAt, { limit: PAGE_ROWS })).items,
    maxNewer: PAGE_ROWS,
    isLive,
    getId: ({ id }) => id,
    compare: (a, b) => b.occurredAt - a.occurredAt,
  });
}

function EventTable({ slug, log, empty }: { slug: string; log: Log<Event>; empty: string }) {
  const { search, set } = useAuditSearch();
  const ownId = useMe().user.id;
  const columns = useMemo(() => makeColumns(ownId), [ownId]);
  const narrowCell = useMemo(() => makeNarrowEvent(ownId), [ownId]);
  const open = log.rows?.find(({ id }) => id === search.event);
  const show = useCallback((event?: Event) => set({ event: event?.id }), [set]);
  return (
    <Section className={classNames(!log.isCurrent && log.rows && "opacity-60")}>
      <Loaded query={log.query} lines={8}>
        {(events) =>
          events.length === 0 ? (
            <EmptyState icon={ScrollText} title="No changes found">
              <p>{empty}</p>
            </EmptyState>
          ) : (
            <VirtualTable
              label="Changes"
              rows={events}
              columns={columns}
              narrowCell={narrowCell}
              narrowRowPx={NARROW_ROW_PX}
              getId={({ id }) => id}
              describeRow={(event) =>
                `${formatExact(event.occurredAt)}, ${toSentence(event, ownId)}. Show details`
              }
              onOpen={show}
              openId={open?.id}
              {...log.paging}
            />
          )
        }
      </Loaded>
      <DetailPanel
        title="Change details"
        row={open}
        rows={log.rows ?? []}
        getId={({ id }) => id}
        onShow={show}
      >
        {open && <EventDetail slug={slug} event={open} ownId={ownId} />}
      </DetailPanel>
    </Section>
  );
}

function makeNarrowEvent(ownId: string) {
  return (event: Event) => <NarrowEvent event={event} ownId={ownId} />;
}

function NarrowEvent({ event, ownId }: { event: Event; ownId: string }) {
  return (
    <span className="flex flex-col gap-0.5">
      <span className="line-clamp-2 leading-5 whitespace-normal">
        <Sentence event={event} ownId={ownId} />
      </span>
      <span className="text-xs text-dim">
        <ExactTime at={event.occurredAt} />
      </span>
    </span>
  );
}

function makeColumns(ownId: string): Column<Event>[] {
  return [
    {
      header: "Time",
      className: "w-40 shrink-0 text-dim",
      cell: ({ occurredAt }) => <ExactTime at={occurredAt} />,
    },
    {
      header: "Change",
      className: "min-w-0 flex-1",
      cell: (event) => <Sentence event={event} ownId={ownId} />,
    },
  ];
}
