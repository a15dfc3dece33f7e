import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { instanceQuery } from "../../api/hosting.ts";
import { Loaded } from "../../ui/states.tsx";
import { InstancePanel } from "../hosting/instance-panel.tsx";

const route = getRouteApi("/signed-in/w/$slug/servers/$server");

/** How a hosted server runs, on its server's page. */
export function HostingTab({ slug, instanceId }: { slug: string; instanceId: string }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const instance = useQuery(instanceQuery(slug, instanceId));
  return (
    <Loaded query={instance} lines={8}>
      {(shown) => (
        <InstancePanel
          slug={slug}
          instance={shown}
          isConsoleOpen={search.console === true}
          isFollowed={search.follow !== false}
          onView={(view) =>
            void navigate({
              search: (old) => ({
                ...old,
                console: (view.isConsoleOpen ?? old.console) === true ? true : undefined,
                follow: (view.isFollowed ?? old.follow) === false ? false : undefined,
              }),
              replace: true,
            })
          }
        />
      )}
    </Loaded>
  );
}
