import { useQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import type { CallRow } from "../../../../workers/contract/records/audit.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { request, toQuery } from "../../api/request.ts";
import { CallPage, workspaceKey, membersQuery } from "../../api/workspace.ts";
import { formatLatency } from "../../ui/format-numbers.ts";
import { Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { ExactTime, formatExact } from "../../ui/time.tsx";
import { CallDetail } from "./call-detail.tsx";
import { toApiFilters, type Filters } from "./filters.ts";
import { STATUS_LABELS, StatusBadge } from "./status.tsx";
import { usePagedLog } from "./use-paged-log.ts";
import { VirtualTable, type Column } from "./virtual-table.tsx";

const PAGE_ROWS = 500;
/** A row is written when its call ends, so a slow call's row can appear after higher sequence numbers. */
const OVERLAP_ROWS = 200;

interface Props {
  slug: string;
  isMine: boolean;
  filters: Filters;
  isLive: boolean;
}

/** The log of calls, newest first. */
export function CallsLog({ slug, isMine, filters, isLive }: Props) {
  const path = `/workspaces/${slug}/${isMine ? "me/" : ""}tool-calls`;
  const [open, setOpen] = useState<CallRow>();
  const toMemberName = useMemberNames(slug, !isMine);
  const columns = useMemo(() => makeColumns(toMemberName, isMine), [toMemberName, isMine]);
  const load = (query: Record<string, string | number | undefined>) =>
    request(CallPage, "GET", path + toQuery({ ...toApiFilters(filters, Date.now()), ...query }));
  const { log, paging } = usePagedLog({
    queryKey: workspaceKey(slug, path, filters),
    loadPage: (cursor) => load({ limit: PAGE_ROWS, cursor: cursor ?? undefined }),
    loadNewer: async (newest) => {
      const after = Math.max(0, (newest?.seq ?? 0) - OVERLAP_ROWS);
      return (await load({ after, limit: PAGE_ROWS })).items;
    },
    isLive,
    getId: ({ id }) => id,
    compare: (a, b) => b.seq - a.seq,
  });
  return (
    <Section>
      <Loaded query={log} lines={8}>
        {(calls) =>
          calls.length === 0 ? (
            <EmptyState icon={ScrollText} title="No calls found">
              <p>{isLive ? "Waiting for new calls…" : "New calls appear here within seconds."}</p>
            </EmptyState>
          ) : (
            <VirtualTable
              label="Calls"
              rows={calls}
              columns={columns}
              getId={({ id }) => id}
              describeRow={(row) =>
                `${formatExact(row.createdAt)}, ${escapeLine(row.toolName ?? row.method)}: ${STATUS_LABELS[row.status]}. Show details`
              }
              onOpen={setOpen}
              {...paging}
            />
          )
        }
      </Loaded>
      <CallDetail
        slug={slug}
        call={open}
        toMemberName={toMemberName}
        onClose={() => setOpen(undefined)}
      />
    </Section>
  );
}

function useMemberNames(slug: string, isAllowed: boolean) {
  const { data } = useQuery({ ...membersQuery(slug), enabled: isAllowed });
  return useCallback(
    (id: string | null) => {
      if (id === null) return "Workspace token";
      return data?.find((member) => member.id === id)?.name ?? "Removed member";
    },
    [data],
  );
}

function makeColumns(
  toMemberName: (id: string | null) => string,
  isMine: boolean,
): Column<CallRow>[] {
  const memberColumn: Column<CallRow> = {
    header: "Member",
    className: "hidden w-36 lg:block",
    cell: ({ memberId }) => toMemberName(memberId),
  };
  return [
    {
      header: "Time",
      className: "w-30 text-dim max-sm:text-xs sm:w-40",
      cell: ({ createdAt }) => <ExactTime at={createdAt} />,
    },
    {
      header: "Tool",
      className: "flex-1",
      cell: ({ toolName, method }) => (
        <span className="font-mono text-xs">
          {toolName === null ? (
            <span className="text-dim">{escapeLine(method)}</span>
          ) : (
            escapeLine(toolName)
          )}
        </span>
      ),
    },
    {
      header: "Server",
      className: "hidden w-32 text-dim md:block",
      cell: ({ serverSlug }) => serverSlug ?? "–",
    },
    ...(isMine ? [] : [memberColumn]),
    {
      header: "Outcome",
      className: "w-24",
      cell: ({ status, count }) => <StatusBadge status={status} count={count} />,
    },
    {
      header: "Latency",
      className: "hidden w-16 text-right text-dim tabular-nums sm:block",
      cell: ({ latencyMs }) => formatLatency(latencyMs),
    },
  ];
}
