import { useState } from "react";
import { IssuedApiKey } from "../../../../workers/contract/people.ts";
import type { Role } from "../../../../workers/contract/workspace.ts";
import { useMembership } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { keyOf } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { CodeBlock, CopyTextButton } from "../../ui/copy.tsx";
import { Actions, Dialog } from "../../ui/dialog.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { Select } from "../../ui/select.tsx";
import { EXPIRIES, toExpiresAt, type Expiry } from "./expiry.ts";

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
  const [label, setLabel] = useState("");
  const [role, setRole] = useState<Role>("admin");
  const [expiry, setExpiry] = useState<Expiry>("90");
  const create = useChange({
    run: () =>
      request(IssuedApiKey, "POST", `/workspaces/${slug}/api-keys`, {
        label: label.trim(),
        role,
        expiresAt: toExpiresAt(expiry),
      }),
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
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate(undefined);
      }}
    >
      <Field label="Label" hint="What will use it, such as “Terraform”.">
        <TextInput
          value={label}
          autoFocus
          maxLength={120}
          onChange={(event) => setLabel(event.currentTarget.value)}
        />
      </Field>
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
      <Field label="Expires after">
        <Select value={expiry} onChange={setExpiry} choices={EXPIRIES} />
      </Field>
      <Actions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant="primary"
          isBusy={create.isPending}
          disabled={label.trim() === ""}
        >
          Create key
        </Button>
      </Actions>
    </form>
  );
}
