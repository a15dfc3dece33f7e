import { useQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import type { AuditEvent } from "../../../../workers/contract/records/audit.ts";
import { request, toQuery } from "../../api/request.ts";
import { EventPage, keyOf, membersQuery } from "../../api/workspace.ts";
import { CodeBlock } from "../../ui/copy.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { ExactTime, formatExact } from "../../ui/time.tsx";
import { Facts } from "./call-detail.tsx";
import { toApiFilters, type Filters } from "./filters.ts";
import { useLog } from "./use-log.ts";
import { VirtualTable, type Column } from "./virtual-table.tsx";

const PAGE_ROWS = 200;
/** People and jobs are slow: between two looks no more than these happen. */
const NEWEST_ROWS = 20;

interface Props {
  slug: string;
  filters: Filters;
  isLive: boolean;
}

/** What people and jobs did to the workspace, newest first. */
export function EventsLog({ slug, filters, isLive }: Props) {
  const path = `/workspaces/${slug}/audit-events`;
  const [open, setOpen] = useState<AuditEvent>();
  const nameOf = useActorNames(slug);
  const columns = useMemo(() => columnsOf(nameOf), [nameOf]);
  const load = (query: Record<string, string | number | undefined>) =>
    request(EventPage, "GET", path + toQuery({ ...toApiFilters(filters, Date.now()), ...query }));
  const { log, tail } = useLog({
    queryKey: keyOf(slug, path, filters),
    loadPage: (cursor) => load({ limit: PAGE_ROWS, cursor: cursor ?? undefined }),
    loadNewer: async () => (await load({ limit: NEWEST_ROWS })).items,
    isLive,
    idOf: ({ id }) => id,
    compare: (a, b) => b.occurredAt - a.occurredAt,
  });
  return (
    <Section>
      <Loaded query={log} lines={8}>
        {(events) =>
          events.length === 0 ? (
            <EmptyState icon={ScrollText} title="Nothing was changed in this time" />
          ) : (
            <VirtualTable
              label="Changes"
              rows={events}
              columns={columns}
              idOf={({ id }) => id}
              describe={({ occurredAt, action, object }) =>
                `${formatExact(occurredAt)}, ${action} ${object}. Details`
              }
              onOpen={setOpen}
              {...tail}
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
        {open && <EventDetail event={open} actor={nameOf(open.actor)} />}
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
          ["Who", actor],
          ["Object", event.object],
        ]}
      />
      <CodeBlock what="what changed" text={JSON.stringify(event.detail, null, 2)} />
    </div>
  );
}

/** An actor is a user's id, or `operator`, `system`, a key. People who are members are shown by name. */
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

function columnsOf(nameOf: (actor: string) => string): Column<AuditEvent>[] {
  return [
    {
      header: "Time",
      className: "w-30 text-dim max-sm:text-xs sm:w-40",
      cell: ({ occurredAt }) => <ExactTime at={occurredAt} />,
    },
    { header: "Who", className: "hidden w-40 sm:block", cell: ({ actor }) => nameOf(actor) },
    {
      header: "What",
      className: "flex-1",
      cell: ({ action }) => <span className="font-mono text-xs">{action}</span>,
    },
    {
      header: "Object",
      className: "hidden flex-1 text-dim md:block",
      cell: ({ object }) => <span className="font-mono text-xs">{object}</span>,
    },
  ];
}
