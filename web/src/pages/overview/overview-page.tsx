import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { useCan, useMembership } from "../../api/me.ts";
import { healthQuery, workspaceQuery } from "../../api/workspace.ts";
import { toGatewayUrl } from "../../connect/gateway-url.ts";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { buttonClass } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Page, PageHeader } from "../../ui/page.tsx";
import { Attention } from "./attention.tsx";
import { GettingStarted } from "./getting-started.tsx";
import { BacklogNotice, HealthStrip } from "./health-strip.tsx";
import { UsageSection } from "./usage-section.tsx";

const route = getRouteApi("/signed-in/w/$slug/");

/** Overview of a workspace: what needs attention, figures with links, charts, state of the servers. */
export function OverviewPage() {
  const slug = useWorkspaceSlug();
  const membership = useMembership(slug);
  const name = membership?.workspace.name ?? slug;
  const { by } = route.useSearch();
  const canUse = useCan(slug, "me.use");
  return (
    <Page>
      <PageHeader
        title={escapeLine(name)}
        actions={
          canUse && (
            <Link to="/w/$slug/connect" params={{ slug }} className={buttonClass()}>
              Connect a client
            </Link>
          )
        }
      >
        <span className="inline-flex max-w-full items-center gap-1">
          <code className="truncate font-mono text-xs">{toGatewayUrl(slug)}</code>
          <CopyButton text={toGatewayUrl(slug)} contentName="gateway URL" />
        </span>
      </PageHeader>
      {by === "all" && (
        <>
          {canUse && <GettingStarted slug={slug} />}
          <Backlog slug={slug} />
          <Attention slug={slug} />
        </>
      )}
      <Usage slug={slug} />
      {by === "all" && <HealthStrip slug={slug} />}
    </Page>
  );
}

function Backlog({ slug }: { slug: string }) {
  const { data } = useQuery(healthQuery(slug));
  return data ? <BacklogNotice backlog={data.auditBacklog} /> : null;
}

/** Loads the workspace first: its age decides which time range is shown. */
function Usage({ slug }: { slug: string }) {
  const { data } = useQuery(workspaceQuery(slug));
  const isMine = !useCan(slug, "audit.read");
  return data ? <UsageSection slug={slug} workspace={data} isMine={isMine} /> : null;
}
