import { useState } from "react";
import type { IdentityIssuer } from "../../../../workers/contract/api/company.ts";
import { Button } from "../../ui/button.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { Section } from "../../ui/page.tsx";
import { showToast } from "../../ui/toast.ts";
import { useIssuerPatch } from "./use-issuer-patch.ts";

/** Replaces the client secret, for example before the old one expires. */
export function SecretSection({ slug, issuer }: { slug: string; issuer: IdentityIssuer }) {
  const [clientSecret, setClientSecret] = useState("");
  const save = useIssuerPatch(slug, issuer.id, () => {
    setClientSecret("");
    showToast("Client secret replaced");
  });
  return (
    <Section title="Client secret">
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate({ clientSecret });
        }}
      >
        <Field
          label="New client secret"
          hint={`${issuer.hasClientSecret ? "The present one is" : "There is none now. It is"} stored encrypted and never shown. Test the sign-in after the change.`}
        >
          <TextInput
            type="password"
            autoComplete="off"
            value={clientSecret}
            onChange={(event) => setClientSecret(event.currentTarget.value)}
          />
        </Field>
        <div className="flex justify-end">
          <Button type="submit" isBusy={save.isPending} disabled={clientSecret === ""}>
            Replace
          </Button>
        </div>
      </form>
    </Section>
  );
}
