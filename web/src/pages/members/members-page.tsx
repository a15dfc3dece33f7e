import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import { membersQuery, type WorkspaceMember } from "../../api/workspace.ts";
import { RequirePermission } from "../../shell/require-permission.tsx";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { Button } from "../../ui/button.tsx";
import { Page, PageHeader, Section } from "../../ui/page.tsx";
import { SearchInput } from "../../ui/search-input.tsx";
import { Select } from "../../ui/select.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { Invitations } from "./invitations.tsx";
import { InviteDialog } from "./invite-dialog.tsx";
import { MemberList } from "./member-list.tsx";

const route = getRouteApi("/signed-in/w/$slug/members");

const ROLES = [
  { value: "any", label: "All roles" },
  { value: "owner", label: "Owners" },
  { value: "admin", label: "Admins" },
  { value: "member", label: "Members" },
] as const;

/** Members of a workspace with their roles, and open invitations. */
export function MembersPage() {
  return (
    <RequirePermission action="member.manage">
      <Members />
    </RequirePermission>
  );
}

function Members() {
  const slug = useWorkspaceSlug();
  const { q = "", role } = route.useSearch();
  const navigate = route.useNavigate();
  const members = useQuery(membersQuery(slug));
  const [isInviting, setIsInviting] = useState(false);
  return (
    <Page>
      <PageHeader
        title="Members"
        actions={
          <Button variant="primary" onClick={() => setIsInviting(true)}>
            <UserPlus className="size-4" aria-hidden />
            Invite member
          </Button>
        }
      >
        Owners can do everything, admins manage the workspace, and members use its tools.
      </PageHeader>
      <div className="flex flex-wrap gap-2">
        <SearchInput
          className="min-w-52 flex-1"
          label="Search members"
          value={q}
          onChange={(next) =>
            void navigate({ search: (old) => ({ ...old, q: next }), replace: true })
          }
        />
        <Select
          label="Role"
          className="w-32!"
          value={role ?? "any"}
          choices={ROLES}
          onChange={(next) =>
            void navigate({
              search: (old) => ({ ...old, role: next === "any" ? undefined : next }),
              replace: true,
            })
          }
        />
      </div>
      <Section>
        <Loaded query={members}>
          {(items) => {
            const shown = items.filter(
              (member) => matches(member, q) && (role === undefined || member.role === role),
            );
            return shown.length === 0 ? (
              <EmptyState title="No matching members" />
            ) : (
              <MemberList slug={slug} members={shown} />
            );
          }}
        </Loaded>
      </Section>
      <Invitations slug={slug} />
      <InviteDialog slug={slug} isOpen={isInviting} onClose={() => setIsInviting(false)} />
    </Page>
  );
}

function matches({ name, email }: WorkspaceMember, q: string): boolean {
  return `${name} ${email ?? ""}`.toLowerCase().includes(q.toLowerCase());
}
