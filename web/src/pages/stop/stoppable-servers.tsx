import { useQuery } from "@tanstack/react-query";
import { CheckedServer, type Server } from "../../../../workers/contract/api/resources.ts";
import { useCan } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { serversQuery, workspaceKey } from "../../api/workspace.ts";
import { DisplayName } from "../../ui/display-name.tsx";
import { Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Switch } from "../../ui/switch.tsx";
import { showToast } from "../../ui/toast.ts";

/** The servers, each with the switch that disables it. */
export function StoppableServers({ slug }: { slug: string }) {
  const servers = useQuery(serversQuery(slug));
  const canManage = useCan(slug, "server.manage");
  const change = useApiMutation({
    run: ({ slug: server, enabled }: Server) =>
      request(CheckedServer, "PATCH", `/workspaces/${slug}/servers/${server}`, {
        enabled: !enabled,
      }),
    invalidate: [workspaceKey(slug, "servers"), workspaceKey(slug, "health")],
    onDone: (_, { name, enabled }) => showToast(`${name} ${enabled ? "disabled" : "enabled"}`),
  });
  return (
    <Section title="Servers" hint="Clients do not see the tools of a server that is off.">
      <Loaded query={servers} lines={2}>
        {(items) =>
          items.length === 0 ? (
            <p className="px-4 py-3 text-dim">There are no servers.</p>
          ) : (
            <ul className="divide-y divide-line">
              {items.map((server) => (
                <li key={server.id} className="flex items-center gap-3 px-4 py-2.5">
                  <p className="min-w-0 flex-1 truncate">
                    <DisplayName name={server.name} />{" "}
                    {!server.enabled && <span className="text-bad">off</span>}
                  </p>
                  <Switch
                    label={`${server.name} enabled`}
                    isOn={server.enabled}
                    isDisabled={!canManage || change.isPending}
                    onChange={() => change.mutate(server)}
                  />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}
