import { useState } from "react";
import type { z } from "zod";
import { InvitationInput, IssuedInvitation } from "../../../../workers/contract/api/people.ts";
import type { Member } from "../../../../workers/contract/api/resources.ts";
import type { Role } from "../../../../workers/contract/records/workspace.ts";
import { useMay } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { keyOf } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { CodeBlock, CopyTextButton } from "../../ui/copy.tsx";
import { Actions, Dialog } from "../../ui/dialog.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { Select } from "../../ui/select.tsx";
import { formatExact } from "../../ui/time.tsx";

interface Props {
  slug: string;
  isOpen: boolean;
  onClose: () => void;
  /** A member who is there already and cannot sign in yet; none: a new one. */
  member?: z.infer<typeof Member>;
}

/** Makes a single-use link with which somebody joins; shown this once. */
export function InviteDialog({ slug, isOpen, onClose, member }: Props) {
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title={member ? `Invite ${member.name}` : "Invite somebody"}
      description="You get a link to send. It works once."
    >
      {isOpen && <InviteForm slug={slug} onClose={onClose} {...(member ? { member } : {})} />}
    </Dialog>
  );
}

const ROLES = [
  { value: "member", label: "Member: uses tools" },
  { value: "admin", label: "Admin: runs the workspace" },
  { value: "owner", label: "Owner: everything" },
] as const;
const EXPIRIES = [
  { value: "24", label: "1 day" },
  { value: "72", label: "3 days" },
  { value: "168", label: "7 days" },
  { value: "720", label: "30 days" },
] as const;

function InviteForm({ slug, onClose, member }: Omit<Props, "isOpen">) {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("member");
  const [hours, setHours] = useState<string>("72");
  const mayMakeOwners = useMay(slug, "owner.manage");
  const body = member
    ? { memberId: member.id, expiresInHours: Number(hours) }
    : {
        name: name.trim(),
        role,
        expiresInHours: Number(hours),
        ...(email.trim() === "" ? {} : { email: email.trim() }),
      };
  const invite = useChange({
    run: () => request(IssuedInvitation, "POST", `/workspaces/${slug}/invitations`, body),
    refresh: [keyOf(slug, "members"), keyOf(slug, "invitations")],
  });
  if (invite.data) return <Issued issued={invite.data} onClose={onClose} />;
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
          <Field label="E-mail" hint="Optional. Nothing is sent; it tells people apart.">
            <TextInput
              value={email}
              type="email"
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
          </Field>
          <Field label="Role">
            <Select
              value={role}
              onChange={setRole}
              choices={ROLES.filter(({ value }) => mayMakeOwners || value !== "owner")}
            />
          </Field>
        </>
      )}
      <Field label="The link works for">
        <Select value={hours} onChange={setHours} choices={EXPIRIES} />
      </Field>
      <Actions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant="primary"
          isBusy={invite.isPending}
          disabled={!InvitationInput.safeParse(body).success}
        >
          Make link
        </Button>
      </Actions>
    </form>
  );
}

function Issued(props: { issued: z.infer<typeof IssuedInvitation>; onClose: () => void }) {
  const { url, invitation } = props.issued;
  return (
    <div className="flex flex-col gap-4">
      <p className="text-dim">
        Send this link to {invitation.memberName}. It is shown this once and works until{" "}
        {formatExact(invitation.expiresAt)}.
      </p>
      <CodeBlock what="invitation link" text={url} />
      <Actions>
        <Button onClick={props.onClose}>Done</Button>
        <CopyTextButton text={url} what="link" />
      </Actions>
    </div>
  );
}
