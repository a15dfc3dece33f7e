import { useQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { useCallback, useMemo } from "react";
import type { ToolCall } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { useMembership } from "../../api/me.ts";
import { request, toQuery } from "../../api/request.ts";
import { CallPage, workspaceKey, workspaceQuery } from "../../api/workspace.ts";
import { classNames } from "../../ui/class-names.ts";
import { formatExactCount } from "../../ui/format-numbers.ts";
import { Section } from "../../ui/page.tsx";
import { Pills } from "../../ui/pills.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { formatExact } from "../../ui/time.tsx";
import { callCountsQuery, toCallsPath, type LogCounts } from "./audit-api.ts";
import { makeCallColumns, makeNarrowCall } from "./call-columns.tsx";
import { CallFilterBar } from "./call-filter-bar.tsx";
import { toCallPills } from "./call-pills.ts";
import { DetailPanel } from "./detail-panel.tsx";
import { NO_CALL_FILTERS, pickFilters, toApiFilters, type CallFilters } from "./filters.ts";
import { CallChart, CallDetail } from "./lazy-controls.tsx";
import { LogBar } from "./log-bar.tsx";
import { STATUS_LABELS } from "./status.tsx";
import { useAuditSearch } from "./use-audit-search.ts";
import { useLog } from "./use-log.ts";
import { VirtualTable } from "./virtual-table.tsx";
import { markLeft } from "./words.ts";

const PAGE_ROWS = 500;
/** Two lines. */
const NARROW_ROW_PX = 58;
/** A row is written when its call ends, so a slow call's row can appear after higher sequence numbers. */
const OVERLAP_ROWS = 200;

interface Props {
  slug: string;
  isMine: boolean;
}

/** The log of calls, newest first, with its filters and a chart of the same calls. */
export function CallsLog({ slug, isMine }: Props) {
  const { search, set } = useAuditSearch();
  const all = pickFilters<CallFilters>(search, NO_CALL_FILTERS);
  const filters = isMine ? { ...all, member: undefined } : all;
  const { data: workspace } = useQuery(workspaceQuery(slug));
  const log = useCallLog(slug, isMine, filters, search.live === true);
  const counts = useQuery(callCountsQuery(slug, isMine, filters, log)).data;
  const pills = toCallPills(filters, counts, set);
  const api = toApiFilters(filters, log.openedAt);
  return (
    <div className="flex flex-col gap-3">
      <CallFilterBar
        slug={slug}
        isMine={isMine}
        filters={filters}
        retentionDays={workspace?.retentionDays}
      />
      <Pills pills={pills} onClear={() => set(NO_CALL_FILTERS)} />
      {counts && counts.steps.length > 0 && (
        <Section className="px-4 py-3">
          <CallChart
            counts={counts}
            onSelectRange={(from, to) => set({ since: undefined, from, to })}
          />
        </Section>
      )}
      <div className="flex flex-wrap items-center justify-between gap-2">
        <CallCount counts={counts} added={log.added} />
        <LogBar
          asOf={log.asOf}
          isLoading={!log.isCurrent}
          onRefresh={log.refresh}
          exportLink={
            isMine
              ? null
              : {
                  path: toCallsPath(slug, false),
                  query: { ...api, upTo: log.rows?.[0]?.seq },
                  hasRows: log.isCurrent && (log.rows?.length ?? 0) > 0,
                }
          }
        />
      </div>
      <CallTable
        {...{ slug, isMine, log }}
        isFiltered={pills.length > 0}
        lastCallAt={counts?.lastCallAt ?? null}
        retentionDays={workspace?.retentionDays}
      />
    </div>
  );
}

/** The number of calls. Rows that the log has added since they were counted, `added - counts.added`, count at once. */
function CallCount({ counts, added }: { counts: LogCounts | undefined; added: number }) {
  if (!counts) return <span />;
  const counted = counts.steps.reduce(
    (total, { calls }) => total + Object.values(calls).reduce((a, b) => a + b, 0),
    0,
  );
  const sum = counted + Math.max(0, added - counts.added);
  return (
    <p className="text-xs text-dim tabular-nums">
      {sum === 1 ? "1 call" : `${formatExactCount(sum)} calls`}
    </p>
  );
}

function useCallLog(slug: string, isMine: boolean, filters: CallFilters, isLive: boolean) {
  const path = toCallsPath(slug, isMine);
  const load = (openedAt: number, query: Record<string, string | number | undefined>) =>
    request(CallPage, "GET", path + toQuery({ ...toApiFilters(filters, openedAt), ...query }));
  return useLog({
    queryKey: workspaceKey(slug, path, filters),
    loadPage: (cursor, openedAt) =>
      load(openedAt, { limit: PAGE_ROWS, cursor: cursor ?? undefined }),
    loadNewer: async (newest, openedAt) => {
      const after = Math.max(0, (newest?.seq ?? 0) - OVERLAP_ROWS);
      return (await load(openedAt, { after, limit: PAGE_ROWS })).items;
    },
    maxNewer: PAGE_ROWS,
    isLive,
    getId: ({ id }) => id,
    compare: (a, b) => b.seq - a.seq,
  });
}

interface TableProps extends Props {
  log: ReturnType<typeof useCallLog>;
  isFiltered: boolean;
  lastCallAt: number | null;
  retentionDays: number | undefined;
}

function CallTable({ slug, isMine, log, isFiltered, lastCallAt, retentionDays }: TableProps) {
  const { search, set } = useAuditSearch();
  const toMember = useMemberNames(slug);
  const columns = useMemo(() => makeCallColumns(toMember, isMine), [toMember, isMine]);
  const narrowCell = useMemo(() => makeNarrowCall(toMember, isMine), [toMember, isMine]);
  const open = useOpenCall(slug, isMine, search.call, log.rows);
  const show = useCallback((call?: ToolCall) => set({ call: call?.seq }), [set]);
  return (
    <Section className={classNames(!log.isCurrent && log.rows && "opacity-60")}>
      <Loaded query={log.query} lines={8}>
        {(calls) =>
          calls.length === 0 ? (
            <EmptyState icon={ScrollText} title="No calls found">
              {search.live === true && <p>Waiting for new calls…</p>}
              <p>{describeEmpty(isFiltered, lastCallAt, retentionDays)}</p>
            </EmptyState>
          ) : (
            <VirtualTable
              label="Calls"
              rows={calls}
              columns={columns}
              narrowCell={narrowCell}
              narrowRowPx={NARROW_ROW_PX}
              getId={({ id }) => id}
              describeRow={(row) =>
                `${formatExact(row.createdAt)}, ${escapeLine(row.toolName ?? row.method)}, ${toMember(row)}: ${STATUS_LABELS[row.status]}. Show details`
              }
              onOpen={show}
              openId={open?.id}
              {...log.paging}
            />
          )
        }
      </Loaded>
      <DetailPanel
        title="Call details"
        row={open}
        rows={log.rows ?? []}
        getId={({ id }) => id}
        onShow={show}
      >
        {open && <CallDetail slug={slug} isMine={isMine} call={open} toMember={toMember} />}
      </DetailPanel>
    </Section>
  );
}

/** The call whose number is in the URL: one of the loaded rows, or fetched alone. */
function useOpenCall(
  slug: string,
  isMine: boolean,
  seq: number | undefined,
  rows: ToolCall[] | undefined,
): ToolCall | undefined {
  const loaded = seq === undefined ? undefined : rows?.find((row) => row.seq === seq);
  const path = toCallsPath(slug, isMine);
  const fetched = useQuery({
    queryKey: workspaceKey(slug, path, "one", seq),
    queryFn: () =>
      request(CallPage, "GET", path + toQuery({ after: (seq ?? 1) - 1, upTo: seq ?? 0 })),
    enabled: seq !== undefined && rows !== undefined && !loaded,
  });
  return loaded ?? (seq === undefined ? undefined : fetched.data?.items[0]);
}

/** A member's own rows say “You”. */
function useMemberNames(slug: string): (call: ToolCall) => string {
  const ownId = useMembership(slug)?.memberId;
  return useCallback(
    ({ memberId, memberName, hasMemberLeft }: ToolCall) => {
      if (memberId === null) return "Workspace token";
      return memberId === ownId ? "You" : markLeft(memberName ?? "Unknown member", hasMemberLeft);
    },
    [ownId],
  );
}

function describeEmpty(
  isFiltered: boolean,
  lastCallAt: number | null,
  retentionDays: number | undefined,
): string {
  const kept = retentionDays === undefined ? "" : ` The log keeps ${retentionDays} days.`;
  if (lastCallAt === null) return `No call has been recorded.${kept}`;
  const where = isFiltered ? "No call matches these filters." : "";
  return `${where} The last call was at ${formatExact(lastCallAt)}.${kept}`;
}
