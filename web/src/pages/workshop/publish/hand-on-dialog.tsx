import { useState } from "react";
import type { Publication } from "../../../../../workers/contract/api/marketplace-publishing.ts";
import { escapeLine } from "../../../../../workers/contract/text/hidden-characters.ts";
import { handOnPublication, ownPublicationsQuery } from "../../../api/publishing.ts";
import { useApiMutation } from "../../../api/use-api-mutation.ts";
import { Button } from "../../../ui/button.tsx";
import { Dialog, FormActions } from "../../../ui/dialog.tsx";
import { Field, SecretInput } from "../../../ui/field.tsx";
import { Select } from "../../../ui/select.tsx";

const KINDS = [
  { value: "registry", label: "The registry’s token of mcp-publisher login" },
  { value: "github", label: "A GitHub access token" },
] as const;

interface Props {
  item: Publication;
  isOpen: boolean;
  onClose: () => void;
}

/** Publishes a version at the official registry with a token of the person, which is not stored. */
export function HandOnDialog({ item: { name, version, handedOn }, isOpen, onClose }: Props) {
  const [kind, setKind] = useState<(typeof KINDS)[number]["value"]>("registry");
  const [token, setToken] = useState("");
  const hand = useApiMutation({
    run: () => handOnPublication(name, { version, sign: { kind, token: token.trim() } }),
    invalidate: [ownPublicationsQuery.queryKey],
    onDone: ({ handedOn: result }) => {
      setToken("");
      if (result?.state === "accepted") onClose();
    },
  });
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title="Hand on to the official registry">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          hand.mutate(undefined);
        }}
      >
        <p className="text-sm text-dim">
          The registry gets {name} {escapeLine(version)} unchanged, and the token once. The gateway
          does not store it.
        </p>
        <Field label="How the registry recognizes you">
          <Select value={kind} choices={KINDS} onChange={setKind} />
        </Field>
        <Field label="Token">
          <SecretInput value={token} required onChange={(event) => setToken(event.target.value)} />
        </Field>
        {handedOn && (
          <p role="status" className="text-sm wrap-anywhere">
            {escapeLine(handedOn.message)}
          </p>
        )}
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" isBusy={hand.isPending}>
            Hand on
          </Button>
        </FormActions>
      </form>
    </Dialog>
  );
}
