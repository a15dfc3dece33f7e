import { useState } from "react";
import type { Account } from "../../../../workers/contract/api/accounts.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { Field, SecretInput } from "../../ui/field.tsx";
import { showToast } from "../../ui/toast.ts";

/** Takes a person's own key for a server. */
export function KeyDialog(props: { slug: string; account: Account; onClose: () => void }) {
  const { slug, account, onClose } = props;
  const { server, member } = account;
  const [key, setKey] = useState("");
  const save = useApiMutation({
    run: (entered: string) =>
      requestNoContent("PUT", `/workspaces/${slug}/me/accounts/${server.slug}/key`, {
        key: entered,
        ...(member.isAgent ? { agent: member.id } : {}),
      }),
    invalidate: [workspaceKey(slug)],
    onDone: () => {
      onClose();
      showToast("Key saved");
    },
  });
  return (
    <Dialog isOpen onClose={onClose} title={`Key for ${escapeLine(server.name)}`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(key.trim());
        }}
      >
        <Field
          label={member.isAgent ? `Key of the agent ${escapeLine(member.name)}` : "Your key"}
          hint="Stored encrypted, sent only to this server, and cannot be viewed again."
        >
          <SecretInput
            value={key}
            autoComplete="off"
            autoFocus
            onChange={(event) => setKey(event.currentTarget.value)}
          />
        </Field>
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="primary"
            isBusy={save.isPending}
            disabled={key.trim() === ""}
          >
            Save key
          </Button>
        </FormActions>
      </form>
    </Dialog>
  );
}
