import type { ReactNode } from "react";
import { Workspace } from "../../../../workers/contract/api/resources.ts";
import { WorkspacePatch } from "../../../../workers/contract/rpc/commands.ts";
import { meQuery } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Section } from "../../ui/page.tsx";
import { showToast } from "../../ui/toast.ts";

/** A workspace, for a section of its settings. */
export interface SettingsProps {
  slug: string;
  workspace: Workspace;
}

/** Mutation that saves part of the settings and shows a toast with Undo. */
export function useSettings({ slug, workspace }: SettingsProps) {
  const save = useApiMutation({
    run: (patch: WorkspacePatch) => request(Workspace, "PATCH", `/workspaces/${slug}`, patch),
    invalidate: [workspaceKey(slug, "settings"), meQuery.queryKey],
    onDone: (_, patch) => {
      const { name, limits, retentionDays, defaultAccess, publicRegistry, oauth } = workspace;
      const previous = { name, limits, retentionDays, defaultAccess, publicRegistry, oauth };
      const undoPatch = Object.fromEntries(
        Object.entries(previous).filter(([field]) => field in patch),
      );
      showToast("Settings saved", () => save.mutate(undoPatch));
    },
  });
  return save;
}

interface FormProps {
  title: string;
  hint?: string;
  patch: WorkspacePatch;
  isChanged: boolean;
  save: ReturnType<typeof useSettings>;
  /** Replaces the saving, to ask first. */
  onSave?: () => void;
  children: ReactNode;
}

/** A section with fields that are saved together. */
export function SettingsForm({ title, hint, patch, isChanged, save, onSave, children }: FormProps) {
  const isValid = WorkspacePatch.safeParse(patch).success;
  return (
    <Section title={title} {...(hint === undefined ? {} : { hint })}>
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (onSave) onSave();
          else save.mutate(patch);
        }}
      >
        {children}
        <div className="flex justify-end">
          <Button type="submit" isBusy={save.isPending} disabled={!isChanged || !isValid}>
            Save
          </Button>
        </div>
      </form>
    </Section>
  );
}
