import { useState } from "react";
import { MARKETPLACE_KEY } from "../../../api/curation.ts";
import { ownPublicationsQuery, setPublicationStatus } from "../../../api/publishing.ts";
import { useApiMutation } from "../../../api/use-api-mutation.ts";
import { Button } from "../../../ui/button.tsx";
import { Dialog, FormActions } from "../../../ui/dialog.tsx";
import { Field, TextInput } from "../../../ui/field.tsx";

interface Props {
  name: string;
  isOpen: boolean;
  onClose: () => void;
}

/** Deprecates a server, with a message for the people who have installed it. */
export function DeprecateDialog({ name, isOpen, onClose }: Props) {
  const [message, setMessage] = useState("");
  const deprecate = useApiMutation({
    run: () => setPublicationStatus(name, { status: "deprecated", message }),
    invalidate: [ownPublicationsQuery.queryKey, MARKETPLACE_KEY],
    onDone: onClose,
  });
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title="Deprecate the server">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          deprecate.mutate(undefined);
        }}
      >
        <Field label="Message" hint="What people who have installed it should do">
          <TextInput
            value={message}
            maxLength={500}
            onChange={(event) => setMessage(event.target.value)}
          />
        </Field>
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" isBusy={deprecate.isPending}>
            Deprecate
          </Button>
        </FormActions>
      </form>
    </Dialog>
  );
}
