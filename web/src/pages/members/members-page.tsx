import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Bot, UserPlus } from "lucide-react";
import { Suspense, useState } from "react";
import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import { toAgentState } from "../../../../workers/contract/records/agents.ts";
import { Role } from "../../../../workers/contract/records/workspace.ts";
import { useCan } from "../../api/me.ts";
import { scimMembersQuery } from "../../api/scim.ts";
import {
  invitationsQuery,
  membersQuery,
  workspaceQuery,
  type WorkspaceMember,
} from "../../api/workspace.ts";
import { lazyComponent } from "../../load-code.ts";
import { RequirePermission } from "../../shell/require-permission.tsx";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { Button } from "../../ui/button.tsx";
import { Page, PageHeader } from "../../ui/page.tsx";
import { ROLE_LABELS } from "../../ui/role-labels.ts";
import { SearchInput } from "../../ui/search-input.tsx";
import { Select, type Choice } from "../../ui/select.tsx";
import { Loaded, LoadingState } from "../../ui/states.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { Invitations } from "./invitations.tsx";
import { PeopleTable } from "./people-table.tsx";
import { STATUS_LABELS, toStatus, type Person, type PersonStatus } from "./person-status.tsx";

const AgentList = lazyComponent(() => import("../agents/agent-list.tsx"), "AgentList");
const CreateAgentDialog = lazyComponent(
  () => import("../agents/create-agent-dialog.tsx"),
  "CreateAgentDialog",
);
const InviteDialog = lazyComponent(() => import("./invite-dialog.tsx"), "InviteDialog");

const route = getRouteApi("/signed-in/w/$slug/members");

const ROLES: Choice<Role | "any">[] = [
  { value: "any", label: "All roles" },
  ...Role.options.map((value) => ({ value, label: `${ROLE_LABELS[value]}s` })),
];
const STATUSES: Choice<PersonStatus | "any">[] = [
  { value: "any", label: "Any status" },
  ...(["active", "suspended", "ended", "invited", "no-sign-in"] as const).map((value) => ({
    value,
    label: STATUS_LABELS[value],
  })),
];

/** The people of a workspace with their roles and last activity, and open invitations. */
export function MembersPage() {
  return (
    <RequirePermission action="member.read">
      <People />
    </RequirePermission>
  );
}

const NO_IDS: ReadonlySet<string> = new Set();

const TABS = [
  { value: "people", label: "People" },
  { value: "agents", label: "Agents" },
] as const;

function People() {
  const slug = useWorkspaceSlug();
  const { view = "people", q = "", sort } = route.useSearch();
  const setSearch = useSetSearch();
  const settings = useQuery(workspaceQuery(slug));
  const canManage = useCan(slug, "member.manage");
  const [isAdding, setIsAdding] = useState(false);
  const close = () => setIsAdding(false);
  return (
    <Page>
      <PageHeader
        title="People"
        actions={
          canManage && (
            <Button variant="primary" onClick={() => setIsAdding(true)}>
              {view === "agents" ? (
                <Bot className="size-4" aria-hidden />
              ) : (
                <UserPlus className="size-4" aria-hidden />
              )}
              {view === "agents" ? "New agent" : "Invite people"}
            </Button>
          )
        }
      >
        {view === "agents"
          ? "An agent is a program that calls tools without a stored secret. A person answers for it."
          : "Owners can do everything, admins manage the workspace, members use its tools, and auditors only read."}
      </PageHeader>
      <Tabs
        label="People and agents"
        value={view}
        tabs={TABS}
        onChange={(next) =>
          setSearch({ view: next === "agents" ? next : undefined, q: undefined, sort: undefined })
        }
      >
        {view === "agents" ? (
          <Suspense fallback={<LoadingState />}>
            <AgentList
              slug={slug}
              q={q}
              sort={sort}
              onSearch={(next) => setSearch({ q: next })}
              onSort={(next) => setSearch({ sort: next })}
            />
          </Suspense>
        ) : (
          <PeopleList slug={slug} settings={settings} />
        )}
      </Tabs>
      <Suspense>
        {isAdding && view === "people" && <InviteDialog slug={slug} isOpen onClose={close} />}
        {isAdding && view === "agents" && settings.data && (
          <CreateAgentDialog slug={slug} workspace={settings.data} onClose={close} />
        )}
      </Suspense>
    </Page>
  );
}

function useSetSearch() {
  const navigate = route.useNavigate();
  return (change: object) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
}

interface ListProps {
  slug: string;
  settings: UseQueryResult<Workspace>;
}

function PeopleList({ slug, settings }: ListProps) {
  const { q = "", role, status, sort = "name" } = route.useSearch();
  const setSearch = useSetSearch();
  const members = useQuery(membersQuery(slug));
  const invitations = useQuery(invitationsQuery(slug));
  const managed = useQuery(scimMembersQuery(slug));
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-wrap gap-2">
        <SearchInput
          className="min-w-52 flex-1"
          label="Search people"
          value={q}
          onChange={(next) => setSearch({ q: next })}
        />
        <Select
          label="Role"
          className="w-32!"
          value={role ?? "any"}
          choices={ROLES}
          onChange={(next) => setSearch({ role: next === "any" ? undefined : next })}
        />
        <Select
          label="Status"
          className="w-40!"
          value={status ?? "any"}
          choices={STATUSES}
          onChange={(next) => setSearch({ status: next === "any" ? undefined : next })}
        />
      </div>
      <section className="card">
        <Loaded query={settings}>
          {(workspace) => (
            <Loaded query={members}>
              {(items) => (
                <PeopleTable
                  slug={slug}
                  settings={workspace}
                  people={toPeople(items, invitations.data ?? [], managed.data ?? NO_IDS).filter(
                    (person) =>
                      matches(person, q) &&
                      (role === undefined || person.role === role) &&
                      (status === undefined || toStatus(person) === status),
                  )}
                  sort={sort}
                  onSort={(next) => setSearch({ sort: next })}
                />
              )}
            </Loaded>
          )}
        </Loaded>
      </section>
      <Invitations slug={slug} />
    </div>
  );
}

function toPeople(
  members: WorkspaceMember[],
  invitations: { memberId: string; expiresAt: number }[],
  managed: ReadonlySet<string>,
): Person[] {
  const ends = new Map(invitations.map(({ memberId, expiresAt }) => [memberId, expiresAt]));
  const byId = new Map(members.map((member) => [member.id, member]));
  return members.map((member) => {
    const { agent, suspendedAt } = member;
    const owner = agent ? byId.get(agent.ownerId) : undefined;
    return {
      ...member,
      invitedUntil: ends.get(member.id) ?? null,
      isManaged: managed.has(member.id),
      agentState: agent && toAgentState(agent, suspendedAt, owner, Date.now()),
      ownerName: owner?.name ?? null,
    };
  });
}

function matches({ name, email }: Person, q: string): boolean {
  return `${name} ${email ?? ""}`.toLowerCase().includes(q.toLowerCase());
}
