import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import type { z } from "zod";
import type { Member } from "../../../../workers/contract/api/resources.ts";
import { membersQuery } from "../../api/workspace.ts";
import { Allowed } from "../../shell/allowed.tsx";
import { useSlug } from "../../shell/use-slug.ts";
import { Button } from "../../ui/button.tsx";
import { Page, PageHeader, Section } from "../../ui/page.tsx";
import { SearchInput } from "../../ui/search-input.tsx";
import { Select } from "../../ui/select.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { Invitations } from "./invitations.tsx";
import { InviteDialog } from "./invite-dialog.tsx";
import { PeopleTable } from "./people-table.tsx";

const route = getRouteApi("/signed-in/w/$slug/people");
type Person = z.infer<typeof Member>;

const ROLES = [
  { value: "any", label: "All roles" },
  { value: "owner", label: "Owners" },
  { value: "admin", label: "Admins" },
  { value: "member", label: "Members" },
] as const;

/** Who is in the workspace, with which role; invitations that are open. */
export function PeoplePage() {
  return (
    <Allowed action="member.manage">
      <People />
    </Allowed>
  );
}

function People() {
  const slug = useSlug();
  const { q = "", role } = route.useSearch();
  const navigate = route.useNavigate();
  const members = useQuery(membersQuery(slug));
  const [isInviting, setIsInviting] = useState(false);
  return (
    <Page>
      <PageHeader
        title="People"
        actions={
          <Button variant="primary" onClick={() => setIsInviting(true)}>
            <UserPlus className="size-4" aria-hidden />
            Invite
          </Button>
        }
      >
        Owners can do everything, admins run the workspace, members use its tools.
      </PageHeader>
      <div className="flex flex-wrap gap-2">
        <SearchInput
          className="min-w-52 flex-1"
          label="Search people"
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
              (person) => matches(person, q) && (role === undefined || person.role === role),
            );
            return shown.length === 0 ? (
              <EmptyState title="Nobody matches" />
            ) : (
              <PeopleTable slug={slug} people={shown} />
            );
          }}
        </Loaded>
      </Section>
      <Invitations slug={slug} />
      <InviteDialog slug={slug} isOpen={isInviting} onClose={() => setIsInviting(false)} />
    </Page>
  );
}

function matches({ name, email }: Person, q: string): boolean {
  return `${name} ${email ?? ""}`.toLowerCase().includes(q.toLowerCase());
}
