import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Suspense, useMemo, useState } from "react";
import type { NamedTool, Server, Workspace } from "../../../../workers/contract/api/resources.ts";
import type { Team } from "../../../../workers/contract/api/teams.ts";
import { useCan } from "../../api/me.ts";
import { teamsQuery, toRuleHolder, withTeamRules } from "../../api/teams.ts";
import {
  membersQuery,
  serversQuery,
  toolNamesQuery,
  workspaceQuery,
  type WorkspaceMember,
} from "../../api/workspace.ts";
import { lazyComponent } from "../../load-code.ts";
import { RequirePermission } from "../../shell/require-permission.tsx";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { Page, PageHeader } from "../../ui/page.tsx";
import { EmptyState, Loaded, LoadingState } from "../../ui/states.tsx";
import { useNow } from "../../ui/use-now.ts";
import { AccessCard } from "./access-card.tsx";
import { BulkBar } from "./bulk-bar.tsx";
import { ConflictNotices } from "./conflict-notices.tsx";
import { listToolsByServer } from "./grid-columns.ts";
import { MemberRules } from "./member-rules.tsx";
import { listInForce } from "./rules.ts";
import { ToolPeople } from "./tool-people.tsx";
import { useAskedRules } from "./use-asked-rules.tsx";
import { usePendingRules } from "./use-rules.ts";
import { ViewBar } from "./view-bar.tsx";

const GridView = lazyComponent(() => import("./grid-view.tsx"), "GridView");
const SuggestionsView = lazyComponent(() => import("./suggestions-view.tsx"), "SuggestionsView");
// Few people open it.
const ReadOnlyAccess = lazyComponent(() => import("./read-only-access.tsx"), "ReadOnlyAccess");

const route = getRouteApi("/signed-in/w/$slug/access");
/** How often the rules are read again while the page is open, so that others' changes appear. */
const REFRESH_MS = 30_000;

const NO_TEAMS: Team[] = [];

/** Who may call what: a summary with the switches that decide it, and the rules by person, as a grid, or by tool. */
export function AccessPage() {
  return (
    <RequirePermission action="rules.read">
      <EditableOrReadable />
    </RequirePermission>
  );
}

function EditableOrReadable() {
  if (useCan(useWorkspaceSlug(), "rules.edit")) return <Access />;
  return (
    <Suspense fallback={<LoadingState />}>
      <ReadOnlyAccess />
    </Suspense>
  );
}

function Access() {
  const slug = useWorkspaceSlug();
  const workspace = useQuery(workspaceQuery(slug));
  const members = useQuery({ ...membersQuery(slug), refetchInterval: REFRESH_MS });
  const servers = useQuery(serversQuery(slug));
  const tools = useQuery(toolNamesQuery(slug));
  const teams = useQuery({ ...teamsQuery(slug), refetchInterval: REFRESH_MS });
  const known = teams.data ?? NO_TEAMS;
  const { of } = route.useSearch();
  const now = useNow(REFRESH_MS);
  const people = useMemo(
    () => withTeamRules(members.data ?? [], known, (team) => listInForce(team, now)),
    [members.data, known, now],
  );
  const holders = useMemo(
    () => (of === "teams" ? known.map(toRuleHolder) : people),
    [of, known, people],
  );
  return (
    <Page>
      <PageHeader title="Access">
        A rule allows or denies a person or a team one tool of a server, all tools, or those of a
        kind. A denial wins.
      </PageHeader>
      <Loaded query={workspace}>
        {(settings) => (
          <Loaded query={members}>
            {() => (
              <Loaded query={servers}>
                {(items) => (
                  <Loaded query={tools}>
                    {(names) => (
                      <LoadedAccess
                        slug={slug}
                        workspace={settings}
                        people={people}
                        holders={holders}
                        servers={items}
                        tools={names}
                      />
                    )}
                  </Loaded>
                )}
              </Loaded>
            )}
          </Loaded>
        )}
      </Loaded>
    </Page>
  );
}

interface Props {
  slug: string;
  workspace: Workspace;
  /** The members as the gateway has them, without changes that are on their way. */
  people: WorkspaceMember[];
  /** Whose rules are shown: the same, or the teams. */
  holders: WorkspaceMember[];
  servers: Server[];
  tools: NamedTool[];
}

function LoadedAccess({ slug, workspace, people, holders, servers, tools }: Props) {
  const { q = "", view, server, tool, of } = route.useSearch();
  const navigate = route.useNavigate();
  const members = usePendingRules(slug, holders);
  const toolsByServer = useMemo(
    () => listToolsByServer(servers, tools, holders),
    [servers, tools, holders],
  );
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const { change, ask, dialog } = useAskedRules(slug, workspace, tools.length);
  const shown = useMatching(members, q);
  const current = view ?? (server === undefined ? "people" : "grid");
  const openTool = (rule: string) =>
    void navigate({ search: (old) => ({ ...old, view: "tool", tool: rule }) });
  return (
    <>
      <AccessCard slug={slug} workspace={workspace} members={people} servers={servers} />
      <ConflictNotices slug={slug} members={holders} onApply={change} />
      <section aria-label="Rules" className="flex flex-col gap-3">
        <ViewBar view={current} servers={servers} />
        {current === "people" && (
          <BulkBar
            slug={slug}
            workspace={workspace}
            selected={members.filter(({ id }) => selected.has(id))}
            members={members}
            onClear={() => setSelected(new Set())}
          />
        )}
        {current === "suggestions" ? (
          <Suspense fallback={<LoadingState />}>
            <SuggestionsView slug={slug} />
          </Suspense>
        ) : shown.length === 0 ? (
          <EmptyState title={of === "teams" ? "No matching teams" : "No matching members"} />
        ) : current === "people" ? (
          <MemberRules
            slug={slug}
            workspace={workspace}
            members={shown}
            selected={selected}
            onSelect={setSelected}
            onChange={change}
          />
        ) : current === "grid" ? (
          <Suspense fallback={<LoadingState />}>
            <GridView
              workspace={workspace}
              members={shown}
              servers={servers}
              toolsByServer={toolsByServer}
              onChange={change}
              onAsk={ask}
              onOpenTool={openTool}
            />
          </Suspense>
        ) : (
          <ToolPeople
            workspace={workspace}
            members={shown}
            servers={servers}
            toolsByServer={toolsByServer}
            rule={tool}
            onChoose={openTool}
            onChange={change}
          />
        )}
      </section>
      {dialog}
    </>
  );
}

/** The members and teams whose name, address or rules have a text. */
function useMatching(members: WorkspaceMember[], q: string): WorkspaceMember[] {
  const wanted = q.toLowerCase();
  return useMemo(
    () =>
      wanted === ""
        ? members
        : members.filter(({ name, email, rules }) =>
            `${name} ${email ?? ""} ${rules.join(" ")}`.toLowerCase().includes(wanted),
          ),
    [members, wanted],
  );
}
