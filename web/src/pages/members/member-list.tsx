import { Menu } from "@base-ui/react/menu";
import { Link } from "@tanstack/react-router";
import { MoreHorizontal } from "lucide-react";
import { useState } from "react";
import { Member } from "../../../../workers/contract/api/resources.ts";
import { Role } from "../../../../workers/contract/records/workspace.ts";
import { meQuery, useCan, useMembership } from "../../api/me.ts";
import { request, requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey, type WorkspaceMember } from "../../api/workspace.ts";
import { IconButton } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { MixedScripts } from "../../ui/foreign-name.tsx";
import { Badge } from "../../ui/page.tsx";
import { ROLE_LABELS } from "../../ui/role-labels.ts";
import { Select } from "../../ui/select.tsx";
import { Time } from "../../ui/time.tsx";
import { showToast } from "../../ui/toast.ts";
import { InviteDialog } from "./invite-dialog.tsx";
import { RemainingTokens } from "./remaining-tokens.tsx";

const ROLE_CHOICES = Role.options.map((value) => ({ value, label: ROLE_LABELS[value] }));

/** List of members with their roles and an actions menu. */
export function MemberList({ slug, members }: { slug: string; members: WorkspaceMember[] }) {
  const [memberToRemove, setMemberToRemove] = useState<WorkspaceMember>();
  const [memberToInvite, setMemberToInvite] = useState<WorkspaceMember>();
  return (
    <>
      <ul className="divide-y divide-line">
        {members.map((member) => (
          <Row
            key={member.id}
            slug={slug}
            member={member}
            onRemove={() => setMemberToRemove(member)}
            onInvite={() => setMemberToInvite(member)}
          />
        ))}
      </ul>
      <RemoveDialog
        slug={slug}
        member={memberToRemove}
        onClose={() => setMemberToRemove(undefined)}
      />
      <InviteDialog
        slug={slug}
        isOpen={memberToInvite !== undefined}
        onClose={() => setMemberToInvite(undefined)}
        {...(memberToInvite ? { member: memberToInvite } : {})}
      />
    </>
  );
}

interface RowProps {
  slug: string;
  member: WorkspaceMember;
  onRemove: () => void;
  onInvite: () => void;
}

function Row({ slug, member, onRemove, onInvite }: RowProps) {
  const membership = useMembership(slug);
  const isSelf = membership?.memberId === member.id;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-36">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          <span className="truncate">{member.name}</span>
          <MixedScripts name={member.name} />
          {isSelf && <Badge>You</Badge>}
          {member.userId === null && <Badge tone="warn">Cannot sign in yet</Badge>}
        </p>
        <p className="truncate text-xs text-dim">
          {member.email !== null && `${member.email} · `}
          Added <Time at={member.createdAt} />
        </p>
      </div>
      <RoleSelect slug={slug} member={member} />
      <Menu.Root>
        <Menu.Trigger
          render={
            <IconButton label={`Actions for ${member.name}`}>
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
                  <Link to="/w/$slug/audit" params={{ slug }} search={{ member: member.id }} />
                }
              >
                View calls
              </Menu.LinkItem>
              <Menu.LinkItem
                className="menu-item"
                render={<Link to="/w/$slug/access" params={{ slug }} search={{ q: member.name }} />}
              >
                View access
              </Menu.LinkItem>
              {member.userId === null && (
                <Menu.Item className="menu-item" onClick={onInvite}>
                  Create invitation link
                </Menu.Item>
              )}
              <Menu.Item className="menu-item text-bad" onClick={onRemove}>
                Remove member
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
    </li>
  );
}

function RoleSelect({ slug, member }: { slug: string; member: WorkspaceMember }) {
  const canManageOwners = useCan(slug, "owner.manage");
  const change = useApiMutation({
    run: (role: Role) =>
      request(Member, "PATCH", `/workspaces/${slug}/members/${member.id}`, { role }),
    invalidate: [workspaceKey(slug, "members"), meQuery.queryKey],
    onDone: (_, role) =>
      showToast(`${member.name} is now ${role === "member" ? "a member" : `an ${role}`}`, () =>
        change.mutate(member.role),
      ),
  });
  return (
    <Select
      label={`Role of ${member.name}`}
      className="w-28!"
      value={member.role}
      isDisabled={change.isPending || (member.role === "owner" && !canManageOwners)}
      choices={ROLE_CHOICES.filter(
        ({ value }) => canManageOwners || value !== "owner" || member.role === "owner",
      )}
      onChange={(role) => {
        if (role !== member.role) change.mutate(role);
      }}
    />
  );
}

function RemoveDialog(props: {
  slug: string;
  member: WorkspaceMember | undefined;
  onClose: () => void;
}) {
  const { slug, member, onClose } = props;
  const remove = useApiMutation({
    run: ({ id }: WorkspaceMember) =>
      requestNoContent("DELETE", `/workspaces/${slug}/members/${id}`),
    invalidate: [workspaceKey(slug), meQuery.queryKey],
    onDone: (_, { name }) => {
      onClose();
      showToast(`${name} removed`);
    },
  });
  return (
    <ConfirmDialog
      isOpen={member !== undefined}
      onClose={onClose}
      title={`Remove ${member?.name ?? ""}?`}
      confirmLabel="Remove member"
      isBusy={remove.isPending}
      onConfirm={() => member && remove.mutate(member)}
    >
      <p>
        Their tokens stop working immediately, and their rules are deleted. Their calls stay in the
        audit log.
      </p>
      {member && <RemainingTokens slug={slug} member={member} />}
    </ConfirmDialog>
  );
}
