import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Layers, Plus } from "lucide-react";
import { useState } from "react";
import type { CollectionSummary } from "../../../../workers/contract/api/marketplace-curation.ts";
import { deleteCollection, MARKETPLACE_KEY } from "../../api/curation.ts";
import { collectionsQuery } from "../../api/marketplace-curation.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { buttonClass } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import type { DataColumn } from "../../ui/data-table-sort.ts";
import { DataTable } from "../../ui/data-table.tsx";
import { Badge, Section } from "../../ui/page.tsx";
import { RowMenu } from "../../ui/row-menu.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { showToast } from "../../ui/toast.ts";

const COLUMNS: readonly DataColumn<CollectionSummary>[] = [
  {
    key: "title",
    header: "Title",
    cell: ({ slug, title }) => (
      <Link
        to="/curation"
        search={{ tab: "collections", collection: slug }}
        className="font-medium wrap-anywhere outline-offset-[-3px] after:absolute after:inset-0"
      >
        {title}
      </Link>
    ),
    sortBy: ({ title }) => title,
    width: "minmax(12rem,3fr)",
    onCard: true,
  },
  {
    key: "kind",
    header: "Kind",
    cell: ({ isPack }) => <Badge>{isPack ? "Starter pack" : "Collection"}</Badge>,
    sortBy: ({ isPack }) => Number(isPack),
    width: "8rem",
    onCard: true,
    isSelfExplaining: true,
  },
  {
    key: "servers",
    header: "Servers",
    cell: ({ serverCount }) => serverCount,
    sortBy: ({ serverCount }) => serverCount,
    width: "5rem",
    isNumber: true,
    onCard: true,
  },
  {
    key: "updatedAt",
    header: "Changed",
    cell: ({ updatedAt }) => <Time at={updatedAt} />,
    sortBy: ({ updatedAt }) => updatedAt,
    width: "8rem",
    onCard: true,
  },
];

/** The collections and starter packs. */
export function CollectionsPanel() {
  const query = useQuery(collectionsQuery);
  const [sort, setSort] = useState<string>();
  const [toDelete, setToDelete] = useState<CollectionSummary | null>(null);
  return (
    <Section
      title="Collections and starter packs"
      hint="On the marketplace’s front page. Those without a server that the marketplace has are not shown."
      actions={
        <Link
          to="/curation"
          search={{ tab: "collections", isNew: true }}
          className={buttonClass("primary")}
        >
          <Plus className="size-4" aria-hidden />
          New collection
        </Link>
      }
    >
      <Loaded query={query}>
        {({ items }) => (
          <DataTable
            label="Collections"
            rows={items}
            columns={COLUMNS}
            getId={({ slug }) => slug}
            getName={({ title }) => title}
            sort={sort}
            onSort={setSort}
            empty={
              <EmptyState icon={Layers} title="No collection yet">
                <p>Put servers together that a team needs for one purpose.</p>
              </EmptyState>
            }
            renderMenu={(collection) => (
              <RowMenu
                label={`Actions for ${collection.title}`}
                items={listItems(collection, () => setToDelete(collection))}
              />
            )}
          />
        )}
      </Loaded>
      <DeleteDialog collection={toDelete} onClose={() => setToDelete(null)} />
    </Section>
  );
}

function listItems({ slug }: CollectionSummary, askToDelete: () => void) {
  return [
    {
      label: "Edit",
      link: <Link to="/curation" search={{ tab: "collections", collection: slug }} />,
    },
    {
      label: "Open its page",
      link: <Link to="/marketplace/collections/$collection" params={{ collection: slug }} />,
    },
    { label: "Delete", isDangerous: true, choose: askToDelete },
  ];
}

function DeleteDialog(props: { collection: CollectionSummary | null; onClose: () => void }) {
  const { collection, onClose } = props;
  const remove = useApiMutation({
    run: ({ slug }: CollectionSummary) => deleteCollection(slug),
    invalidate: [MARKETPLACE_KEY],
    onDone: (_, { title }) => {
      onClose();
      showToast(`${title} deleted`);
    },
  });
  return (
    <ConfirmDialog
      isOpen={collection !== null}
      onClose={onClose}
      title={`Delete ${collection?.title ?? ""}?`}
      confirmLabel="Delete"
      isBusy={remove.isPending}
      onConfirm={() => collection && remove.mutate(collection)}
    >
      <p>Its page is gone, also for those who have its address. Its servers stay.</p>
    </ConfirmDialog>
  );
}
