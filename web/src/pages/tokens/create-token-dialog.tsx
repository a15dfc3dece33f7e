import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { IssuedToken } from "../../../../workers/contract/api/resources.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey, membersQuery } from "../../api/workspace.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { Select } from "../../ui/select.tsx";
import { CreateForm, type LabelAndExpiry } from "./create-form.tsx";
import { IssuedTokenDialog } from "./issued-token-dialog.tsx";

interface Props {
  slug: string;
  /** A token of the signed-in member; false: of any member, or of the workspace. */
  isMine: boolean;
  isOpen: boolean;
  onClose: () => void;
}

/** Creates a token and shows it once. */
export function CreateTokenDialog({ slug, isMine, isOpen, onClose }: Props) {
  const [token, setToken] = useState<string>();
  return (
    <>
      <Dialog isOpen={isOpen} onClose={onClose} title="Create token">
        {isOpen && (
          <TokenForm
            slug={slug}
            isMine={isMine}
            onClose={onClose}
            onCreated={(created) => {
              onClose();
              setToken(created);
            }}
          />
        )}
      </Dialog>
      <IssuedTokenDialog slug={slug} token={token} onClose={() => setToken(undefined)} />
    </>
  );
}

/** Value of the owner field for a workspace token. */
const WORKSPACE = "workspace";

interface FormProps extends Pick<Props, "slug" | "isMine" | "onClose"> {
  onCreated: (token: string) => void;
}

function TokenForm({ slug, isMine, onClose, onCreated }: FormProps) {
  const [owner, setOwner] = useState(WORKSPACE);
  const members = useQuery({ ...membersQuery(slug), enabled: !isMine });
  const memberChoices = (members.data ?? []).map(({ id, name }) => ({ value: id, label: name }));
  const create = useApiMutation({
    run: (labelAndExpiry: LabelAndExpiry) =>
      isMine
        ? request(IssuedToken, "POST", `/workspaces/${slug}/me/tokens`, labelAndExpiry)
        : request(IssuedToken, "POST", `/workspaces/${slug}/tokens`, {
            ...labelAndExpiry,
            memberId: owner === WORKSPACE ? null : owner,
          }),
    invalidate: [workspaceKey(slug, "tokens"), workspaceKey(slug, "me")],
    onDone: ({ token }) => onCreated(token),
  });
  return (
    <CreateForm
      labelHint="Where you will use it, for example “Cursor on my laptop”."
      submitLabel="Create token"
      isBusy={create.isPending}
      onCreate={(labelAndExpiry) => create.mutate(labelAndExpiry)}
      onClose={onClose}
    >
      {!isMine && (
        <Field
          label="Owner"
          hint={
            owner === WORKSPACE
              ? "A workspace token can call every tool."
              : "The token has this member’s access."
          }
        >
          <Select
            value={owner}
            onChange={setOwner}
            choices={[{ value: WORKSPACE, label: "Workspace" }, ...memberChoices]}
          />
        </Field>
      )}
    </CreateForm>
  );
}
