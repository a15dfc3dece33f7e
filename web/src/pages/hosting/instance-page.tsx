import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Wrench } from "lucide-react";
import { instanceQuery } from "../../api/hosting.ts";
import { serversQuery } from "../../api/workspace.ts";
import { Allowed } from "../../shell/allowed.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { Badge, Page, PageHeader } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { BackToServers } from "../servers/back-to-servers.tsx";
import { InstancePanel } from "./instance-panel.tsx";

const route = getRouteApi("/signed-in/w/$slug/servers/hosted/$instance");

/** A hosted server from its deployment on, whether the gateway has it as a server already or not. */
export function InstancePage() {
  const { slug, instance: id } = route.useParams();
  const { console: isConsoleOpen, follow } = route.useSearch();
  const navigate = route.useNavigate();
  const instance = useQuery(instanceQuery(slug, id));
  const servers = useQuery(serversQuery(slug));
  const server = servers.data?.find(({ hosted }) => hosted?.instanceId === id);
  return (
    <Allowed action="hosting.manage">
      <BackToServers slug={slug} />
      <Loaded query={instance} lines={8}>
        {(shown) => (
          <Page>
            <PageHeader
              title={
                <>
                  {shown.name}
                  <Badge tone="accent">hosted</Badge>
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
                    Its tools
                  </Link>
                )
              }
            >
              <span className="font-mono text-xs">{shown.slug}</span>
            </PageHeader>
            <InstancePanel
              slug={slug}
              instance={shown}
              isConsoleOpen={isConsoleOpen === true}
              isFollowed={follow !== false}
              onView={(view) =>
                void navigate({
                  search: (old) => ({
                    console: (view.isConsoleOpen ?? old.console) === true ? true : undefined,
                    follow: (view.isFollowed ?? old.follow) === false ? false : undefined,
                  }),
                  replace: true,
                })
              }
              onStarted={() =>
                void navigate({
                  to: "/w/$slug/servers/$server",
                  params: { slug, server: shown.slug },
                  replace: true,
                })
              }
            />
          </Page>
        )}
      </Loaded>
    </Allowed>
  );
}
