import { useQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import type { CallRow } from "../../../../workers/contract/records/audit.ts";
import { request, toQuery } from "../../api/request.ts";
import { CallPage, keyOf, membersQuery } from "../../api/workspace.ts";
import { formatLatency } from "../../ui/numbers.ts";
import { Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { ExactTime, formatExact } from "../../ui/time.tsx";
import { CallDetail } from "./call-detail.tsx";
import { toApiFilters, type Filters } from "./filters.ts";
import { STATUS_WORDS, StatusBadge } from "./status.tsx";
import { useLog } from "./use-log.ts";
import { VirtualTable, type Column } from "./virtual-table.tsx";

const PAGE_ROWS = 500;
/** A row comes when its call ends: slow calls' numbers come after higher ones. */
const LATE_ROWS = 200;

interface Props {
  slug: string;
  isOwn: boolean;
  filters: Filters;
  isLive: boolean;
}

/** Calls, newest first. */
export function CallsLog({ slug, isOwn, filters, isLive }: Props) {
  const path = `/workspaces/${slug}/${isOwn ? "me/" : ""}tool-calls`;
  const [open, setOpen] = useState<CallRow>();
  const nameOf = useMemberNames(slug, !isOwn);
  const columns = useMemo(() => columnsOf(nameOf, isOwn), [nameOf, isOwn]);
  const load = (query: Record<string, string | number | undefined>) =>
    request(CallPage, "GET", path + toQuery({ ...toApiFilters(filters, Date.now()), ...query }));
  const { log, tail } = useLog({
    queryKey: keyOf(slug, path, filters),
    loadPage: (cursor) => load({ limit: PAGE_ROWS, cursor: cursor ?? undefined }),
    loadNewer: async (newest) => {
      const after = Math.max(0, (newest?.seq ?? 0) - LATE_ROWS);
      return (await load({ after, limit: PAGE_ROWS })).items;
    },
    isLive,
    idOf: ({ id }) => id,
    compare: (a, b) => b.seq - a.seq,
  });
  return (
    <Section>
      <Loaded query={log} lines={8}>
        {(calls) =>
          calls.length === 0 ? (
            <EmptyState icon={ScrollText} title="No calls">
              <p>{isLive ? "Waiting for the first one …" : "Calls appear here within seconds."}</p>
            </EmptyState>
          ) : (
            <VirtualTable
              label="Calls"
              rows={calls}
              columns={columns}
              idOf={({ id }) => id}
              describe={(row) =>
                `${formatExact(row.createdAt)}, ${row.toolName ?? row.method}: ${STATUS_WORDS[row.status]}. Details`
              }
              onOpen={setOpen}
              {...tail}
            />
          )
        }
      </Loaded>
      <CallDetail slug={slug} call={open} nameOf={nameOf} onClose={() => setOpen(undefined)} />
    </Section>
  );
}

function useMemberNames(slug: string, isAllowed: boolean) {
  const { data } = useQuery({ ...membersQuery(slug), enabled: isAllowed });
  return useCallback(
    (id: string | null) => {
      if (id === null) return "Workspace token";
      return data?.find((member) => member.id === id)?.name ?? "Removed person";
    },
    [data],
  );
}

function columnsOf(nameOf: (id: string | null) => string, isOwn: boolean): Column<CallRow>[] {
  const person: Column<CallRow> = {
    header: "Person",
    className: "hidden w-36 lg:block",
    cell: ({ memberId }) => nameOf(memberId),
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
          {toolName ?? <span className="text-dim">{method}</span>}
        </span>
      ),
    },
    {
      header: "Server",
      className: "hidden w-32 text-dim md:block",
      cell: ({ serverSlug }) => serverSlug ?? "–",
    },
    ...(isOwn ? [] : [person]),
    {
      header: "Outcome",
      className: "w-24",
      cell: ({ status }) => <StatusBadge status={status} />,
    },
    {
      header: "Took",
      className: "hidden w-16 text-right text-dim tabular-nums sm:block",
      cell: ({ latencyMs }) => formatLatency(latencyMs),
    },
  ];
}
