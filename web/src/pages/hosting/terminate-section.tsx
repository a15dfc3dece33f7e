import { useNavigate } from "@tanstack/react-router";
import type { HostedInstance } from "../../../../workers/contract/hosting/instances.ts";
import { instancesKey } from "../../api/hosting.ts";
import { requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { DangerSection } from "../../ui/danger-section.tsx";
import { showToast } from "../../ui/toast.ts";
import { RecentUse } from "../servers/recent-use.tsx";

/** Section that terminates a hosted server permanently, after its short name is typed. */
export function TerminateSection({ slug, instance }: { slug: string; instance: HostedInstance }) {
  const navigate = useNavigate();
  const terminate = useApiMutation({
    run: async () => {
      await requestNoContent("DELETE", `/workspaces/${slug}/instances/${instance.id}`);
      // Leave the page first: the reloaded lists no longer contain the server.
      await navigate({ to: "/w/$slug/servers", params: { slug } });
    },
    invalidate: [instancesKey(slug), workspaceKey(slug, "servers"), workspaceKey(slug, "health")],
    onDone: () => showToast(`${instance.name} terminated`),
  });
  return (
    <DangerSection
      title="Terminate server"
      hint="Deletes its container, data, stored values and tools immediately."
      confirmLabel="Terminate"
      confirmTitle={`Terminate ${instance.name}?`}
      confirmationText={instance.slug}
      isBusy={terminate.isPending}
      onConfirm={() => terminate.mutate(undefined)}
    >
      <RecentUse slug={slug} server={instance.slug} />
      <p>The rules that name it are deleted with it. This cannot be undone.</p>
    </DangerSection>
  );
}
