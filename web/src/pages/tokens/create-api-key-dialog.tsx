import { useState } from "react";
import { IssuedApiKey } from "../../../../workers/contract/api/people.ts";
import type { Role } from "../../../../workers/contract/records/workspace.ts";
import { useMembership } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { keyOf } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { CodeBlock, CopyTextButton } from "../../ui/copy.tsx";
import { Actions, Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { Select } from "../../ui/select.tsx";
import { CreateForm, type Labelled } from "./create-form.tsx";

interface Props {
  slug: string;
  isOpen: boolean;
  onClose: () => void;
}

/** Makes a key for the management API and shows it this once. */
export function CreateApiKeyDialog({ slug, isOpen, onClose }: Props) {
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title="Create an API key">
      {isOpen && <KeyForm slug={slug} onClose={onClose} />}
    </Dialog>
  );
}

const ROLES = [
  { value: "member", label: "Member" },
  { value: "admin", label: "Admin" },
  { value: "owner", label: "Owner" },
] as const;

function KeyForm({ slug, onClose }: Omit<Props, "isOpen">) {
  const own = useMembership(slug);
  const [role, setRole] = useState<Role>("admin");
  const create = useChange({
    run: (labelled: Labelled) =>
      request(IssuedApiKey, "POST", `/workspaces/${slug}/api-keys`, { ...labelled, role }),
    refresh: [keyOf(slug, "api-keys")],
  });
  if (create.data)
    return (
      <div className="flex flex-col gap-4">
        <p className="text-dim">
          Copy it now: it is shown this once, and only its digest is stored.
        </p>
        <CodeBlock what="API key" text={create.data.key} />
        <Actions>
          <CopyTextButton text={create.data.key} what="key" />
          <Button onClick={onClose}>Done</Button>
        </Actions>
      </div>
    );
  return (
    <CreateForm
      labelHint="What will use it, such as “Terraform”."
      verb="Create key"
      isBusy={create.isPending}
      onCreate={(labelled) => create.mutate(labelled)}
      onClose={onClose}
    >
      <Field
        label="Role"
        hint="It may do what this role may, in this workspace only, and never more than you."
      >
        <Select
          value={role}
          onChange={setRole}
          choices={ROLES.filter(({ value }) => value !== "owner" || own?.role === "owner")}
        />
      </Field>
    </CreateForm>
  );
}
