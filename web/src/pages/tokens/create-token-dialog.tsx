import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { IssuedToken } from "../../../../workers/contract/api.ts";
import { request } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { keyOf, membersQuery } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Actions, Dialog } from "../../ui/dialog.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { Select } from "../../ui/select.tsx";
import { EXPIRIES, toExpiresAt, type Expiry } from "./expiry.ts";
import { SecretDialog } from "./secret-dialog.tsx";

interface Props {
  slug: string;
  /** One's own token; otherwise anybody's, or the workspace's. */
  isOwn: boolean;
  isOpen: boolean;
  onClose: () => void;
}

/** Makes a token and shows it this once. */
export function CreateTokenDialog({ slug, isOwn, isOpen, onClose }: Props) {
  const [token, setToken] = useState<string>();
  return (
    <>
      <Dialog isOpen={isOpen} onClose={onClose} title="Create a token">
        {isOpen && (
          <CreateForm
            slug={slug}
            isOwn={isOwn}
            onClose={onClose}
            onCreated={(created) => {
              onClose();
              setToken(created);
            }}
          />
        )}
      </Dialog>
      <SecretDialog slug={slug} token={token} onClose={() => setToken(undefined)} />
    </>
  );
}

const WORKSPACE = "workspace";

interface FormProps extends Pick<Props, "slug" | "isOwn" | "onClose"> {
  onCreated: (token: string) => void;
}

function CreateForm({ slug, isOwn, onClose, onCreated }: FormProps) {
  const [label, setLabel] = useState("");
  const [expiry, setExpiry] = useState<Expiry>("90");
  const [owner, setOwner] = useState(WORKSPACE);
  const members = useQuery({ ...membersQuery(slug), enabled: !isOwn });
  const people = (members.data ?? []).map(({ id, name }) => ({ value: id, label: name }));
  const create = useChange({
    run: () => {
      const body = { label: label.trim(), expiresAt: toExpiresAt(expiry) };
      return isOwn
        ? request(IssuedToken, "POST", `/workspaces/${slug}/me/tokens`, body)
        : request(IssuedToken, "POST", `/workspaces/${slug}/tokens`, {
            ...body,
            memberId: owner === WORKSPACE ? null : owner,
          });
    },
    refresh: [keyOf(slug, "tokens"), keyOf(slug, "me")],
    onDone: ({ token }) => onCreated(token),
  });
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate(undefined);
      }}
    >
      <Field label="Label" hint="Where you will use it, such as “Cursor on my laptop”.">
        <TextInput
          value={label}
          autoFocus
          maxLength={120}
          onChange={(event) => setLabel(event.currentTarget.value)}
        />
      </Field>
      {!isOwn && (
        <Field
          label="For"
          hint={
            owner === WORKSPACE
              ? "A workspace token may call every tool."
              : "It has this person’s access."
          }
        >
          <Select
            value={owner}
            onChange={setOwner}
            choices={[{ value: WORKSPACE, label: "The workspace" }, ...people]}
          />
        </Field>
      )}
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
          Create token
        </Button>
      </Actions>
    </form>
  );
}
