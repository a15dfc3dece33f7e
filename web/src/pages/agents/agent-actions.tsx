import { Suspense, useState } from "react";
import type { Agent } from "../../../../workers/contract/api/agents.ts";
import { requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { lazyComponent } from "../../load-code.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { showToast } from "../../ui/toast.ts";

const ChangeAgentDialog = lazyComponent(
  () => import("./change-agent-dialog.tsx"),
  "ChangeAgentDialog",
);

/** Buttons that change an agent, and suspend it or lift its suspension. */
export function AgentActions({ slug, agent }: { slug: string; agent: Agent }) {
  const [open, setOpen] = useState<"change" | "suspend">();
  const close = () => setOpen(undefined);
  const path = `/workspaces/${slug}/members/${agent.id}/suspension`;
  const isSuspended = agent.suspendedAt !== null;
  const suspend = useApiMutation({
    run: () => (isSuspended ? requestNoContent("DELETE", path) : requestNoContent("PUT", path, {})),
    invalidate: [workspaceKey(slug)],
    onDone: () => {
      showToast(isSuspended ? "Suspension lifted" : "Agent suspended");
      close();
    },
  });
  return (
    <>
      <Button onClick={() => setOpen("change")}>Change…</Button>
      {isSuspended ? (
        <Button isBusy={suspend.isPending} onClick={() => suspend.mutate(undefined)}>
          Lift suspension
        </Button>
      ) : (
        <Button onClick={() => setOpen("suspend")}>Suspend…</Button>
      )}
      <ConfirmDialog
        isOpen={open === "suspend"}
        onClose={close}
        title="Suspend this agent?"
        confirmLabel="Suspend"
        isBusy={suspend.isPending}
        onConfirm={() => suspend.mutate(undefined)}
      >
        <p>
          Calls in flight end, its access tokens are refused on the next call, and its workloads get
          no new ones. Rules and trust rules stay: you can lift the suspension.
        </p>
      </ConfirmDialog>
      <Suspense>
        {open === "change" && <ChangeAgentDialog slug={slug} agent={agent} onClose={close} />}
      </Suspense>
    </>
  );
}
