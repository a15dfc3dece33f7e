import { useInfiniteQuery } from "@tanstack/react-query";
import { EyeOff } from "lucide-react";
import { useState } from "react";
import type { z } from "zod";
import type { HiddenServer } from "../../../../workers/contract/api/marketplace-curation.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { hiddenServersQuery, MARKETPLACE_KEY, unhideServer } from "../../api/curation.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import type { DataColumn } from "../../ui/data-table-sort.ts";
import { DataTable } from "../../ui/data-table.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { Section } from "../../ui/page.tsx";
import { RowMenu } from "../../ui/row-menu.tsx";
import { ShowMore } from "../../ui/show-more.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { showToast } from "../../ui/toast.ts";
import { HideDialog, type ToHide } from "./hide-dialog.tsx";

type Hidden = z.infer<typeof HiddenServer>;

const COLUMNS: readonly DataColumn<Hidden>[] = [
  {
    key: "name",
    header: "Server",
    cell: ({ name, alike }) => (
      <div className="text-xs wrap-anywhere">
        <span className="font-mono">{escapeLine(name)}</span>
        {alike.length > 0 && (
          <p className="text-dim">Shown, with the same package or address: {alike.join(", ")}</p>
        )}
      </div>
    ),
    width: "minmax(12rem,2fr)",
    onCard: true,
  },
  {
    key: "reason",
    header: "Reason",
    cell: ({ reason }) => <span className="line-clamp-3 wrap-anywhere">{reason}</span>,
    width: "minmax(10rem,3fr)",
    onCard: true,
    isSelfExplaining: true,
  },
  {
    key: "by",
    header: "Hidden by",
    cell: ({ hiddenBy }) => (hiddenBy === null ? "The operator" : <DisplayName name={hiddenBy} />),
    width: "8rem",
    onCard: true,
  },
  {
    key: "at",
    header: "Hidden",
    cell: ({ hiddenAt }) => <Time at={hiddenAt} />,
    width: "8rem",
    onCard: true,
  },
];

/** The servers that the marketplace hides. */
export function HiddenPanel() {
  const query = useInfiniteQuery(hiddenServersQuery);
  const [toHide, setToHide] = useState<ToHide | null>(null);
  const [toShow, setToShow] = useState<string | null>(null);
  return (
    <Section
      title="Hidden servers"
      hint="They are in no list and no search, and cannot be installed. Their page gives the reason."
      actions={
        <Button onClick={() => setToHide({ name: null })}>
          <EyeOff className="size-4" aria-hidden />
          Hide a server
        </Button>
      }
    >
      <Loaded query={query}>
        {({ pages }) => (
          <DataTable
            label="Hidden servers"
            rows={pages.flatMap(({ items }) => items)}
            columns={COLUMNS}
            getId={({ name }) => name}
            getName={({ name }) => name}
            sort={undefined}
            onSort={() => {}}
            empty={<EmptyState icon={EyeOff} title="No server is hidden" />}
            renderMenu={({ name, reason }) => (
              <RowMenu
                label={`Actions for ${name}`}
                items={[
                  { label: "Change the reason", choose: () => setToHide({ name, reason }) },
                  { label: "Show again", choose: () => setToShow(name) },
                ]}
              />
            )}
          />
        )}
      </Loaded>
      <ShowMore query={query} />
      <HideDialog toHide={toHide} onClose={() => setToHide(null)} />
      <ShowDialog name={toShow} onClose={() => setToShow(null)} />
    </Section>
  );
}

function ShowDialog({ name, onClose }: { name: string | null; onClose: () => void }) {
  const show = useApiMutation({
    run: (of: string) => unhideServer(of),
    invalidate: [MARKETPLACE_KEY],
    onDone: (_, of) => {
      onClose();
      showToast(`${of} is shown again`);
    },
  });
  return (
    <ConfirmDialog
      isOpen={name !== null}
      onClose={onClose}
      title="Show this server again?"
      confirmLabel="Show again"
      isBusy={show.isPending}
      onConfirm={() => name !== null && show.mutate(name)}
    >
      <p className="wrap-anywhere">
        {escapeLine(name ?? "")} is then in the marketplace as its sources describe it now, and can
        be installed.
      </p>
    </ConfirmDialog>
  );
}
