import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ShieldCheck } from "lucide-react";
import { useState } from "react";
import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import { membersQuery, workspaceQuery, type WorkspaceMember } from "../../api/workspace.ts";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import type { DataColumn } from "../../ui/data-table-sort.ts";
import { DataTable } from "../../ui/data-table.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page, PageHeader, Section } from "../../ui/page.tsx";
import { SearchInput } from "../../ui/search-input.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { describeRules } from "../members/person-columns.tsx";
import { describeDefaultAccessSetting, describeEnforcement } from "./settings-words.ts";

const route = getRouteApi("/signed-in/w/$slug/access");

/** The access rules of all members for those who only read them. */
export function ReadOnlyAccess() {
  const slug = useWorkspaceSlug();
  const { q = "", view = "people" } = route.useSearch();
  const navigate = route.useNavigate();
  const workspace = useQuery(workspaceQuery(slug));
  const members = useQuery(membersQuery(slug));
  return (
    <Page>
      <PageHeader title="Access">
        A rule allows a member to call one tool, or all tools, of a server. Your role reads the
        rules and cannot change them.
      </PageHeader>
      {workspace.data && <Settings settings={workspace.data} />}
      {view !== "people" && (
        <Notice tone="info">
          The {view === "grid" ? "grid" : "view of one tool"} is for people who can change rules.
          The list shows all rules by person.
        </Notice>
      )}
      <SearchInput
        label="Search people and rules"
        value={q}
        onChange={(next) =>
          void navigate({ search: (old) => ({ ...old, q: next }), replace: true })
        }
      />
      <section className="card">
        <Loaded query={workspace}>
          {(settings) => (
            <Loaded query={members}>
              {(items) => <RulesTable settings={settings} members={items} q={q.toLowerCase()} />}
            </Loaded>
          )}
        </Loaded>
      </section>
    </Page>
  );
}

/** Whether rules are enforced, and what the default access is. */
function Settings({ settings }: { settings: Workspace }) {
  const isOpen = settings.defaultAccess === "open";
  const facts = [
    {
      title: settings.enforcement ? "Rules are enforced" : "Rules are not enforced",
      text: describeEnforcement(settings),
    },
    {
      title: isOpen ? "The default access is open" : "The default access is closed",
      text: describeDefaultAccessSetting(settings),
    },
  ];
  return (
    <Section>
      {facts.map(({ title, text }) => (
        <div key={title} className="border-line p-4 not-first:border-t">
          <h2>{title}</h2>
          <p className="mt-0.5 text-dim">{text}</p>
        </div>
      ))}
    </Section>
  );
}

function RulesTable(props: { settings: Workspace; members: WorkspaceMember[]; q: string }) {
  const { settings, members, q } = props;
  const [sort, setSort] = useState<string | undefined>("name");
  return (
    <DataTable
      label="Access rules"
      rows={members.filter(({ name, email, rules }) =>
        `${name} ${email ?? ""} ${rules.join(" ")}`.toLowerCase().includes(q),
      )}
      columns={makeColumns(settings)}
      getId={({ id }) => id}
      getName={({ name }) => name}
      sort={sort}
      onSort={setSort}
      empty={<EmptyState icon={ShieldCheck} title="No matching people" />}
    />
  );
}

function makeColumns(settings: Workspace): DataColumn<WorkspaceMember>[] {
  return [
    {
      key: "name",
      header: "Person",
      width: "minmax(10rem,1fr)",
      onCard: true,
      sortBy: ({ name }) => name,
      cell: ({ name }) => (
        <span className="font-medium text-ink">
          <DisplayName name={name} />
        </span>
      ),
    },
    {
      key: "access",
      header: "Access",
      width: "minmax(9rem,1fr)",
      onCard: true,
      isSelfExplaining: true,
      sortBy: (member) => describeRules(member, settings),
      cell: (member) => describeRules(member, settings),
    },
    {
      key: "rules",
      header: "Rules",
      width: "minmax(12rem,3fr)",
      onCard: true,
      cell: ({ rules }) =>
        rules.length === 0 ? (
          "None"
        ) : (
          <span className="font-mono text-xs wrap-anywhere">
            <DisplayName name={rules.join(", ")} />
          </span>
        ),
    },
  ];
}
