import { useQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import type { AuditEvent } from "../../../../workers/contract/records/audit.ts";
import { escapeHidden, escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { request, toQuery } from "../../api/request.ts";
import { EventPage, workspaceKey, membersQuery } from "../../api/workspace.ts";
import { CodeBlock } from "../../ui/copy.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { ExactTime, formatExact } from "../../ui/time.tsx";
import { Facts } from "./call-detail.tsx";
import { toApiFilters, type Filters } from "./filters.ts";
import { usePagedLog } from "./use-paged-log.ts";
import { VirtualTable, type Column } from "./virtual-table.tsx";

const PAGE_ROWS = 200;
/** Members and jobs make fewer changes than this between two polls. */
const NEWEST_ROWS = 20;

interface Props {
  slug: string;
  filters: Filters;
  isLive: boolean;
}

/** The log of changes by members, API keys, the operator and jobs, newest first. */
export function EventsLog({ slug, filters, isLive }: Props) {
  const path = `/workspaces/${slug}/audit-events`;
  const [open, setOpen] = useState<AuditEvent>();
  const toActorName = useActorNames(slug);
  const columns = useMemo(() => makeColumns(toActorName), [toActorName]);
  const load = (query: Record<string, string | number | undefined>) =>
    request(EventPage, "GET", path + toQuery({ ...toApiFilters(filters, Date.now()), ...query }));
  const { log, paging } = usePagedLog({
    queryKey: workspaceKey(slug, path, filters),
    loadPage: (cursor) => load({ limit: PAGE_ROWS, cursor: cursor ?? undefined }),
    loadNewer: async () => (await load({ limit: NEWEST_ROWS })).items,
    isLive,
    getId: ({ id }) => id,
    compare: (a, b) => b.occurredAt - a.occurredAt,
  });
  return (
    <Section>
      <Loaded query={log} lines={8}>
        {(events) =>
          events.length === 0 ? (
            <EmptyState icon={ScrollText} title="No changes in this time range" />
          ) : (
            <VirtualTable
              label="Changes"
              rows={events}
              columns={columns}
              getId={({ id }) => id}
              describeRow={({ occurredAt, action, object }) =>
                `${formatExact(occurredAt)}, ${action} ${object}. Show details`
              }
              onOpen={setOpen}
              {...paging}
            />
          )
        }
      </Loaded>
      <Dialog
        isOpen={open !== undefined}
        onClose={() => setOpen(undefined)}
        title={open?.action ?? ""}
        shape="side"
      >
        {open && <EventDetail event={open} actor={toActorName(open.actor)} />}
      </Dialog>
    </Section>
  );
}

function EventDetail({ event, actor }: { event: AuditEvent; actor: string }) {
  return (
    <div className="flex flex-col gap-4">
      <Facts
        facts={[
          ["Time", <ExactTime key="time" at={event.occurredAt} />],
          ["Actor", actor],
          ["Object", escapeLine(event.object)],
        ]}
      />
      <CodeBlock
        contentName="change details"
        text={escapeHidden(JSON.stringify(event.detail, null, 2))}
      />
    </div>
  );
}

/** Returns a function from an actor to its display name: a member's name for a user id, others unchanged. */
function useActorNames(slug: string): (actor: string) => string {
  const { data } = useQuery(membersQuery(slug));
  return useCallback(
    (actor: string) => {
      const id = actor.replace(/^user:/, "");
      return data?.find(({ userId }) => userId === id)?.name ?? actor;
    },
    [data],
  );
}

function makeColumns(toActorName: (actor: string) => string): Column<AuditEvent>[] {
  return [
    {
      header: "Time",
      className: "w-30 text-dim max-sm:text-xs sm:w-40",
      cell: ({ occurredAt }) => <ExactTime at={occurredAt} />,
    },
    { header: "Actor", className: "hidden w-40 sm:block", cell: ({ actor }) => toActorName(actor) },
    {
      header: "Action",
      className: "flex-1",
      cell: ({ action }) => <span className="font-mono text-xs">{action}</span>,
    },
    {
      header: "Object",
      className: "hidden flex-1 text-dim md:block",
      cell: ({ object }) => <span className="font-mono text-xs">{escapeLine(object)}</span>,
    },
  ];
}
