import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import { membersQuery, serversQuery, workspaceQuery } from "../../api/workspace.ts";
import { Allowed } from "../../shell/allowed.tsx";
import { useSlug } from "../../shell/use-slug.ts";
import { Page, PageHeader } from "../../ui/page.tsx";
import { SearchInput } from "../../ui/search-input.tsx";
import { Select } from "../../ui/select.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { AccessGrid } from "./access-grid.tsx";
import { BulkBar } from "./bulk-bar.tsx";
import { EnforcementSection } from "./enforcement-section.tsx";
import { PeopleRules } from "./people-rules.tsx";
import type { Person } from "./rules.ts";

const route = getRouteApi("/signed-in/w/$slug/access");
const CHIPS = "rules";

/** Who may call what: as rules, or as a grid of people and one server's tools. */
export function AccessPage() {
  return (
    <Allowed action="rules.edit">
      <Access />
    </Allowed>
  );
}

function Access() {
  const slug = useSlug();
  const workspace = useQuery(workspaceQuery(slug));
  const members = useQuery(membersQuery(slug));
  return (
    <Page>
      <PageHeader title="Access">
        A rule lets a person call one tool of a server, or all of it.
      </PageHeader>
      <Loaded query={workspace}>
        {(settings) => (
          <>
            <EnforcementSection slug={slug} workspace={settings} />
            <Loaded query={members}>
              {(people) => <Matrix slug={slug} workspace={settings} people={people} />}
            </Loaded>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Matrix(props: { slug: string; workspace: Workspace; people: Person[] }) {
  const { slug, workspace, people } = props;
  const { q = "", server } = route.useSearch();
  const navigate = route.useNavigate();
  const servers = useQuery(serversQuery(slug));
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const shown = people.filter(({ name, email, rules }) =>
    `${name} ${email ?? ""} ${rules.join(" ")}`.toLowerCase().includes(q.toLowerCase()),
  );
  const chosen = people.filter(({ id }) => selected.has(id));
  const views = [
    { value: CHIPS, label: "All rules" },
    ...(servers.data ?? []).map(({ slug: value, name }) => ({ value, label: `Tools of ${name}` })),
  ];
  return (
    <section aria-label="Rules" className="flex flex-col gap-3">
      <div className="flex flex-wrap gap-2">
        <SearchInput
          className="min-w-52 flex-1"
          label="Search people and rules"
          value={q}
          onChange={(next) =>
            void navigate({ search: (old) => ({ ...old, q: next }), replace: true })
          }
        />
        <Select
          label="Show"
          className="w-48!"
          value={server ?? CHIPS}
          choices={views}
          onChange={(next) =>
            void navigate({
              search: (old) => ({ ...old, server: next === CHIPS ? undefined : next }),
              replace: true,
            })
          }
        />
      </div>
      <BulkBar slug={slug} chosen={chosen} people={people} onClear={() => setSelected(new Set())} />
      {shown.length === 0 ? (
        <EmptyState title="Nobody matches" />
      ) : server === undefined ? (
        <PeopleRules
          slug={slug}
          workspace={workspace}
          people={shown}
          selected={selected}
          onSelect={setSelected}
        />
      ) : (
        <AccessGrid slug={slug} workspace={workspace} people={shown} server={server} />
      )}
    </section>
  );
}
