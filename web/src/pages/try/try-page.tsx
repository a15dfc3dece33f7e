import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ChevronLeft, FlaskConical } from "lucide-react";
import { Suspense, useMemo, useState } from "react";
import type { z } from "zod";
import type { CallableTool } from "../../../../workers/contract/api/people.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { myToolsQuery } from "../../api/workspace.ts";
import { lazyComponent } from "../../load-code.ts";
import { RequirePermission } from "../../shell/require-permission.tsx";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { Button } from "../../ui/button.tsx";
import { classNames } from "../../ui/class-names.ts";
import { Page, PageHeader } from "../../ui/page.tsx";
import { SearchInput } from "../../ui/search-input.tsx";
import { EmptyState, Loaded, LoadingState } from "../../ui/states.tsx";
import { useCallHistory, type PastCall } from "./call-history.ts";
import { HistorySection } from "./history-section.tsx";
import { ToolList } from "./tool-list.tsx";
import { useTemporaryToken } from "./use-temporary-token.ts";

// The list of tools does not need the code of a call.
const ToolRun = lazyComponent(() => import("./tool-run.tsx"), "ToolRun");
const route = getRouteApi("/signed-in/w/$slug/try");
type Tool = z.infer<typeof CallableTool>;

/** Calls any tool that the signed-in member is allowed to call, with a form for its input. */
export function TryPage() {
  return (
    <RequirePermission action="me.use">
      <Try />
    </RequirePermission>
  );
}

function Try() {
  const slug = useWorkspaceSlug();
  const tools = useQuery(myToolsQuery(slug));
  return (
    <Page>
      <PageHeader title="Try a tool">
        Calls a tool through the gateway, like any client. Your rules apply. The call is logged, its
        arguments and its result are not.
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
  const [calls, addCall] = useCallHistory(slug);
  const [repetition, setRepetition] = useState<{ key: string; call: PastCall }>();
  const tool = tools.find(({ exposedName }) => exposedName === selectedName);
  const repeated = repetition?.call.tool === selectedName ? repetition : undefined;
  const select = (exposedName: string | undefined) => {
    setRepetition(undefined);
    void navigate({ search: (old) => ({ ...old, tool: exposedName }) });
  };
  const repeat = (call: PastCall) => {
    setRepetition({ key: crypto.randomUUID(), call });
    void navigate({ search: (old) => ({ ...old, tool: call.tool }) });
  };
  const found = useMemo(() => tools.filter((candidate) => matches(candidate, q)), [tools, q]);
  return (
    <div className="grid gap-4 md:grid-cols-[17rem_minmax(0,1fr)] md:items-start">
      <div className={classNames("flex min-w-0 flex-col gap-2", tool && "max-md:hidden")}>
        <SearchInput
          label="Search tools"
          value={q}
          onChange={(next) =>
            void navigate({ search: (old) => ({ ...old, q: next }), replace: true })
          }
        />
        <ToolList tools={found} selectedName={selectedName} onSelect={select} />
      </div>
      <div
        className={classNames(
          "flex min-w-0 flex-col gap-3",
          selectedName === undefined && "max-md:hidden",
        )}
      >
        {tool ? (
          <>
            <Button
              variant="ghost"
              className="self-start md:hidden"
              onClick={() => select(undefined)}
            >
              <ChevronLeft className="size-4" aria-hidden />
              All tools
            </Button>
            <Suspense fallback={<LoadingState />}>
              <ToolRun
                key={`${tool.exposedName} ${repeated?.key ?? ""}`}
                slug={slug}
                tool={tool}
                repeated={repeated?.call}
                getToken={getToken}
                onEnded={addCall}
              />
            </Suspense>
          </>
        ) : selectedName !== undefined ? (
          <EmptyState icon={FlaskConical} title="This tool is not available">
            <p className="wrap-anywhere">
              {escapeLine(selectedName)} does not exist, or your rules do not allow it.
            </p>
          </EmptyState>
        ) : (
          <EmptyState icon={FlaskConical} title="Select a tool" />
        )}
        <HistorySection calls={calls} onRepeat={repeat} />
      </div>
    </div>
  );
}

function matches({ exposedName, name, serverName, description }: Tool, q: string): boolean {
  const text = `${exposedName} ${name} ${serverName} ${description ?? ""}`.toLowerCase();
  return text.includes(q.toLowerCase());
}
