import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ChevronRight, FlaskConical, Wrench } from "lucide-react";
import type { z } from "zod";
import type { ServerTool } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { DAY_MS } from "../../../../workers/contract/units.ts";
import { serverToolsQuery } from "../../api/workspace.ts";
import { AnnotationBadges } from "../../ui/annotation-badges.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { ForeignName } from "../../ui/foreign-name.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Badge, Section } from "../../ui/page.tsx";
import { SearchInput } from "../../ui/search-input.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { CatalogueWarnings } from "./catalogue-warnings.tsx";
import { SchemaView } from "./schema-view.tsx";
import { ToolFacts, useToolUse, type ToolUse } from "./tool-facts.tsx";

const route = getRouteApi("/signed-in/w/$slug/servers/$server");
/** Polling interval while no tools have been listed. */
const EMPTY_POLL_MS = 1_500;
type Tool = z.infer<typeof ServerTool>;

/** Tab with a server's tools as last listed, and their schemas. */
export function ToolsTab({ slug, server }: { slug: string; server: string }) {
  const tools = useQuery({
    ...serverToolsQuery(slug, server),
    // The gateway lists the tools of a newly deployed server shortly after its start.
    refetchInterval: ({ state }) => (state.data?.length === 0 ? EMPTY_POLL_MS : false),
  });
  const use = useToolUse(slug, server);
  const { q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Loaded query={tools}>
      {(items) => {
        const warnings = <CatalogueWarnings slug={slug} server={server} />;
        if (items.length === 0)
          return (
            <div className="flex flex-col gap-3">
              {warnings}
              <EmptyState icon={Wrench} title="No tools yet" />
            </div>
          );
        const shown = items.filter((tool) => matches(tool, q));
        const newest = items.filter(isNew);
        return (
          <div className="flex flex-col gap-3">
            {warnings}
            <SearchInput
              label="Search tools"
              value={q}
              onChange={(next) =>
                void navigate({ search: (old) => ({ ...old, q: next }), replace: true })
              }
            />
            {newest.length > 0 && (
              <p className="text-xs text-dim">
                {pluralize(newest.length, "tool")} of the last 7 days:{" "}
                {newest.map(({ exposedName }) => escapeLine(exposedName)).join(", ")}
              </p>
            )}
            {shown.length === 0 && <EmptyState title="No matching tools" />}
            <Section>
              <ul className="divide-y divide-line">
                {shown.map((tool) => (
                  <li key={tool.name}>
                    <ToolRow slug={slug} server={server} tool={tool} use={use} />
                  </li>
                ))}
              </ul>
            </Section>
          </div>
        );
      }}
    </Loaded>
  );
}

function matches({ name, exposedName, description }: Tool, q: string): boolean {
  return `${name} ${exposedName} ${description ?? ""}`.toLowerCase().includes(q.toLowerCase());
}

/** Listed for the first time in the last 7 days, and not in the server's first list. */
function isNew({ firstListedAt }: Tool): boolean {
  return firstListedAt !== null && firstListedAt > Date.now() - 7 * DAY_MS;
}

interface RowProps {
  slug: string;
  server: string;
  tool: Tool;
  use: ToolUse;
}

function ToolRow({ slug, server, tool, use }: RowProps) {
  const calls = use.find(tool.name, "7d");
  return (
    <details className="group">
      <summary className="flex items-start gap-2 px-4 py-3 -outline-offset-2 hover:bg-soft">
        <ChevronRight
          className="mt-0.5 size-4 shrink-0 text-dim transition-transform group-open:rotate-90"
          aria-hidden
        />
        <span className="min-w-0 flex-1">
          <span className="flex flex-wrap items-center gap-2">
            <code className="font-mono text-[13px] font-medium wrap-anywhere">
              {tool.exposedName}
            </code>
            {isNew(tool) && <Badge tone="accent">New</Badge>}
            <AnnotationBadges annotations={tool.annotations} />
          </span>
          {tool.description !== null && (
            <span className="mt-0.5 line-clamp-2 text-xs text-dim group-open:line-clamp-none">
              {tool.description}
            </span>
          )}
        </span>
        <span className="shrink-0 text-right text-xs text-dim tabular-nums max-sm:hidden">
          {calls !== null && `${pluralize(calls, "call")} in 7 days`}
        </span>
      </summary>
      <div className="flex flex-col gap-3 border-t border-line bg-page px-4 py-3">
        <div className="flex flex-wrap items-center justify-between gap-2 text-xs text-dim">
          <span>
            Name on the server, used in rules:{" "}
            <code className="font-mono text-ink">
              <ForeignName name={tool.name} />
            </code>
          </span>
          <Link
            to="/w/$slug/try"
            params={{ slug }}
            search={{ tool: tool.exposedName }}
            className={buttonClass("secondary", "sm")}
          >
            <FlaskConical className="size-3.5" aria-hidden />
            Try tool
          </Link>
        </div>
        <ToolFacts slug={slug} server={server} tool={tool} use={use} />
        <SchemaView schema={tool.inputSchema} />
      </div>
    </details>
  );
}
