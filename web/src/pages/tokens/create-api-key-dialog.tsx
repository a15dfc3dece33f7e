import { useState } from "react";
import { IssuedApiKey } from "../../../../workers/contract/api/people.ts";
import { isRoleWithin, type Role } from "../../../../workers/contract/records/workspace.ts";
import { useMembership } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { CodeBlock, CopyTextButton } from "../../ui/copy.tsx";
import { FormActions, Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { ROLE_LABELS } from "../../ui/role-labels.ts";
import { Select } from "../../ui/select.tsx";
import { CreateForm, type LabelAndExpiry } from "./create-form.tsx";

interface Props {
  slug: string;
  isOpen: boolean;
  onClose: () => void;
}

/** Creates an API key for the management API and shows it once. */
export function CreateApiKeyDialog({ slug, isOpen, onClose }: Props) {
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title="Create API key">
      {isOpen && <KeyForm slug={slug} onClose={onClose} />}
    </Dialog>
  );
}

const ROLES = ["member", "admin", "auditor", "owner"] as const;

function KeyForm({ slug, onClose }: Omit<Props, "isOpen">) {
  const membership = useMembership(slug);
  const [role, setRole] = useState<Role>("admin");
  const create = useApiMutation({
    run: (labelAndExpiry: LabelAndExpiry) =>
      request(IssuedApiKey, "POST", `/workspaces/${slug}/api-keys`, { ...labelAndExpiry, role }),
    invalidate: [workspaceKey(slug, "api-keys")],
  });
  if (create.data)
    return (
      <div className="flex flex-col gap-4">
        <p className="text-dim">
          Copy the key now. It is shown only once; the gateway stores only its digest.
        </p>
        <CodeBlock contentName="API key" text={create.data.key} />
        <FormActions>
          <CopyTextButton text={create.data.key} contentName="API key" />
          <Button onClick={onClose}>Done</Button>
        </FormActions>
      </div>
    );
  return (
    <CreateForm
      labelHint="Where you will use it, for example “Terraform”."
      submitLabel="Create API key"
      isBusy={create.isPending}
      onCreate={(labelAndExpiry) => create.mutate(labelAndExpiry)}
      onClose={onClose}
    >
      <Field
        label="Role"
        hint="The key has this role’s permissions in this workspace, but never more than you have."
      >
        <Select
          value={role}
          onChange={setRole}
          choices={ROLES.filter(
            (value) => membership !== undefined && isRoleWithin(value, membership.role),
          ).map((value) => ({ value, label: ROLE_LABELS[value] }))}
        />
      </Field>
    </CreateForm>
  );
}
