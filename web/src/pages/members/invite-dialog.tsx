import { useState } from "react";
import type { z } from "zod";
import { InvitationInput, IssuedInvitation } from "../../../../workers/contract/api/people.ts";
import type { Role } from "../../../../workers/contract/records/workspace.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey, type WorkspaceMember } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { CodeBlock, CopyTextButton } from "../../ui/copy.tsx";
import { FormActions, Dialog } from "../../ui/dialog.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { Select } from "../../ui/select.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { formatExact } from "../../ui/time.tsx";
import { EXPIRIES, useRoleChoices } from "./invitation-choices.ts";
import { InviteManyForm } from "./invite-many.tsx";

interface Props {
  slug: string;
  isOpen: boolean;
  onClose: () => void;
  /** An existing member who has no user yet; absent: a new member. */
  member?: WorkspaceMember;
}

/** Creates a single-use invitation link and shows it once. */
export function InviteDialog({ slug, isOpen, onClose, member }: Props) {
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title={member ? `Invite ${member.name}` : "Invite people"}
      description="Creates links for you to send. Each works once."
      isWide={member === undefined}
    >
      {isOpen && <InviteBody slug={slug} onClose={onClose} {...(member ? { member } : {})} />}
    </Dialog>
  );
}

const COUNTS = [
  { value: "one", label: "One person" },
  { value: "many", label: "Several people" },
] as const;

function InviteBody(props: Omit<Props, "isOpen">) {
  const [count, setCount] = useState<"one" | "many">("one");
  if (props.member) return <InviteForm {...props} />;
  return (
    <Tabs label="How many people" value={count} onChange={setCount} tabs={COUNTS}>
      {count === "one" ? <InviteForm {...props} /> : <InviteManyForm {...props} />}
    </Tabs>
  );
}

function InviteForm({ slug, onClose, member }: Omit<Props, "isOpen">) {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("member");
  const [hours, setHours] = useState<string>("72");
  const roles = useRoleChoices(slug);
  const body = member
    ? { memberId: member.id, expiresInHours: Number(hours) }
    : {
        name: name.trim(),
        role,
        expiresInHours: Number(hours),
        ...(email.trim() === "" ? {} : { email: email.trim() }),
      };
  const invite = useApiMutation({
    run: () => request(IssuedInvitation, "POST", `/workspaces/${slug}/invitations`, body),
    invalidate: [workspaceKey(slug, "members"), workspaceKey(slug, "invitations")],
  });
  if (invite.data) return <IssuedLink issued={invite.data} onClose={onClose} />;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        invite.mutate(undefined);
      }}
      className="flex flex-col gap-4"
    >
      {!member && (
        <>
          <Field label="Name">
            <TextInput
              value={name}
              autoFocus
              maxLength={120}
              onChange={(event) => setName(event.currentTarget.value)}
            />
          </Field>
          <Field label="Email" hint="Optional. Used only to identify the member; no email is sent.">
            <TextInput
              value={email}
              type="email"
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
          </Field>
          <Field label="Role">
            <Select value={role} onChange={setRole} choices={roles} />
          </Field>
        </>
      )}
      <Field label="Link expires after">
        <Select value={hours} onChange={setHours} choices={EXPIRIES} />
      </Field>
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant="primary"
          isBusy={invite.isPending}
          disabled={!InvitationInput.safeParse(body).success}
        >
          Create link
        </Button>
      </FormActions>
    </form>
  );
}

function IssuedLink(props: { issued: z.infer<typeof IssuedInvitation>; onClose: () => void }) {
  const { url, invitation } = props.issued;
  return (
    <div className="flex flex-col gap-4">
      <p className="text-dim">
        Send this link to {invitation.memberName}. It is shown only once and expires on{" "}
        {formatExact(invitation.expiresAt)}.
      </p>
      <CodeBlock contentName="invitation link" text={url} />
      <FormActions>
        <Button onClick={props.onClose}>Done</Button>
        <CopyTextButton text={url} contentName="link" />
      </FormActions>
    </div>
  );
}
