import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { instanceQuery } from "../../api/hosting.ts";
import { Loaded } from "../../ui/states.tsx";
import { InstancePanel } from "../hosting/instance-panel.tsx";

const route = getRouteApi("/signed-in/w/$slug/servers/$server");

/** Tab of a server's page with its instance. */
export function HostingTab({ slug, instanceId }: { slug: string; instanceId: string }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const instance = useQuery(instanceQuery(slug, instanceId));
  return (
    <Loaded query={instance} lines={8}>
      {(data) => (
        <InstancePanel
          slug={slug}
          instance={data}
          isConsoleOpen={search.console === true}
          isFollowing={search.follow !== false}
          onViewChange={(view) =>
            void navigate({
              search: (old) => ({
                ...old,
                console: (view.isConsoleOpen ?? old.console) === true ? true : undefined,
                follow: (view.isFollowing ?? old.follow) === false ? false : undefined,
              }),
              replace: true,
            })
          }
        />
      )}
    </Loaded>
  );
}
