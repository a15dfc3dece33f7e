import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { RetentionPreview } from "../../../../workers/contract/api/usage.ts";
import { useCan } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Notice } from "../../ui/notice.tsx";
import { Loaded } from "../../ui/states.tsx";
import { ExactTime } from "../../ui/time.tsx";
import { SettingsForm, useSettings, type SettingsProps } from "./settings-form.tsx";

/** How long the audit log is kept. A shorter time says first how many rows it deletes. */
export function RetentionSection(props: SettingsProps) {
  const { slug, workspace } = props;
  const [days, setDays] = useState(String(workspace.retentionDays));
  const [isAsked, setIsAsked] = useState(false);
  const save = useSettings(props);
  if (!useCan(slug, "workspace.rename")) return null;
  const retentionDays = Number(days);
  const isShorter = retentionDays < workspace.retentionDays;
  return (
    <>
      <SettingsForm
        title="Retention"
        patch={{ retentionDays }}
        isChanged={retentionDays !== workspace.retentionDays}
        save={save}
        {...(isShorter ? { onSave: () => setIsAsked(true) } : {})}
      >
        <Field
          label="Days to keep calls and changes"
          hint="1 to 90 days. Older rows are deleted every hour, and the usage figures with them."
        >
          <TextInput
            type="number"
            min={1}
            max={90}
            value={days}
            onChange={(event) => setDays(event.currentTarget.value)}
          />
        </Field>
      </SettingsForm>
      {/* Not in the form: React would hand its submission on to it. */}
      <RetentionDialog
        slug={slug}
        days={retentionDays}
        isOpen={isAsked}
        isBusy={save.isPending}
        onClose={() => setIsAsked(false)}
        onConfirm={() => save.mutate({ retentionDays }, { onSuccess: () => setIsAsked(false) })}
      />
    </>
  );
}

interface DialogProps {
  slug: string;
  days: number;
  isOpen: boolean;
  isBusy: boolean;
  onClose: () => void;
  onConfirm: () => void;
}

function RetentionDialog({ slug, days, isOpen, isBusy, onClose, onConfirm }: DialogProps) {
  const preview = useQuery({
    queryKey: workspaceKey(slug, "retention-preview", days),
    queryFn: () =>
      request(RetentionPreview, "GET", `/workspaces/${slug}/retention-preview?days=${days}`),
    enabled: isOpen,
  });
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={onClose}
      title={`Keep the audit log for ${pluralize(days, "day")}?`}
      confirmLabel="Shorten retention"
      // The number of rows comes first.
      isBusy={isBusy || preview.isPending}
      onConfirm={onConfirm}
    >
      <Loaded query={preview} lines={2}>
        {({ calls, changes, oldestAt }) => (
          <>
            <Notice tone="warn">
              {calls + changes === 0
                ? "No row is that old: nothing is deleted today."
                : `${pluralize(calls, "row")} of calls and ${pluralize(changes, "change")} are deleted within an hour. They cannot be restored: export them first if you need them.`}
            </Notice>
            {oldestAt !== null && (
              <p>
                The oldest call in the log is from <ExactTime at={oldestAt} />.
              </p>
            )}
          </>
        )}
      </Loaded>
    </ConfirmDialog>
  );
}
