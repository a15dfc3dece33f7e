import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { CalendarDays } from "lucide-react";
import { useState } from "react";
import type { z } from "zod";
import type { MarketplaceWeek } from "../../../../workers/contract/api/marketplace-curation.ts";
import { toIsoWeek, toMonday } from "../../../../workers/contract/marketplace/iso-week.ts";
import { DAY_MS, HOUR_MS } from "../../../../workers/contract/units.ts";
import { deletePick, MARKETPLACE_KEY, savePick, weeksQuery } from "../../api/curation.ts";
import { serverOfTheWeekQuery } from "../../api/marketplace-curation.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import type { DataColumn } from "../../ui/data-table-sort.ts";
import { DataTable } from "../../ui/data-table.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { Section } from "../../ui/page.tsx";
import { RowMenu } from "../../ui/row-menu.tsx";
import { Select } from "../../ui/select.tsx";
import { ShowMore } from "../../ui/show-more.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { showToast } from "../../ui/toast.ts";
import { useNow } from "../../ui/use-now.ts";
import { BriefServerRow } from "../marketplace/server-row.tsx";
import { EntryLink } from "../requests/entry-link.tsx";
import { ServerReasonForm } from "./server-reason-form.tsx";

type Week = z.infer<typeof MarketplaceWeek>;

/** Weeks for which a server can be picked: this one and the coming ones. */
const OPEN_WEEKS = 9;

/** What a dialog is open for. */
type Task = { do: "pick"; week: string; reason?: string } | { do: "withdraw"; week: string };

/** The server of this week, picks for coming weeks, and the servers of past ones. */
export function WeeksPanel() {
  const [task, setTask] = useState<Task | null>(null);
  const open = listOpenWeeks(useNow(HOUR_MS));
  return (
    <div className="flex flex-col gap-5">
      <ThisWeek week={open[0] ?? ""} onTask={setTask} />
      <Weeks open={open} onTask={setTask} />
      <Dialog
        isOpen={task?.do === "pick"}
        onClose={() => setTask(null)}
        title="Pick a server of the week"
      >
        {task?.do === "pick" && (
          <PickForm week={task.week} weeks={open} onClose={() => setTask(null)} />
        )}
      </Dialog>
      <WithdrawDialog
        week={task?.do === "withdraw" ? task.week : null}
        onClose={() => setTask(null)}
      />
    </div>
  );
}

/** This week and the coming ones, in ISO 8601. */
function listOpenWeeks(now: number): string[] {
  const monday = toMonday(Math.floor(now / DAY_MS));
  return Array.from({ length: OPEN_WEEKS }, (_, i) => toIsoWeek(monday + i * 7));
}

