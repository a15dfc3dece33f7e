import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { IssuedToken } from "../../../../workers/contract/api/resources.ts";
import { request } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { keyOf, membersQuery } from "../../api/workspace.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { Select } from "../../ui/select.tsx";
import { CreateForm, type Labelled } from "./create-form.tsx";
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
          <TokenForm
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

function TokenForm({ slug, isOwn, onClose, onCreated }: FormProps) {
  const [owner, setOwner] = useState(WORKSPACE);
  const members = useQuery({ ...membersQuery(slug), enabled: !isOwn });
  const people = (members.data ?? []).map(({ id, name }) => ({ value: id, label: name }));
  const create = useChange({
    run: (labelled: Labelled) =>
      isOwn
        ? request(IssuedToken, "POST", `/workspaces/${slug}/me/tokens`, labelled)
        : request(IssuedToken, "POST", `/workspaces/${slug}/tokens`, {
            ...labelled,
            memberId: owner === WORKSPACE ? null : owner,
          }),
    refresh: [keyOf(slug, "tokens"), keyOf(slug, "me")],
    onDone: ({ token }) => onCreated(token),
  });
  return (
    <CreateForm
      labelHint="Where you will use it, such as “Cursor on my laptop”."
      verb="Create token"
      isBusy={create.isPending}
      onCreate={(labelled) => create.mutate(labelled)}
      onClose={onClose}
    >
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
    </CreateForm>
  );
}
