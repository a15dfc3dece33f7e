import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { RefreshCw } from "lucide-react";
import { Suspense } from "react";
import { Check, type Server } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { useCan } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey, serverHealthQuery, serversQuery } from "../../api/workspace.ts";
import { lazyComponent } from "../../load-code.ts";
import { NotFound } from "../../shell/not-found.tsx";
import { Button, buttonClass } from "../../ui/button.tsx";
import { formatLatency } from "../../ui/format-numbers.ts";
import { Badge, Page, PageHeader } from "../../ui/page.tsx";
import { Loaded, LoadingState } from "../../ui/states.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { showToast } from "../../ui/toast.ts";
import { AllowServer } from "./allow-server.tsx";
import { ConnectionNotice } from "./connection-notice.tsx";
import { ContractBadge } from "./contract/contract-badge.tsx";
import { HeaderNotices } from "./credential-notices.tsx";
import { describeLocation } from "./describe-server.ts";
import { FeaturesTab } from "./features-tab.tsx";
import { FollowNotice } from "./follow-notice.tsx";
import { HealthTab } from "./health-tab.tsx";
import { OriginNotice } from "./origin-notice.tsx";
import { ServerAccounts } from "./server-accounts.tsx";
import { ServerFacts } from "./server-facts.tsx";
import { ServersLink } from "./servers-link.tsx";
import { StatusDot, toStatusLabel } from "./status-dot.tsx";
import { ToolsTab } from "./tools-tab.tsx";

const route = getRouteApi("/signed-in/w/$slug/servers/$server");
// Few visits open these tabs.
const ServerSettings = lazyComponent(() => import("./server-settings.tsx"), "ServerSettings");
const ContractTab = lazyComponent(() => import("./contract/contract-tab.tsx"), "ContractTab");
const HostingTab = lazyComponent(() => import("./hosting-tab.tsx"), "HostingTab");

/** Page of one server: tools, prompts, resources, health, hosting and settings. */
export function ServerPage() {
  const { slug, server: serverSlug } = route.useParams();
  const servers = useQuery(serversQuery(slug));
  return (
    <>
      <ServersLink slug={slug} />
      <Loaded query={servers}>
        {(items) => {
          const server = items.find((candidate) => candidate.slug === serverSlug);
          return server ? (
            <ServerDetail key={server.slug} slug={slug} server={server} />
          ) : (
            <NotFound title="Server not found">
              <p>This workspace has no server “{escapeLine(serverSlug)}” that you may see.</p>
              <Link to="/w/$slug/servers" params={{ slug }} className={buttonClass()}>
                Go to the servers
              </Link>
            </NotFound>
          );
        }}
      </Loaded>
    </>
  );
}

const TABS = [
  { value: "tools", label: "Tools" },
  { value: "prompts", label: "Prompts" },
  { value: "resources", label: "Resources" },
  { value: "skills", label: "Skills" },
  { value: "contract", label: "Contract" },
  { value: "health", label: "Health" },
  { value: "hosting", label: "Hosting" },
  { value: "settings", label: "Settings" },
] as const;

function ServerDetail({ slug, server }: { slug: string; server: Server }) {
  const { tab } = route.useSearch();
  const navigate = route.useNavigate();
  const health = useQuery(serverHealthQuery(slug, server.slug));
  const notices = health.data?.items[0]?.credentials ?? [];
  const canManage = useCan(slug, "server.manage");
  const canHost = useCan(slug, "hosting.manage");
  const canEditRules = useCan(slug, "rules.edit");
  // Every member sees the other tabs.
  const isShown: Partial<Record<(typeof TABS)[number]["value"], boolean>> = {
    contract: useCan(slug, "contract.read"),
    hosting: canHost && server.hosted !== null,
    settings: canManage,
  };
  const tabs = TABS.filter(({ value }) => isShown[value] !== false);
  const current = tabs.find(({ value }) => value === tab)?.value ?? "health";
  return (
    <Page>
      <Heading slug={slug} server={server} canManage={canManage} />
      <ServerFacts slug={slug} server={server} state={health.data?.items[0]} />
      {server.perPerson ? (
        <ServerAccounts slug={slug} server={server} />
      ) : (
        <ConnectionNotice {...{ slug, server, notices }} />
      )}
      <HeaderNotices {...{ slug, server, notices }} />
      <OriginNotice slug={slug} server={server} />
      <FollowNotice slug={slug} server={server.slug} />
      {canEditRules && <AllowServer slug={slug} server={server} />}
      <Tabs
        label="Server"
        value={current}
        onChange={(next) => void navigate({ search: { tab: next }, replace: true })}
        tabs={tabs}
      >
        {current === "tools" && <ToolsTab slug={slug} server={server.slug} />}
        {current === "prompts" && <FeaturesTab slug={slug} server={server.slug} kind="prompts" />}
        {current === "resources" && (
          <FeaturesTab slug={slug} server={server.slug} kind="resources" />
        )}
        {current === "skills" && <FeaturesTab slug={slug} server={server.slug} kind="skills" />}
        {current === "health" && <HealthTab slug={slug} server={server.slug} />}
        <Suspense fallback={<LoadingState />}>
          {current === "hosting" && server.hosted && (
            <HostingTab slug={slug} instanceId={server.hosted.instanceId} />
          )}
          {current === "contract" && <ContractTab slug={slug} server={server.slug} />}
          {current === "settings" && <ServerSettings slug={slug} server={server} />}
        </Suspense>
      </Tabs>
    </Page>
  );
}

function Heading(props: { slug: string; server: Server; canManage: boolean }) {
  const { slug, server, canManage } = props;
  const health = useQuery(serverHealthQuery(slug, server.slug));
  const status = health.data?.items[0]?.status ?? "unknown";
  const check = useApiMutation({
    run: () => request(Check, "POST", `/workspaces/${slug}/servers/${server.slug}/check`, {}),
    invalidate: [workspaceKey(slug)],
    onDone: ({ error, latencyMs }) =>
      showToast(error ? error.message : `Server responded in ${formatLatency(latencyMs)}`),
  });
  return (
    <PageHeader
      documentTitle={server.name}
      title={
        <>
          <StatusDot status={status} />
          {server.name}
          <Badge tone={status === "failing" ? "bad" : status === "ok" ? "ok" : "neutral"}>
            {toStatusLabel(status)}
          </Badge>
          {server.hosted && <Badge tone="accent">Hosted</Badge>}
          <ContractBadge slug={slug} server={server.slug} />
        </>
      }
      actions={
        canManage && (
          <Button isBusy={check.isPending} onClick={() => check.mutate(undefined)}>
            <RefreshCw className="size-3.5" aria-hidden />
            Check now
          </Button>
        )
      }
    >
      <span className="font-mono text-xs wrap-anywhere">{describeLocation(server)}</span>
    </PageHeader>
  );
}
