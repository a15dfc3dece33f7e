import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plug, Plus } from "lucide-react";
import { CheckedServer, type Server } from "../../../../workers/contract/api/resources.ts";
import { useMay } from "../../api/me.ts";
import { request, requestNothing } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { healthQuery, keyOf, serversQuery } from "../../api/workspace.ts";
import { useSlug } from "../../shell/use-slug.ts";
import { announce } from "../../ui/announce.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Page, PageHeader, Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { PlanCount } from "../hosting/notices.tsx";
import { NotYetServers } from "./not-yet-servers.tsx";
import { ServerList } from "./server-list.tsx";

/** The servers behind the workspace's address, in the order in which clients see their tools. */
export function ServersPage() {
  const slug = useSlug();
  const mayManage = useMay(slug, "server.manage");
  const mayHost = useMay(slug, "hosting.manage");
  const servers = useQuery(serversQuery(slug));
  return (
    <Page>
      <PageHeader
        title="Servers"
        actions={
          mayManage && (
            <Link to="/w/$slug/servers/new" params={{ slug }} className={buttonClass("primary")}>
              <Plus className="size-4" aria-hidden />
              Add server
            </Link>
          )
        }
      >
        Clients see the tools of all enabled servers as one, in this order.
        {mayHost && (
          <>
            {" "}
            <PlanCount slug={slug} />.
          </>
        )}
      </PageHeader>
      {mayHost && <NotYetServers slug={slug} />}
      <Section>
        <Loaded query={servers}>
          {(items) =>
            items.length === 0 ? <NoServers /> : <Servers servers={items} mayManage={mayManage} />
          }
        </Loaded>
      </Section>
    </Page>
  );
}

function NoServers() {
  return (
    <EmptyState icon={Plug} title="No servers yet">
      <p>Add one by its URL, or host one from the catalogue.</p>
    </EmptyState>
  );
}

function Servers({ servers, mayManage }: { servers: Server[]; mayManage: boolean }) {
  const slug = useSlug();
  const client = useQueryClient();
  const health = useQuery({ ...healthQuery(slug), refetchInterval: 30_000 });
  const refresh = [keyOf(slug, "servers"), keyOf(slug, "health")];
  const order = useChange({
    run: (ordered: Server[]) =>
      requestNothing("PUT", `/workspaces/${slug}/servers-order`, {
        slugs: ordered.map((server) => server.slug),
      }),
    refresh,
  });
  const enable = useChange({
    run: ({ server, enabled }: { server: Server; enabled: boolean }) =>
      request(CheckedServer, "PATCH", `/workspaces/${slug}/servers/${server.slug}`, { enabled }),
    refresh,
    onDone: (_, { server, enabled }) =>
      announce(`${server.name} is ${enabled ? "on" : "off"}`, () =>
        enable.mutate({ server, enabled: !enabled }),
      ),
  });
  const { queryKey } = serversQuery(slug);
  /** Shown at once; a refused one gives way to the order as it is. */
  const reorder = (ordered: Server[], onSuccess = () => {}) => {
    client.setQueryData(queryKey, ordered);
    order.mutate(ordered, {
      onSuccess,
      onError: () => void client.invalidateQueries({ queryKey }),
    });
  };
  return (
    <ServerList
      slug={slug}
      servers={servers}
      states={health.data?.items ?? []}
      mayManage={mayManage}
      onReorder={(ordered) =>
        reorder(ordered, () => announce("Order saved", () => reorder(servers)))
      }
      onEnable={(server, enabled) => enable.mutate({ server, enabled })}
    />
  );
}
