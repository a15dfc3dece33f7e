import { Link } from "@tanstack/react-router";
import { Users } from "lucide-react";
import { Suspense, useState } from "react";
import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import { useCan, useMembership } from "../../api/me.ts";
import { lazyComponent } from "../../load-code.ts";
import { DataTable } from "../../ui/data-table.tsx";
import { BulkActions, toMenuItems } from "../../ui/row-actions.tsx";
import { RowMenu, type RowMenuItem } from "../../ui/row-menu.tsx";
import { EmptyState } from "../../ui/states.tsx";
import { listPeopleActions, type PeopleAction } from "./people-actions.ts";
import { makeColumns } from "./person-columns.tsx";
import type { Person } from "./person-status.tsx";

const InviteDialog = lazyComponent(() => import("./invite-dialog.tsx"), "InviteDialog");
const InviteAgainDialog = lazyComponent(() => import("./invite-many.tsx"), "InviteAgainDialog");
const PeopleActionDialog = lazyComponent(
  () => import("./people-action-dialog.tsx"),
  "PeopleActionDialog",
);

interface Props {
  slug: string;
  settings: Workspace;
  people: Person[];
  sort: string | undefined;
  onSort: (sort: string | undefined) => void;
}

interface Chosen {
  kind: PeopleAction["kind"];
  rows: Person[];
}

/** The table of people, with what can be done for one or several of them. */
export function PeopleTable({ slug, settings, people, sort, onSort }: Props) {
  const canManage = useCan(slug, "member.manage");
  const canManageOwners = useCan(slug, "owner.manage");
  const ownId = useMembership(slug)?.memberId;
  const actions = canManage ? listPeopleActions(canManageOwners, ownId) : [];
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen] = useState<Chosen>();
  const close = (isDone: boolean) => {
    setChosen(undefined);
    if (isDone) setIds(new Set());
  };
  return (
    <>
      <DataTable
        label="People"
        rows={people}
        columns={makeColumns(slug, settings, ownId)}
        getId={({ id }) => id}
        getName={({ name }) => name}
        sort={sort}
        onSort={onSort}
        {...(canManage && {
          selection: {
            ids,
            onChange: setIds,
            renderActions: (selected: Person[]) => (
              <BulkActions actions={actions} rows={selected} onChoose={setChosen} />
            ),
          },
        })}
        renderMenu={(person) => (
          <RowMenu
            label={`Actions for ${person.name}`}
            items={[...listLinks(slug, person), ...toMenuItems(actions, person, setChosen)]}
          />
        )}
        empty={<EmptyState icon={Users} title="No matching people" />}
      />
      <Suspense>
        {chosen?.kind === "invite" ? (
          <InviteChosen slug={slug} people={chosen.rows} onClose={() => close(true)} />
        ) : (
          chosen && (
            <PeopleActionDialog
              slug={slug}
              kind={chosen.kind}
              people={chosen.rows}
              onClose={close}
            />
          )
        )}
      </Suspense>
    </>
  );
}

function listLinks(slug: string, { id, name }: Person): RowMenuItem[] {
  return [
    {
      label: "View calls",
      link: <Link to="/w/$slug/audit" params={{ slug }} search={{ member: id }} />,
    },
    {
      label: "View access",
      link: <Link to="/w/$slug/access" params={{ slug }} search={{ q: name }} />,
    },
  ];
}

function InviteChosen(props: { slug: string; people: Person[]; onClose: () => void }) {
  const [first, ...others] = props.people;
  return others.length === 0 && first ? (
    <InviteDialog slug={props.slug} isOpen onClose={props.onClose} member={first} />
  ) : (
    <InviteAgainDialog {...props} />
  );
}
