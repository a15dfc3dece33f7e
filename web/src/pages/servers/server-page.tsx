import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { RefreshCw } from "lucide-react";
import { Check, type Server } from "../../../../workers/contract/api/resources.ts";
import { useMay } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { keyOf, serverHealthQuery, serversQuery } from "../../api/workspace.ts";
import { announce } from "../../ui/announce.ts";
import { Button } from "../../ui/button.tsx";
import { formatLatency } from "../../ui/numbers.ts";
import { Badge, Page, PageHeader } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { BackToServers } from "./back-to-servers.tsx";
import { HealthTab } from "./health-tab.tsx";
import { HostingTab } from "./hosting-tab.tsx";
import { OfferTab } from "./offer-tab.tsx";
import { ServerSettings } from "./server-settings.tsx";
import { describeEra, describeTransport, whereIs } from "./server-words.ts";
import { StatusDot, statusWord } from "./status-dot.tsx";
import { ToolsTab } from "./tools-tab.tsx";

const route = getRouteApi("/signed-in/w/$slug/servers/$server");

/** One server: what it offers, how it is doing, how it is reached. */
export function ServerPage() {
  const { slug, server: serverSlug } = route.useParams();
  const servers = useQuery(serversQuery(slug));
  return (
    <>
      <BackToServers slug={slug} />
      <Loaded query={servers}>
        {(items) => {
          const server = items.find((candidate) => candidate.slug === serverSlug);
          return server ? (
            <ServerDetail key={server.slug} slug={slug} server={server} />
          ) : (
            <EmptyState title="There is no such server" />
          );
        }}
      </Loaded>
    </>
  );
}

const TABS = [
  { value: "tools", label: "Tools", isForAll: false },
  { value: "prompts", label: "Prompts", isForAll: false },
  { value: "resources", label: "Resources", isForAll: false },
  { value: "health", label: "Health", isForAll: true },
  { value: "hosting", label: "Hosting", isForAll: false },
  { value: "settings", label: "Settings", isForAll: false },
] as const;

function ServerDetail({ slug, server }: { slug: string; server: Server }) {
  const { tab } = route.useSearch();
  const navigate = route.useNavigate();
  const mayManage = useMay(slug, "server.manage");
  const mayHost = useMay(slug, "hosting.manage");
  const tabs = TABS.filter(
    ({ value, isForAll }) =>
      isForAll || (value === "hosting" ? mayHost && server.hosted !== null : mayManage),
  );
  const shown = tabs.find(({ value }) => value === tab)?.value ?? "health";
  return (
    <Page>
      <Heading slug={slug} server={server} mayManage={mayManage} />
      <Tabs
        label="Server"
        value={shown}
        onChange={(next) => void navigate({ search: { tab: next }, replace: true })}
        tabs={tabs}
      >
        {shown === "tools" && <ToolsTab slug={slug} server={server.slug} />}
        {shown === "prompts" && <OfferTab slug={slug} server={server.slug} kind="prompts" />}
        {shown === "resources" && <OfferTab slug={slug} server={server.slug} kind="resources" />}
        {shown === "health" && <HealthTab slug={slug} server={server.slug} />}
        {shown === "hosting" && server.hosted && (
          <HostingTab slug={slug} instanceId={server.hosted.instanceId} />
        )}
        {shown === "settings" && <ServerSettings slug={slug} server={server} />}
      </Tabs>
    </Page>
  );
}

function Heading(props: { slug: string; server: Server; mayManage: boolean }) {
  const { slug, server, mayManage } = props;
  const health = useQuery(serverHealthQuery(slug, server.slug));
  const status = health.data?.items[0]?.status ?? "unknown";
  const check = useChange({
    run: () => request(Check, "POST", `/workspaces/${slug}/servers/${server.slug}/check`, {}),
    refresh: [keyOf(slug)],
    onDone: ({ error, latencyMs }) =>
      announce(error ? error.message : `Answered in ${formatLatency(latencyMs)}`),
  });
  return (
    <PageHeader
      title={
        <>
          <StatusDot status={status} />
          {server.name}
          <Badge tone={status === "failing" ? "bad" : status === "ok" ? "ok" : "neutral"}>
            {statusWord(status)}
          </Badge>
          {server.hosted && <Badge tone="accent">hosted</Badge>}
          {server.transport !== null && <Badge>{describeTransport(server.transport)}</Badge>}
          {server.era !== null && <Badge>{describeEra(server.era)}</Badge>}
          {server.protocolVersion !== null && <Badge>{server.protocolVersion}</Badge>}
        </>
      }
      actions={
        mayManage && (
          <Button isBusy={check.isPending} onClick={() => check.mutate(undefined)}>
            <RefreshCw className="size-3.5" aria-hidden />
            Check now
          </Button>
        )
      }
    >
      <span className="font-mono text-xs wrap-anywhere">{whereIs(server)}</span>
    </PageHeader>
  );
}
