import { useState } from "react";
import { ContainerHost } from "../../../../workers/contract/hosting/hosts.ts";
import { hostsQuery } from "../../api/hosts.ts";
import { request, requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { showToast } from "../../ui/toast.ts";

interface Props {
  host: ContainerHost;
}

/** Drains a host after a question, or lets it take new servers again. */
export function DrainButton({ host }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  const drain = useApiMutation({
    run: (isDraining: boolean) =>
      request(ContainerHost, "PATCH", `/hosts/${host.id}`, { isDraining }),
    invalidate: [hostsQuery.queryKey],
    onDone: ({ isDraining }) => {
      setIsOpen(false);
      showToast(isDraining ? `${host.id} is draining` : `${host.id} takes new servers`);
    },
  });
  if (host.isDraining)
    return (
      <Button size="sm" isBusy={drain.isPending} onClick={() => drain.mutate(false)}>
        Stop draining
      </Button>
    );
  return (
    <>
      <Button size="sm" onClick={() => setIsOpen(true)}>
        Drain
      </Button>
      <ConfirmDialog
        isOpen={isOpen}
        onClose={() => setIsOpen(false)}
        title={`Drain ${host.id}?`}
        confirmLabel="Drain"
        isBusy={drain.isPending}
        onConfirm={() => drain.mutate(true)}
      >
        <p>
          It takes no new servers. {pluralize(host.placedInstances, "hosted server")} on it{" "}
          {host.placedInstances === 1 ? "goes" : "go"} on until restarted, which moves{" "}
          {host.placedInstances === 1 ? "it" : "them"} to another host.
        </p>
      </ConfirmDialog>
    </>
  );
}

/** Removes a host without instances, after its id is typed. */
export function RemoveButton({ host }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  const remove = useApiMutation({
    run: () => requestNoContent("DELETE", `/hosts/${host.id}`),
    invalidate: [hostsQuery.queryKey],
    onDone: () => {
      setIsOpen(false);
      showToast(`${host.id} removed`);
    },
  });
  const isUsed = host.placedInstances > 0;
  return (
    <>
      <Button
        size="sm"
        disabled={isUsed}
        title={isUsed ? "Drain it and restart or terminate its servers first" : undefined}
        onClick={() => setIsOpen(true)}
      >
        Remove
      </Button>
      <ConfirmDialog
        isOpen={isOpen}
        onClose={() => setIsOpen(false)}
        title={`Remove ${host.id}?`}
        confirmLabel="Remove host"
        confirmationText={host.id}
        isBusy={remove.isPending}
        onConfirm={() => remove.mutate(undefined)}
      >
        <p>
          The gateway does not use it any more. No hosted server is on it. The service on the
          machine is not stopped.
        </p>
      </ConfirmDialog>
    </>
  );
}
