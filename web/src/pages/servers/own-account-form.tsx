import { useState } from "react";
import { Connection, type OwnAccountInput } from "../../../../workers/contract/api/connections.ts";
import type { Server } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { FormActions } from "../../ui/dialog.tsx";
import { Field, SecretInput, TextInput } from "../../ui/field.tsx";
import { Select } from "../../ui/select.tsx";
import { showToast } from "../../ui/toast.ts";

const PROOFS = [
  { value: "secret", label: "A client secret" },
  { value: "key", label: "A private key" },
] as const;

interface Props {
  slug: string;
  server: Server;
  issuer: string | null;
  onClose: () => void;
}

/** Signs the gateway in with an account that is no person's (client credentials): by a secret or a private key. */
export function OwnAccountForm({ slug, server, issuer, onClose }: Props) {
  const [id, setId] = useState("");
  const [proof, setProof] = useState<(typeof PROOFS)[number]["value"]>("secret");
  const [secret, setSecret] = useState("");
  const [privateKey, setPrivateKey] = useState("");
  const signIn = useApiMutation({
    run: (client: OwnAccountInput["client"]) =>
      request(Connection, "PUT", `/workspaces/${slug}/servers/${server.slug}/connection`, {
        client,
      }),
    invalidate: [workspaceKey(slug)],
    onDone: () => {
      onClose();
      showToast("The gateway has signed in");
    },
  });
  const isComplete = id.trim() !== "" && (proof === "secret" ? secret : privateKey).trim() !== "";
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const client = { id: id.trim() };
        signIn.mutate(
          proof === "secret"
            ? { ...client, secret: secret.trim() }
            : { ...client, privateKey: privateKey.trim() },
        );
      }}
    >
      <div className="flex flex-col gap-4 text-sm text-dim">
        <p>
          The gateway signs in at {escapeLine(issuer ?? "the provider")} as a program, without a
          person: register it there for client credentials. All calls of this workspace then have
          the rights of that account.
        </p>
        <Field label="Client id">
          <TextInput
            value={id}
            autoComplete="off"
            onChange={(event) => setId(event.currentTarget.value)}
          />
        </Field>
        <Field label="It proves itself with">
          <Select value={proof} choices={PROOFS} onChange={setProof} />
        </Field>
        {proof === "secret" ? (
          <Field label="Client secret" hint="Stored encrypted, and cannot be viewed again.">
            <SecretInput
              value={secret}
              autoComplete="off"
              onChange={(event) => setSecret(event.currentTarget.value)}
            />
          </Field>
        ) : (
          <Field
            label="Private key"
            hint="PKCS #8 in PEM, of the type P-256, RSA or Ed25519. Stored encrypted, and cannot be viewed again. The provider gets the public key from you."
          >
            <SecretInput
              value={privateKey}
              autoComplete="off"
              placeholder="-----BEGIN PRIVATE KEY-----"
              onChange={(event) => setPrivateKey(event.currentTarget.value)}
            />
          </Field>
        )}
      </div>
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={signIn.isPending} disabled={!isComplete}>
          Sign the gateway in
        </Button>
      </FormActions>
    </form>
  );
}
