import { useNavigate } from "@tanstack/react-router";
import type { HostedInstance } from "../../../../workers/contract/hosting/instances.ts";
import { instancesKey } from "../../api/hosting.ts";
import { requestNothing } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { keyOf } from "../../api/workspace.ts";
import { announce } from "../../ui/announce.ts";
import { DangerSection } from "../../ui/danger-section.tsx";

/** Ends a hosted server for good, once its short name has been typed. */
export function Terminate({ slug, instance }: { slug: string; instance: HostedInstance }) {
  const navigate = useNavigate();
  const terminate = useChange({
    run: async () => {
      await requestNothing("DELETE", `/workspaces/${slug}/instances/${instance.id}`);
      // Left before the lists are loaded again: they do not have it any more.
      await navigate({ to: "/w/$slug/servers", params: { slug } });
    },
    refresh: [instancesKey(slug), keyOf(slug, "servers"), keyOf(slug, "health")],
    onDone: () => announce(`${instance.name} terminated`),
  });
  return (
    <DangerSection
      title="Terminate this server"
      hint="Its container, its data, its stored values and its tools go at once."
      verb="Terminate"
      question={`Terminate ${instance.name}?`}
      typed={instance.slug}
      isBusy={terminate.isPending}
      onConfirm={() => terminate.mutate(undefined)}
    >
      Nothing of it can be brought back. Rules that name it stay, and work again when a server of
      this short name is added.
    </DangerSection>
  );
}
