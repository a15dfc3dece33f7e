import { useState } from "react";
import { ContainerHost, HostInput } from "../../../../workers/contract/hosting/hosts.ts";
import { hostsQuery } from "../../api/hosts.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { findProblem } from "../../ui/find-problem.ts";
import { showToast } from "../../ui/toast.ts";

const EMPTY = { id: "", url: "", publicKey: "" };

/** Registers a container host: it must respond at its address and prove its key. */
export function AddHostDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const [input, setInput] = useState(EMPTY);
  const trimmed = {
    id: input.id.trim(),
    url: input.url.trim(),
    publicKey: input.publicKey.trim(),
  };
  const parsed = HostInput.safeParse(trimmed);
  const problem = (field: keyof typeof EMPTY) =>
    input[field] === "" ? undefined : findProblem(parsed, field);
  const add = useApiMutation({
    run: () => request(ContainerHost, "POST", "/hosts", trimmed),
    invalidate: [hostsQuery.queryKey],
    onDone: ({ id }) => {
      setInput(EMPTY);
      onClose();
      showToast(`${id} added`);
    },
  });
  const toInput = (field: keyof typeof EMPTY, placeholder: string) => (
    <TextInput
      value={input[field]}
      placeholder={placeholder}
      spellCheck={false}
      autoComplete="off"
      className="font-mono"
      onChange={(event) => setInput({ ...input, [field]: event.currentTarget.value })}
    />
  );
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title="Add a container host"
      description="Install the service on the machine first, as deploy/README.md describes. The gateway asks it to prove its key."
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate(undefined);
        }}
      >
        <Field label="Name" hint="MCPNEST_HOST_ID of the host." error={problem("id")}>
          {toInput("id", "host-1")}
        </Field>
        <Field label="Address" hint="Of the host or its tunnel." error={problem("url")}>
          {toInput("url", "https://host-1.example.com")}
        </Field>
        <Field
          label="Public key"
          hint="43 characters, in the host’s log line “host_ready”."
          error={problem("publicKey")}
        >
          {toInput("publicKey", "")}
        </Field>
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" isBusy={add.isPending} disabled={!parsed.success}>
            Add host
          </Button>
        </FormActions>
      </form>
    </Dialog>
  );
}
