import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Wrench } from "lucide-react";
import { instanceQuery } from "../../api/hosting.ts";
import { serversQuery } from "../../api/workspace.ts";
import { RequirePermission } from "../../shell/require-permission.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { Badge, Page, PageHeader } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { ServersLink } from "../servers/servers-link.tsx";
import { InstancePanel } from "./instance-panel.tsx";

const route = getRouteApi("/signed-in/w/$slug/servers/hosted/$instance");

/** Page of an instance, also before its first start, when the workspace has no server for it yet. */
export function InstancePage() {
  const { slug, instance: id } = route.useParams();
  const { console: isConsoleOpen, follow } = route.useSearch();
  const navigate = route.useNavigate();
  const instance = useQuery(instanceQuery(slug, id));
  const servers = useQuery(serversQuery(slug));
  const server = servers.data?.find(({ hosted }) => hosted?.instanceId === id);
  return (
    <RequirePermission action="hosting.manage">
      <ServersLink slug={slug} />
      <Loaded query={instance} lines={8}>
        {(data) => (
          <Page>
            <PageHeader
              documentTitle={data.name}
              title={
                <>
                  {data.name}
                  <Badge tone="accent">Hosted</Badge>
                </>
              }
              actions={
                server && (
                  <Link
                    to="/w/$slug/servers/$server"
                    params={{ slug, server: server.slug }}
                    className={buttonClass()}
                  >
                    <Wrench className="size-3.5" aria-hidden />
                    View tools
                  </Link>
                )
              }
            >
              <span className="font-mono text-xs">{data.slug}</span>
            </PageHeader>
            <InstancePanel
              slug={slug}
              instance={data}
              isConsoleOpen={isConsoleOpen === true}
              isFollowing={follow !== false}
              onViewChange={(view) =>
                void navigate({
                  search: (old) => ({
                    console: (view.isConsoleOpen ?? old.console) === true ? true : undefined,
                    follow: (view.isFollowing ?? old.follow) === false ? false : undefined,
                  }),
                  replace: true,
                })
              }
              onStarted={() =>
                void navigate({
                  to: "/w/$slug/servers/$server",
                  params: { slug, server: data.slug },
                  replace: true,
                })
              }
            />
          </Page>
        )}
      </Loaded>
    </RequirePermission>
  );
}
