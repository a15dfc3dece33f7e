import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import {
  membersQuery,
  serversQuery,
  workspaceQuery,
  type WorkspaceMember,
} from "../../api/workspace.ts";
import { RequirePermission } from "../../shell/require-permission.tsx";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { Page, PageHeader } from "../../ui/page.tsx";
import { SearchInput } from "../../ui/search-input.tsx";
import { Select } from "../../ui/select.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { AccessGrid } from "./access-grid.tsx";
import { BulkBar } from "./bulk-bar.tsx";
import { EnforcementSection } from "./enforcement-section.tsx";
import { MemberRules } from "./member-rules.tsx";

const route = getRouteApi("/signed-in/w/$slug/access");
/** Value of the view that is not of one server. */
const ALL_RULES = "rules";

/** Access rules of all members: as a list, or as a grid of members and the tools of one server. */
export function AccessPage() {
  return (
    <RequirePermission action="rules.edit">
      <Access />
    </RequirePermission>
  );
}

function Access() {
  const slug = useWorkspaceSlug();
  const workspace = useQuery(workspaceQuery(slug));
  const members = useQuery(membersQuery(slug));
  return (
    <Page>
      <PageHeader title="Access">
        A rule allows a member to call one tool, or all tools, of a server.
      </PageHeader>
      <Loaded query={workspace}>
        {(settings) => (
          <>
            <EnforcementSection slug={slug} workspace={settings} />
            <Loaded query={members}>
              {(items) => <MemberAccess slug={slug} workspace={settings} members={items} />}
            </Loaded>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function MemberAccess(props: { slug: string; workspace: Workspace; members: WorkspaceMember[] }) {
  const { slug, workspace, members } = props;
  const { q = "", server } = route.useSearch();
  const navigate = route.useNavigate();
  const servers = useQuery(serversQuery(slug));
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const shown = members.filter(({ name, email, rules }) =>
    `${name} ${email ?? ""} ${rules.join(" ")}`.toLowerCase().includes(q.toLowerCase()),
  );
  const selectedMembers = members.filter(({ id }) => selected.has(id));
  const views = [
    { value: ALL_RULES, label: "All rules" },
    ...(servers.data ?? []).map(({ slug: value, name }) => ({ value, label: `Tools of ${name}` })),
  ];
  return (
    <section aria-label="Rules" className="flex flex-col gap-3">
      <div className="flex flex-wrap gap-2">
        <SearchInput
          className="min-w-52 flex-1"
          label="Search members and rules"
          value={q}
          onChange={(next) =>
            void navigate({ search: (old) => ({ ...old, q: next }), replace: true })
          }
        />
        <Select
          label="View"
          className="w-48!"
          value={server ?? ALL_RULES}
          choices={views}
          onChange={(next) =>
            void navigate({
              search: (old) => ({ ...old, server: next === ALL_RULES ? undefined : next }),
              replace: true,
            })
          }
        />
      </div>
      <BulkBar
        slug={slug}
        selected={selectedMembers}
        members={members}
        onClear={() => setSelected(new Set())}
      />
      {shown.length === 0 ? (
        <EmptyState title="No matching members" />
      ) : server === undefined ? (
        <MemberRules
          slug={slug}
          workspace={workspace}
          members={shown}
          selected={selected}
          onSelect={setSelected}
        />
      ) : (
        <AccessGrid slug={slug} workspace={workspace} members={shown} server={server} />
      )}
    </section>
  );
}
