import { useNavigate } from "@tanstack/react-router";
import type { Agent } from "../../../../workers/contract/api/agents.ts";
import { requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { DangerSection } from "../../ui/danger-section.tsx";
import { showToast } from "../../ui/toast.ts";

/** Section that removes an agent. */
export function RemoveAgent({ slug, agent }: { slug: string; agent: Agent }) {
  const navigate = useNavigate();
  const remove = useApiMutation({
    run: () => requestNoContent("DELETE", `/workspaces/${slug}/agents/${agent.id}`),
    invalidate: [workspaceKey(slug)],
    onDone: () => {
      showToast("Agent removed");
      const to = { to: "/w/$slug/members", params: { slug } } as const;
      void navigate({ ...to, search: { view: "agents" } });
    },
  });
  return (
    <DangerSection
      title="Remove agent"
      hint="Its access tokens stop working immediately, and its workloads get no new ones."
      confirmLabel="Remove agent"
      confirmTitle="Remove this agent?"
      confirmationText={agent.name}
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate(undefined)}
    >
      <p>
        Its rules and trust rules are deleted, which cannot be undone. Its calls stay in the audit
        log.
      </p>
    </DangerSection>
  );
}
