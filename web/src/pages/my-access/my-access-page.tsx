import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ShieldQuestion } from "lucide-react";
import { useState } from "react";
import type { z } from "zod";
import type { CallableTool } from "../../../../workers/contract/api/people.ts";
import type { Member, Workspace } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { meInWorkspaceQuery, myToolsQuery, workspaceQuery } from "../../api/workspace.ts";
import { RequirePermission } from "../../shell/require-permission.tsx";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { AnnotationBadges } from "../../ui/annotation-badges.tsx";
import { Button } from "../../ui/button.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Page, PageHeader, Section } from "../../ui/page.tsx";
import { SearchInput } from "../../ui/search-input.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { AskDialog, type Asked } from "./ask-form.tsx";
import { OwnAccessRequests } from "./own-access-requests.tsx";
import { RefusedCalls } from "./refused-calls.tsx";

const route = getRouteApi("/signed-in/w/$slug/my-access");

type Tool = z.infer<typeof CallableTool>;

/** What the signed-in member may use and why, what each tool does, and why calls were refused. */
export function MyAccessPage() {
  return (
    <RequirePermission action="me.use">
      <MyAccess />
    </RequirePermission>
  );
}

function MyAccess() {
  const slug = useWorkspaceSlug();
  const workspace = useQuery(workspaceQuery(slug));
  const me = useQuery(meInWorkspaceQuery(slug));
  const tools = useQuery(myToolsQuery(slug));
  const [asked, setAsked] = useAsked();
  return (
    <Page>
      <PageHeader
        title="My access"
        actions={<Button onClick={() => setAsked({})}>Ask for access</Button>}
      >
        The tools that your clients can call through this workspace.
      </PageHeader>
      <AskDialog slug={slug} asked={asked} onClose={() => setAsked(null)} />
      <Loaded query={workspace}>
        {(settings) => (
          <Loaded query={me}>
            {(member) => <p className="text-sm">{describeAccess(settings, member)}</p>}
          </Loaded>
        )}
      </Loaded>
      <OwnAccessRequests slug={slug} />
      <Loaded query={tools}>{(items) => <Tools slug={slug} tools={items} />}</Loaded>
      <RefusedCalls slug={slug} onAsk={setAsked} />
    </Page>
  );
}

/** What the form is open for: at first, what the address asks for. Closing the form takes that out of the address. */
function useAsked() {
  const { server, tool, agent } = route.useSearch();
  const navigate = route.useNavigate();
  const [asked, setAsked] = useState<Asked | null>(
    server === undefined ? null : { server, tool, agent },
  );
  const change = (next: Asked | null) => {
    setAsked(next);
    if (next === null && server !== undefined)
      void navigate({ search: ({ q }) => ({ q }), replace: true });
  };
  return [asked, change] as const;
}

/** What decides on the member's calls, in one sentence. */
function describeAccess(
  { enforcement, defaultAccess }: Workspace,
  { rules, isRestricted, suspendedAt }: z.infer<typeof Member>,
): string {
  if (suspendedAt !== null)
    return "You are suspended: every call is refused. Ask an admin of this workspace.";
  if (!enforcement)
    return "You may call every tool, because this workspace does not enforce its rules.";
  if (!isRestricted && defaultAccess === "open")
    return "You may call every tool by default, also of servers that are added later.";
  return rules.length === 0
    ? "You have no rules: you may call only what rules of your teams allow."
    : `You may call what ${pluralize(rules.length, "rule")} of yours ${rules.length === 1 ? "allows" : "allow"}, and what rules of your teams allow.`;
}

function Tools({ slug, tools }: { slug: string; tools: Tool[] }) {
  const { q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const shown = tools.filter((tool) => matches(tool, q));
  const byServer = Map.groupBy(shown, ({ serverSlug }) => serverSlug);
  if (tools.length === 0)
    return (
      <EmptyState icon={ShieldQuestion} title="No tools for you yet">
        <p>Ask for access: say which tool or server you need, and what for.</p>
      </EmptyState>
    );
  return (
    <>
      <SearchInput
        label={`Search ${pluralize(tools.length, "tool")}`}
        value={q}
        onChange={(next) => void navigate({ search: { q: next }, replace: true })}
      />
      {shown.length === 0 && <EmptyState title="No matching tools" />}
      {[...byServer].map(([server, items]) => (
        <ServerTools key={server} slug={slug} server={server} tools={items} />
      ))}
    </>
  );
}

function matches({ name, exposedName, serverName, description }: Tool, q: string): boolean {
  return `${name} ${exposedName} ${serverName} ${description ?? ""}`
    .toLowerCase()
    .includes(q.toLowerCase());
}

function ServerTools({ slug, server, tools }: { slug: string; server: string; tools: Tool[] }) {
  return (
    <Section
      title={escapeLine(tools[0]?.serverName ?? server)}
      hint={pluralize(tools.length, "tool")}
      actions={
        <Link to="/w/$slug/servers/$server" params={{ slug, server }} className="link text-xs">
          Server
        </Link>
      }
    >
      <ul className="divide-y divide-line">
        {tools.map((tool) => (
          <li key={tool.exposedName} className="px-4 py-3">
            <p className="flex flex-wrap items-center gap-2">
              <code className="font-mono text-[13px] font-medium wrap-anywhere">
                {tool.exposedName}
              </code>
              <AnnotationBadges annotations={tool.annotations} />
              <Link
                to="/w/$slug/try"
                params={{ slug }}
                search={{ tool: tool.exposedName }}
                className="link ml-auto text-xs"
                aria-label={`Try ${tool.exposedName}`}
              >
                Try
              </Link>
            </p>
            <p className="mt-0.5 max-w-prose text-xs text-dim wrap-anywhere">
              {tool.description ?? "The server does not describe this tool."}
            </p>
          </li>
        ))}
      </ul>
    </Section>
  );
}
