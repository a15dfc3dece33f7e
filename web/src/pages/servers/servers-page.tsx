import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FileInput, Plug, Plus } from "lucide-react";
import { Suspense, useState } from "react";
import { CheckedServer, type Server } from "../../../../workers/contract/api/resources.ts";
import { useCan } from "../../api/me.ts";
import { refetch } from "../../api/refetch.ts";
import { request, requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { healthQuery, workspaceKey, serversQuery } from "../../api/workspace.ts";
import { lazyComponent } from "../../load-code.ts";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Page, PageHeader, Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { showToast } from "../../ui/toast.ts";
import { PlanUsage } from "../hosting/notices.tsx";
import { DisableDialog } from "./disable-dialog.tsx";
import { useServerUse } from "./server-facts.tsx";
import { ServerList } from "./server-list.tsx";
import { UnstartedInstances } from "./unstarted-instances.tsx";

// Members do not have it.
const ContractsSection = lazyComponent(
  () => import("./contract/contracts-section.tsx"),
  "ContractsSection",
);

/** The servers of a workspace, in the order in which clients see their tools. */
export function ServersPage() {
  const slug = useWorkspaceSlug();
  const canManage = useCan(slug, "server.manage");
  const canHost = useCan(slug, "hosting.manage");
  const readsContracts = useCan(slug, "contract.read");
  const servers = useQuery(serversQuery(slug));
  return (
    <Page>
      <PageHeader
        title="Servers"
        actions={
          canManage && (
            <>
              <Link to="/w/$slug/import" params={{ slug }} className={buttonClass()}>
                <FileInput className="size-4" aria-hidden />
                Import
              </Link>
              <Link to="/w/$slug/servers/new" params={{ slug }} className={buttonClass("primary")}>
                <Plus className="size-4" aria-hidden />
                Add server
              </Link>
            </>
          )
        }
      >
        Clients see the tools of all enabled servers as one list, in this order. Calls are those of
        the last 7 days.
        {canHost && (
          <>
            {" "}
            <PlanUsage slug={slug} />.
          </>
        )}
      </PageHeader>
      {canHost && <UnstartedInstances slug={slug} />}
      <Section>
        <Loaded query={servers}>
          {(items) =>
            items.length === 0 ? (
              <NoServers canManage={canManage} />
            ) : (
              <Servers servers={items} canManage={canManage} />
            )
          }
        </Loaded>
      </Section>
      {readsContracts && (
        <Suspense>
          <ContractsSection slug={slug} />
        </Suspense>
      )}
    </Page>
  );
}

function NoServers({ canManage }: { canManage: boolean }) {
  return (
    <EmptyState icon={Plug} title={canManage ? "No servers yet" : "No servers for you yet"}>
      <p>
        {canManage
          ? "Connect a server by URL, or host one from the catalogue."
          : "You see the servers that you are allowed to use. Ask an admin for access."}
      </p>
    </EmptyState>
  );
}

function Servers({ servers, canManage }: { servers: Server[]; canManage: boolean }) {
  const slug = useWorkspaceSlug();
  const client = useQueryClient();
  const health = useQuery({ ...healthQuery(slug), refetchInterval: 30_000 });
  const invalidate = [workspaceKey(slug, "servers"), workspaceKey(slug, "health")];
  const order = useApiMutation({
    run: (ordered: Server[]) =>
      requestNoContent("PUT", `/workspaces/${slug}/servers-order`, {
        slugs: ordered.map((server) => server.slug),
      }),
    invalidate,
  });
  const enable = useApiMutation({
    run: ({ server, enabled }: { server: Server; enabled: boolean }) =>
      request(CheckedServer, "PATCH", `/workspaces/${slug}/servers/${server.slug}`, { enabled }),
    invalidate,
    onDone: (_, { server, enabled }) =>
      showToast(`${server.name} ${enabled ? "enabled" : "disabled"}`, () =>
        enable.mutate({ server, enabled: !enabled }),
      ),
  });
  const use = useServerUse(slug);
  /** The server whose disabling is asked for. */
  const [disabled, setDisabled] = useState<Server>();
  const { queryKey } = serversQuery(slug);
  /** Shows the new order immediately, and loads the stored one if the change is refused. */
  const reorder = (ordered: Server[], onSuccess = () => {}) => {
    client.setQueryData(queryKey, ordered);
    order.mutate(ordered, {
      onSuccess,
      onError: () => void refetch(client, queryKey),
    });
  };
  return (
    <>
      <ServerList
        slug={slug}
        use={use}
        servers={servers}
        states={health.data?.items ?? []}
        canManage={canManage}
        onReorder={(ordered) =>
          reorder(ordered, () => showToast("Server order saved", () => reorder(servers)))
        }
        onEnable={(server, enabled) =>
          enabled ? enable.mutate({ server, enabled }) : setDisabled(server)
        }
      />
      <DisableDialog
        slug={slug}
        server={disabled}
        isBusy={enable.isPending}
        onClose={() => setDisabled(undefined)}
        onConfirm={() =>
          disabled !== undefined &&
          enable.mutate(
            { server: disabled, enabled: false },
            { onSuccess: () => setDisabled(undefined) },
          )
        }
      />
    </>
  );
}