function ThisWeek({ week, onTask }: { week: string; onTask: (task: Task) => void }) {
  const query = useQuery(serverOfTheWeekQuery);
  const isPick = query.data?.item?.isPick ?? false;
  return (
    <Section
      title={`Week ${week}`}
      hint={isPick ? "Picked by hand" : "Without a pick, a rule chooses"}
      actions={
        <div className="flex flex-wrap gap-2">
          {isPick && (
            <Button onClick={() => onTask({ do: "withdraw", week })}>Withdraw the pick</Button>
          )}
          <Button variant="primary" onClick={() => onTask({ do: "pick", week })}>
            Pick a server
          </Button>
        </div>
      }
    >
      <Loaded query={query}>
        {({ item }) =>
          item === null ? (
            <EmptyState icon={CalendarDays} title="No server of the week">
              <p>The rule needs a server of grade A or B that was not shown for 26 weeks.</p>
            </EmptyState>
          ) : (
            <ul>
              <BriefServerRow server={item.server}>
                <p className="mt-1 wrap-anywhere">{item.reason}</p>
                <p className="text-xs text-dim">
                  {item.isPick ? "Picked" : "Chosen by the rule"} <Time at={item.decidedAt} />
                </p>
              </BriefServerRow>
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}

const COLUMNS: readonly DataColumn<Week>[] = [
  {
    key: "week",
    header: "Week",
    cell: ({ week }) => <span className="tabular-nums">{week}</span>,
    width: "6rem",
    onCard: true,
  },
  {
    key: "server",
    header: "Server",
    cell: ({ name }) => <EntryLink name={name} />,
    width: "minmax(12rem,2fr)",
    onCard: true,
    isSelfExplaining: true,
  },
  {
    key: "reason",
    header: "Reason",
    cell: ({ reason }) => <span className="line-clamp-2 wrap-anywhere">{reason}</span>,
    width: "minmax(10rem,3fr)",
    fromPx: 760,
  },
  {
    key: "by",
    header: "Chosen by",
    cell: ({ isPick }) => (isPick ? "A curator" : "The rule"),
    width: "7rem",
    onCard: true,
  },
  {
    key: "decidedAt",
    header: "Decided",
    cell: ({ decidedAt }) => <Time at={decidedAt} />,
    width: "8rem",
  },
];

function Weeks({ open, onTask }: { open: string[]; onTask: (task: Task) => void }) {
  const query = useInfiniteQuery(weeksQuery);
  return (
    <Section title="All weeks" hint="The latest first, with picks for coming weeks.">
      <Loaded query={query}>
        {({ pages }) => (
          <DataTable
            label="Weeks"
            rows={pages.flatMap(({ items }) => items)}
            columns={COLUMNS}
            getId={({ week }) => week}
            getName={({ week }) => week}
            sort={undefined}
            onSort={() => {}}
            empty={<EmptyState icon={CalendarDays} title="No week has a server yet" />}
            renderMenu={({ week, isPick }) => (
              <RowMenu
                label={`Actions for ${week}`}
                items={
                  open.includes(week)
                    ? [
                        {
                          label: "Pick another server",
                          choose: () => onTask({ do: "pick", week }),
                        },
                        ...(isPick
                          ? [
                              {
                                label: "Withdraw the pick",
                                isDangerous: true,
                                choose: () => onTask({ do: "withdraw", week }),
                              },
                            ]
                          : []),
                      ]
                    : []
                }
              />
            )}
          />
        )}
      </Loaded>
      <ShowMore query={query} />
    </Section>
  );
}

function PickForm(props: { week: string; weeks: string[]; onClose: () => void }) {
  const { weeks, onClose } = props;
  const [week, setWeek] = useState(props.week);
  const pick = useApiMutation({
    run: (chosen: { name: string; reason: string }) => savePick(week, chosen),
    invalidate: [MARKETPLACE_KEY],
    onDone: ({ name }) => {
      onClose();
      showToast(`${name} is the server of ${week}`);
    },
  });
  return (
    <ServerReasonForm
      name={null}
      hint="Shown beside the server on the marketplace’s front page."
      submitLabel="Pick"
      isBusy={pick.isPending}
      onCancel={onClose}
      onSubmit={(chosen) => pick.mutate(chosen)}
    >
      <Field label="Week">
        <Select
          value={week}
          onChange={setWeek}
          choices={weeks.map((value, i) => ({
            value,
            label: i === 0 ? `${value} (this week)` : value,
          }))}
        />
      </Field>
    </ServerReasonForm>
  );
}

function WithdrawDialog({ week, onClose }: { week: string | null; onClose: () => void }) {
  const withdraw = useApiMutation({
    run: (of: string) => deletePick(of),
    invalidate: [MARKETPLACE_KEY],
    onDone: (_, of) => {
      onClose();
      showToast(`The rule chooses the server of ${of}`);
    },
  });
  return (
    <ConfirmDialog
      isOpen={week !== null}
      onClose={onClose}
      title="Withdraw the pick?"
      confirmLabel="Withdraw"
      isBusy={withdraw.isPending}
      onConfirm={() => week !== null && withdraw.mutate(week)}
    >
      <p>The rule then chooses the server of {week}: the one whose installs grow most.</p>
    </ConfirmDialog>
  );
}
