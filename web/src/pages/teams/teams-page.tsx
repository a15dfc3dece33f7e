import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { UsersRound } from "lucide-react";
import { useState } from "react";
import type { Team } from "../../../../workers/contract/api/teams.ts";
import { useCan } from "../../api/me.ts";
import { teamsQuery } from "../../api/teams.ts";
import { membersQuery } from "../../api/workspace.ts";
import { RequirePermission } from "../../shell/require-permission.tsx";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { Button } from "../../ui/button.tsx";
import { Page, PageHeader, Section } from "../../ui/page.tsx";
import { SearchInput } from "../../ui/search-input.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { TeamItem } from "./team-item.tsx";
import { TeamNameDialog } from "./team-name-dialog.tsx";

const route = getRouteApi("/signed-in/w/$slug/teams");

/** The teams of a workspace: who is in them, and a way to their rules. */
export function TeamsPage() {
  return (
    <RequirePermission action="rules.read">
      <Teams />
    </RequirePermission>
  );
}

function Teams() {
  const slug = useWorkspaceSlug();
  const mayEdit = useCan(slug, "rules.edit");
  const teams = useQuery(teamsQuery(slug));
  const members = useQuery(membersQuery(slug));
  const [isCreating, setIsCreating] = useState(false);
  return (
    <Page>
      <PageHeader
        title="Teams"
        actions={mayEdit && <Button onClick={() => setIsCreating(true)}>Create a team</Button>}
      >
        The rules of a team are those of each person and agent in it, besides their own.
      </PageHeader>
      <Loaded query={teams}>
        {(items) => (
          <Loaded query={members}>
            {(people) => <TeamList slug={slug} teams={items} people={people} mayEdit={mayEdit} />}
          </Loaded>
        )}
      </Loaded>
      <TeamNameDialog
        slug={slug}
        team={null}
        isOpen={isCreating}
        onClose={() => setIsCreating(false)}
      />
    </Page>
  );
}

interface ListProps {
  slug: string;
  teams: Team[];
  people: Parameters<typeof TeamItem>[0]["people"];
  mayEdit: boolean;
}

function TeamList({ slug, teams, people, mayEdit }: ListProps) {
  const { q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  if (teams.length === 0)
    return (
      <EmptyState icon={UsersRound} title="No teams yet">
        <p>A team gives several people the same rules, and takes them away together.</p>
      </EmptyState>
    );
  const wanted = q.toLowerCase();
  const shown = teams.filter(({ name }) => name.toLowerCase().includes(wanted));
  return (
    <>
      <SearchInput
        label="Search teams"
        value={q}
        onChange={(next) => void navigate({ search: { q: next }, replace: true })}
      />
      {shown.length === 0 ? (
        <EmptyState title="No matching teams" />
      ) : (
        <Section>
          <ul className="divide-y divide-line" aria-label="Teams">
            {shown.map((team) => (
              <TeamItem key={team.id} slug={slug} team={team} people={people} mayEdit={mayEdit} />
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}
