import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Workspace } from "../../../../workers/contract/api/resources.ts";
import { useCan } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey, workspaceQuery } from "../../api/workspace.ts";
import { RequirePermission } from "../../shell/require-permission.tsx";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { Page, PageHeader, Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { showToast } from "../../ui/toast.ts";
import { BlockedClients } from "./blocked-clients.tsx";
import { StoppableServers } from "./stoppable-servers.tsx";
import { SuspendedPeople, SuspendedTokens } from "./suspended.tsx";

/** What is stopped in the workspace, with the switches that stop calls at once. */
export function StopPage() {
  return (
    <RequirePermission action="token.read">
      <Stops />
    </RequirePermission>
  );
}

function Stops() {
  const slug = useWorkspaceSlug();
  const workspace = useQuery(workspaceQuery(slug));
  return (
    <Page isNarrow>
      <PageHeader title="Stop">
        What is stopped here is refused from the next request on, and its calls in flight end. The
        error that clients get says that an owner or admin can lift it.
      </PageHeader>
      <Loaded query={workspace} lines={1}>
        {(settings) => <WorkspaceStop slug={slug} stopped={settings.stopped} />}
      </Loaded>
      <StoppableServers slug={slug} />
      <SuspendedPeople slug={slug} />
      <SuspendedTokens slug={slug} />
      <BlockedClients slug={slug} />
    </Page>
  );
}

function WorkspaceStop({ slug, stopped }: { slug: string; stopped: Workspace["stopped"] }) {
  const canStop = useCan(slug, "calls.stop");
  const [isAsking, setIsAsking] = useState(false);
  const change = useApiMutation({
    run: (isStopped: boolean) =>
      request(Workspace, isStopped ? "PUT" : "DELETE", `/workspaces/${slug}/stop`, {}),
    invalidate: [workspaceKey(slug, "settings")],
    onDone: (_, isStopped) => {
      setIsAsking(false);
      showToast(isStopped ? "All calls are stopped" : "Clients can call again");
    },
  });
  return (
    <Section title="Workspace">
      <div className="flex flex-wrap items-center justify-between gap-3 px-4 py-3">
        <p className="min-w-0 flex-1 basis-56">
          {stopped === null ? (
            "Clients can call."
          ) : (
            <span className="text-bad">
              <DisplayName name={stopped.by} /> stopped all calls <Time at={stopped.at} />.
            </span>
          )}
        </p>
        {canStop &&
          (stopped === null ? (
            <Button variant="danger" onClick={() => setIsAsking(true)}>
              Stop all calls
            </Button>
          ) : (
            <Button isBusy={change.isPending} onClick={() => change.mutate(false)}>
              Lift the stop
            </Button>
          ))}
      </div>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setIsAsking(false)}
        title="Stop all calls?"
        confirmLabel="Stop all calls"
        isBusy={change.isPending}
        onConfirm={() => change.mutate(true)}
      >
        <p>
          Every client of this workspace is refused, and calls in flight end, until an owner or
          admin lifts the stop with a passkey check. Everybody in the workspace sees that you
          stopped it.
        </p>
      </ConfirmDialog>
    </Section>
  );
}
