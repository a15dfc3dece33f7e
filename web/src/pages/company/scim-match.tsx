import type { IssuerSettings } from "../../../../workers/contract/records/identity-issuer.ts";
import { Field, TextInput } from "../../ui/field.tsx";
import { Select } from "../../ui/select.tsx";

type Match = Pick<IssuerSettings, "scimClaim" | "scimAttribute">;

const ATTRIBUTES = [
  { value: "externalId", label: "externalId" },
  { value: "userName", label: "userName" },
] as const;

interface Props {
  settings: Match;
  onChange: (match: Partial<Match>) => void;
}

/** How the first sign-in of a person finds what the directory has provisioned by SCIM. */
export function ScimMatch({ settings, onChange }: Props) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field
        label="Claim of the directory’s person"
        hint="It finds people provisioned by SCIM at their first sign-in: oid at Entra, else sub."
      >
        <TextInput
          value={settings.scimClaim}
          spellCheck={false}
          onChange={(event) => onChange({ scimClaim: event.currentTarget.value })}
        />
      </Field>
      <Field label="SCIM attribute that it equals">
        <Select
          value={settings.scimAttribute}
          choices={ATTRIBUTES}
          onChange={(scimAttribute) => onChange({ scimAttribute })}
        />
      </Field>
    </div>
  );
}
