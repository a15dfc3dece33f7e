import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { HostedInstance } from "../../../../workers/contract/hosting-instances.ts";
import { instancesKey } from "../../api/hosting.ts";
import { requestNothing } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { keyOf } from "../../api/workspace.ts";
import { announce } from "../../ui/announce.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Section } from "../../ui/page.tsx";

/** Ends a hosted server for good, once its short name has been typed. */
export function Terminate({ slug, instance }: { slug: string; instance: HostedInstance }) {
  const navigate = useNavigate();
  const [isOpen, setIsOpen] = useState(false);
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
    <Section title="Terminate this server">
      <div className="flex flex-wrap items-center justify-between gap-3 p-4">
        <p className="min-w-0 flex-1 basis-64 text-dim">
          Its container, its data, its stored values and its tools go at once.
        </p>
        <Button variant="danger" onClick={() => setIsOpen(true)}>
          Terminate
        </Button>
      </div>
      <ConfirmDialog
        isOpen={isOpen}
        onClose={() => setIsOpen(false)}
        title={`Terminate ${instance.name}?`}
        verb="Terminate"
        typed={instance.slug}
        isBusy={terminate.isPending}
        onConfirm={() => terminate.mutate(undefined)}
      >
        <p>
          Nothing of it can be brought back. Rules that name it stay, and work again when a server
          of this short name is added.
        </p>
      </ConfirmDialog>
    </Section>
  );
}
