import { Menu } from "@base-ui/react/menu";
import { Link } from "@tanstack/react-router";
import { MoreHorizontal } from "lucide-react";
import { useState } from "react";
import type { z } from "zod";
import { Member } from "../../../../workers/contract/api/resources.ts";
import type { Role } from "../../../../workers/contract/records/workspace.ts";
import { meQuery, useMay, useMembership } from "../../api/me.ts";
import { request, requestNothing } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { keyOf } from "../../api/workspace.ts";
import { announce } from "../../ui/announce.ts";
import { IconButton } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Badge } from "../../ui/page.tsx";
import { Select } from "../../ui/select.tsx";
import { Time } from "../../ui/time.tsx";
import { InviteDialog } from "./invite-dialog.tsx";

type Person = z.infer<typeof Member>;
const ALL_ROLES = [
  { value: "owner", label: "Owner" },
  { value: "admin", label: "Admin" },
  { value: "member", label: "Member" },
] as const;

/** People with their roles, and what can be done about them. */
export function PeopleTable({ slug, people }: { slug: string; people: Person[] }) {
  const [removed, setRemoved] = useState<Person>();
  const [invited, setInvited] = useState<Person>();
  return (
    <>
      <ul className="divide-y divide-line">
        {people.map((person) => (
          <Row
            key={person.id}
            slug={slug}
            person={person}
            onRemove={() => setRemoved(person)}
            onInvite={() => setInvited(person)}
          />
        ))}
      </ul>
      <RemoveDialog slug={slug} person={removed} onClose={() => setRemoved(undefined)} />
      <InviteDialog
        slug={slug}
        isOpen={invited !== undefined}
        onClose={() => setInvited(undefined)}
        {...(invited ? { member: invited } : {})}
      />
    </>
  );
}

interface RowProps {
  slug: string;
  person: Person;
  onRemove: () => void;
  onInvite: () => void;
}

function Row({ slug, person, onRemove, onInvite }: RowProps) {
  const own = useMembership(slug);
  const isSelf = own?.memberId === person.id;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-36">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          <span className="truncate">{person.name}</span>
          {isSelf && <Badge>you</Badge>}
          {person.userId === null && <Badge tone="warn">cannot sign in yet</Badge>}
        </p>
        <p className="truncate text-xs text-dim">
          {person.email !== null && `${person.email} · `}
          here since <Time at={person.createdAt} />
        </p>
      </div>
      <RoleSelect slug={slug} person={person} />
      <Menu.Root>
        <Menu.Trigger
          render={
            <IconButton label={`More about ${person.name}`}>
              <MoreHorizontal className="size-4" aria-hidden />
            </IconButton>
          }
        />
        <Menu.Portal>
          <Menu.Positioner sideOffset={4} align="end" className="z-50">
            <Menu.Popup className="popup w-48 p-1">
              <Menu.LinkItem
                className="menu-item"
                render={
                  <Link to="/w/$slug/audit" params={{ slug }} search={{ member: person.id }} />
                }
              >
                Calls
              </Menu.LinkItem>
              <Menu.LinkItem
                className="menu-item"
                render={<Link to="/w/$slug/access" params={{ slug }} search={{ q: person.name }} />}
              >
                Access
              </Menu.LinkItem>
              {person.userId === null && (
                <Menu.Item className="menu-item" onClick={onInvite}>
                  Make an invitation link
                </Menu.Item>
              )}
              <Menu.Item className="menu-item text-bad" onClick={onRemove}>
                Remove
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
    </li>
  );
}

function RoleSelect({ slug, person }: { slug: string; person: Person }) {
  const mayMakeOwners = useMay(slug, "owner.manage");
  const change = useChange({
    run: (role: Role) =>
      request(Member, "PATCH", `/workspaces/${slug}/members/${person.id}`, { role }),
    refresh: [keyOf(slug, "members"), meQuery.queryKey],
    onDone: (_, role) =>
      announce(`${person.name} is now ${role === "member" ? "a member" : `an ${role}`}`, () =>
        change.mutate(person.role),
      ),
  });
  return (
    <Select
      label={`Role of ${person.name}`}
      className="w-28!"
      value={person.role}
      isDisabled={change.isPending || (person.role === "owner" && !mayMakeOwners)}
      choices={ALL_ROLES.filter(
        ({ value }) => mayMakeOwners || value !== "owner" || person.role === "owner",
      )}
      onChange={(role) => {
        if (role !== person.role) change.mutate(role);
      }}
    />
  );
}

function RemoveDialog(props: { slug: string; person: Person | undefined; onClose: () => void }) {
  const { slug, person, onClose } = props;
  const remove = useChange({
    run: ({ id }: Person) => requestNothing("DELETE", `/workspaces/${slug}/members/${id}`),
    refresh: [keyOf(slug), meQuery.queryKey],
    onDone: (_, { name }) => {
      onClose();
      announce(`${name} removed`);
    },
  });
  return (
    <ConfirmDialog
      isOpen={person !== undefined}
      onClose={onClose}
      title={`Remove ${person?.name ?? ""}?`}
      verb="Remove"
      isBusy={remove.isPending}
      onConfirm={() => person && remove.mutate(person)}
    >
      <p>
        Their tokens stop working at once and their rules are deleted. Their calls stay in the audit
        log.
      </p>
    </ConfirmDialog>
  );
}
