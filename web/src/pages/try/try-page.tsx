import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ChevronLeft, FlaskConical } from "lucide-react";
import { Suspense } from "react";
import type { z } from "zod";
import type { CallableTool } from "../../../../workers/contract/api/people.ts";
import { myToolsQuery } from "../../api/workspace.ts";
import { lazyComponent } from "../../load-code.ts";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { Button } from "../../ui/button.tsx";
import { classNames } from "../../ui/class-names.ts";
import { Page, PageHeader, Section } from "../../ui/page.tsx";
import { SearchInput } from "../../ui/search-input.tsx";
import { EmptyState, Loaded, LoadingState } from "../../ui/states.tsx";
import { useTemporaryToken } from "./use-temporary-token.ts";

// The form is most of the page's code; the list of tools does not need it.
const ToolRun = lazyComponent(() => import("./tool-run.tsx"), "ToolRun");
const route = getRouteApi("/signed-in/w/$slug/try");
type Tool = z.infer<typeof CallableTool>;

/** Calls any tool that the signed-in member is allowed to call, with a form for its input. */
export function TryPage() {
  const slug = useWorkspaceSlug();
  const tools = useQuery(myToolsQuery(slug));
  return (
    <Page>
      <PageHeader title="Try a tool">
        Calls a tool through the gateway, like any client. Your rules apply, and the call is logged.
      </PageHeader>
      <Loaded query={tools}>
        {(items) =>
          items.length === 0 ? (
            <EmptyState icon={FlaskConical} title="No tools available">
              <p>No server has been added yet, or your rules do not allow any of its tools.</p>
            </EmptyState>
          ) : (
            <Workbench slug={slug} tools={items} />
          )
        }
      </Loaded>
    </Page>
  );
}

function Workbench({ slug, tools }: { slug: string; tools: Tool[] }) {
  const { tool: selectedName, q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const getToken = useTemporaryToken(slug);
  const tool = tools.find(({ exposedName }) => exposedName === selectedName);
  const select = (exposedName: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, tool: exposedName }) });
  return (
    <div className="grid gap-4 md:grid-cols-[17rem_minmax(0,1fr)] md:items-start">
      <div className={classNames("flex flex-col gap-2", tool && "max-md:hidden")}>
        <SearchInput
          label="Search tools"
          value={q}
          onChange={(next) =>
            void navigate({ search: (old) => ({ ...old, q: next }), replace: true })
          }
        />
        <ToolList
          tools={tools.filter((candidate) => matches(candidate, q))}
          selectedName={selectedName}
          onSelect={select}
        />
      </div>
      {tool ? (
        <div className="flex min-w-0 flex-col gap-3">
          <Button
            variant="ghost"
            className="self-start md:hidden"
            onClick={() => select(undefined)}
          >
            <ChevronLeft className="size-4" aria-hidden />
            All tools
          </Button>
          <Suspense fallback={<LoadingState />}>
            <ToolRun key={tool.exposedName} slug={slug} tool={tool} getToken={getToken} />
          </Suspense>
        </div>
      ) : (
        <div className="max-md:hidden">
          <EmptyState icon={FlaskConical} title="Select a tool" />
        </div>
      )}
    </div>
  );
}

function matches({ exposedName, name, description }: Tool, q: string): boolean {
  return `${exposedName} ${name} ${description ?? ""}`.toLowerCase().includes(q.toLowerCase());
}

interface ListProps {
  tools: Tool[];
  selectedName: string | undefined;
  onSelect: (exposedName: string) => void;
}

function ToolList({ tools, selectedName, onSelect }: ListProps) {
  const servers = [...new Set(tools.map(({ serverName }) => serverName))];
  if (tools.length === 0) return <EmptyState title="No matching tools" />;
  return (
    <Section>
      <div className="p-1 md:max-h-[calc(100dvh-14rem)] md:overflow-y-auto">
        {servers.map((server) => (
          <section key={server} aria-label={server}>
            <h2 className="px-2 pt-2 pb-1 text-xs font-medium text-dim">{server}</h2>
            <ul>
              {tools
                .filter(({ serverName }) => serverName === server)
                .map(({ exposedName }) => (
                  <li key={exposedName}>
                    <button
                      type="button"
                      aria-pressed={exposedName === selectedName}
                      onClick={() => onSelect(exposedName)}
                      className="block w-full truncate rounded-md px-2 py-1.5 text-left font-mono text-xs -outline-offset-2 hover:bg-soft aria-pressed:bg-accent-soft aria-pressed:text-accent-ink"
                    >
                      {exposedName}
                    </button>
                  </li>
                ))}
            </ul>
          </section>
        ))}
      </div>
    </Section>
  );
}
