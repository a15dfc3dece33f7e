import { useState } from "react";
import { Workspace } from "../../../../workers/contract/api/resources.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { Badge, Section } from "../../ui/page.tsx";
import { Switch } from "../../ui/switch.tsx";
import { showToast } from "../../ui/toast.ts";
import { PreviewDialog } from "./preview-dialog.tsx";

/** Switch for rule enforcement, with a preview of the effect before a change. */
export function EnforcementSection({ slug, workspace }: { slug: string; workspace: Workspace }) {
  const [proposed, setProposed] = useState<boolean>();
  const save = useApiMutation({
    run: (enforcement: boolean) =>
      request(Workspace, "PATCH", `/workspaces/${slug}`, { enforcement }),
    invalidate: [workspaceKey(slug, "settings")],
    onDone: ({ enforcement }) => {
      setProposed(undefined);
      showToast(enforcement ? "Rules are enforced" : "Rules are not enforced", () =>
        save.mutate(!enforcement),
      );
    },
  });
  const { enforcement, defaultAccess } = workspace;
  return (
    <Section>
      <div className="flex items-start justify-between gap-4 p-4">
        <div>
          <h2 className="flex items-center gap-2">
            Enforce rules{" "}
            {enforcement ? <Badge tone="ok">On</Badge> : <Badge tone="warn">Off</Badge>}
          </h2>
          <p className="mt-0.5 text-dim">
            {enforcement
              ? `Members can call only the tools that their rules allow. Members without rules can call ${defaultAccess === "open" ? "every tool" : "no tool"}.`
              : "Every member can call every tool. Rules are kept but not applied."}
          </p>
        </div>
        <Switch label="Enforce rules" isOn={enforcement} onChange={setProposed} />
      </div>
      <PreviewDialog
        slug={slug}
        title={proposed === true ? "Enforce rules?" : "Stop enforcing rules?"}
        confirmLabel={proposed === true ? "Enforce rules" : "Stop enforcing rules"}
        proposal={proposed === undefined ? undefined : { enforcement: proposed }}
        isBusy={save.isPending}
        onClose={() => setProposed(undefined)}
        onConfirm={() => proposed !== undefined && save.mutate(proposed)}
      />
    </Section>
  );
}
