import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { instancesQuery } from "../../api/hosting.ts";
import { serversQuery } from "../../api/workspace.ts";
import { Badge, Section } from "../../ui/page.tsx";
import { describeState } from "../hosting/describe-hosting.ts";

/** Instances that have never run, so the workspace has no server for them. Renders nothing if there are none. */
export function UnstartedInstances({ slug }: { slug: string }) {
  const instances = useQuery(instancesQuery(slug));
  const servers = useQuery(serversQuery(slug));
  const startedIds = new Set(servers.data?.map(({ hosted }) => hosted?.instanceId));
  const unstarted = instances.data?.items.filter(({ id }) => !startedIds.has(id)) ?? [];
  if (!servers.data || unstarted.length === 0) return null;
  return (
    <Section title="Hosted servers not started yet">
      <ul className="divide-y divide-line">
        {unstarted.map((instance) => {
          const { label, tone } = describeState(instance);
          return (
            <li key={instance.id}>
              <Link
                to="/w/$slug/servers/hosted/$instance"
                params={{ slug, instance: instance.id }}
                className="flex items-center gap-3 px-4 py-3 -outline-offset-2 hover:bg-soft"
              >
                <span className="min-w-0 flex-1">
                  <span className="flex flex-wrap items-center gap-2">
                    <span className="font-medium">{instance.name}</span>
                    <Badge tone="accent">Hosted</Badge>
                    <Badge tone={tone}>{label}</Badge>
                  </span>
                  {instance.reason !== null && (
                    <span className="mt-0.5 block text-xs text-bad wrap-anywhere">
                      {instance.reason.message}
                    </span>
                  )}
                </span>
                <ChevronRight className="size-4 shrink-0 text-dim" aria-hidden />
              </Link>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
