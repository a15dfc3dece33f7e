import { useState } from "react";
import { Workspace } from "../../../../workers/contract/api/resources.ts";
import { request } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { keyOf } from "../../api/workspace.ts";
import { announce } from "../../ui/announce.ts";
import { Badge, Section } from "../../ui/page.tsx";
import { Switch } from "../../ui/switch.tsx";
import { PreviewDialog } from "./preview-dialog.tsx";

/** Whether rules are in force. Before that changes, it shows who would lose what. */
export function EnforcementSection({ slug, workspace }: { slug: string; workspace: Workspace }) {
  const [proposed, setProposed] = useState<boolean>();
  const save = useChange({
    run: (enforcement: boolean) =>
      request(Workspace, "PATCH", `/workspaces/${slug}`, { enforcement }),
    refresh: [keyOf(slug, "settings")],
    onDone: ({ enforcement }) => {
      setProposed(undefined);
      announce(enforcement ? "Rules are in force" : "Rules are not enforced", () =>
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
            {enforcement ? <Badge tone="ok">on</Badge> : <Badge tone="warn">off</Badge>}
          </h2>
          <p className="mt-0.5 text-dim">
            {enforcement
              ? `People call what their rules name; people without rules call ${defaultAccess === "open" ? "everything" : "nothing"}.`
              : "Everybody calls everything; rules are kept but not applied."}
          </p>
        </div>
        <Switch label="Enforce rules" isOn={enforcement} onChange={setProposed} />
      </div>
      <PreviewDialog
        slug={slug}
        title={proposed === true ? "Enforce rules?" : "Stop enforcing rules?"}
        verb={proposed === true ? "Enforce" : "Stop enforcing"}
        proposal={proposed === undefined ? undefined : { enforcement: proposed }}
        isBusy={save.isPending}
        onClose={() => setProposed(undefined)}
        onConfirm={() => proposed !== undefined && save.mutate(proposed)}
      />
    </Section>
  );
}
