import { Trash2 } from "lucide-react";
import { useState } from "react";
import type { IdentityIssuer } from "../../../../workers/contract/api/company.ts";
import {
  IssuerSettings,
  type GroupMapping,
} from "../../../../workers/contract/records/identity-issuer.ts";
import { Button } from "../../ui/button.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { Section } from "../../ui/page.tsx";
import { Select } from "../../ui/select.tsx";
import { Switch } from "../../ui/switch.tsx";
import { ScimMatch } from "./scim-match.tsx";
import { useIssuerPatch } from "./use-issuer-patch.ts";

const ROLES = [
  { value: "member", label: "Member" },
  { value: "auditor", label: "Auditor" },
  { value: "admin", label: "Admin" },
  { value: "owner", label: "Owner" },
] as const;

/** Who becomes a member, and what the groups of the directory give. */
export function MembersSection({ slug, issuer }: { slug: string; issuer: IdentityIssuer }) {
  const [settings, setSettings] = useState(issuer.settings);
  const [texts, setTexts] = useState(() => toTexts(issuer.settings));
  const save = useIssuerPatch(slug, issuer.id);
  const isClaimMissing = settings.groupsClaim === null && settings.mappings.length > 0;
  const change = (patch: Partial<IssuerSettings>) =>
    setSettings((before) => ({ ...before, ...patch }));
  const text = (field: keyof Texts) => ({
    value: texts[field],
    spellCheck: false,
    onChange: (event: { currentTarget: HTMLInputElement }) => {
      const next = { ...texts, [field]: event.currentTarget.value };
      setTexts(next);
      change(fromTexts(settings, next));
    },
  });
  return (
    <Section title="Members and groups">
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate({ settings });
        }}
      >
        <div className="flex items-start justify-between gap-4">
          <div>
            <h3>New people become members</h3>
            <p className="mt-0.5 text-dim">
              Otherwise they need an invitation, which they accept with their company account.
            </p>
          </div>
          <Switch
            label="New people become members"
            isOn={settings.createsMembers}
            onChange={(createsMembers) => change({ createsMembers })}
          />
        </div>
        <Field
          label="Domains of verified addresses"
          hint="Everyone who signs in needs an address of one of them. Separate them with commas."
        >
          <TextInput {...text("domains")} />
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field
            label="Required claim"
            hint="Everyone who signs in needs it: tid (Entra) or hd (Google)."
          >
            <TextInput {...text("claim")} />
          </Field>
          <Field label="Its values" hint="Separate them with commas.">
            <TextInput {...text("values")} />
          </Field>
        </div>
        <Field
          label="More scopes"
          hint="Beside openid, profile and email, such as groups. Separate them with commas."
        >
          <TextInput {...text("scopes")} />
        </Field>
        <GroupFields settings={settings} isClaimMissing={isClaimMissing} onChange={change} />
        <ScimMatch settings={settings} onChange={change} />
        <div className="flex justify-end">
          <Button
            type="submit"
            isBusy={save.isPending}
            disabled={isClaimMissing || !IssuerSettings.safeParse(settings).success}
          >
            Save
          </Button>
        </div>
      </form>
    </Section>
  );
}

/** The claim that lists groups, and what they give. */
function GroupFields(props: {
  settings: IssuerSettings;
  isClaimMissing: boolean;
  onChange: (patch: Partial<IssuerSettings>) => void;
}) {
  const { isClaimMissing, onChange } = props;
  const { groupsClaim, mappings } = props.settings;
  return (
    <>
      <Field
        label="Groups claim"
        hint="The claim that lists a person’s groups. Empty: none."
        error={isClaimMissing ? "Name the claim, or remove the mappings first." : undefined}
      >
        <TextInput
          value={groupsClaim ?? ""}
          onChange={(event) => onChange({ groupsClaim: event.currentTarget.value || null })}
        />
      </Field>
      {(groupsClaim !== null || isClaimMissing) && (
        <Mappings mappings={mappings} onChange={(next) => onChange({ mappings: next })} />
      )}
    </>
  );
}

function Mappings({
  mappings,
  onChange,
}: {
  mappings: GroupMapping[];
  onChange: (mappings: GroupMapping[]) => void;
}) {
  const replace = (position: number, patch: Partial<GroupMapping>) =>
    onChange(mappings.map((item, at) => (at === position ? { ...item, ...patch } : item)));
  return (
    <div className="flex flex-col gap-3">
      <p className="text-dim">
        A person gets the highest role of its groups at each sign-in, and Member without one. The
        last owner stays an owner.
      </p>
      {mappings.map((mapping, position) => (
        // The rows have no other identity than their place.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={position} className="flex items-end gap-2">
          <Field label={`Group ${position + 1}`} className="min-w-0 flex-1">
            <TextInput
              value={mapping.group}
              onChange={(event) => replace(position, { group: event.currentTarget.value })}
            />
          </Field>
          <Select
            label={`Role of group ${position + 1}`}
            value={mapping.role ?? "member"}
            choices={ROLES}
            className="w-32 shrink-0"
            onChange={(role) => replace(position, { role })}
          />
          <Button
            aria-label={`Remove group ${position + 1}`}
            onClick={() => onChange(mappings.filter((_, at) => at !== position))}
          >
            <Trash2 className="size-4" aria-hidden />
          </Button>
        </div>
      ))}
      <div>
        <Button
          onClick={() => onChange([...mappings, { group: "", teamId: null, role: "member" }])}
        >
          Add a group
        </Button>
      </div>
    </div>
  );
}

function toList(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** Lists as a person writes them. */
interface Texts {
  scopes: string;
  domains: string;
  claim: string;
  values: string;
}

function toTexts({ scopes, emailDomains, requiredClaims: [first] }: IssuerSettings): Texts {
  return {
    scopes: scopes.join(", "),
    domains: emailDomains.join(", "),
    claim: first?.claim ?? "",
    values: first?.values.join(", ") ?? "",
  };
}

/** Changes the first required claim; others, which the API can set, stay. */
function fromTexts({ requiredClaims }: IssuerSettings, texts: Texts) {
  const others = requiredClaims.slice(1);
  const first = { claim: texts.claim, values: toList(texts.values) };
  const isEmpty = first.claim.trim() === "" && first.values.length === 0;
  return {
    scopes: toList(texts.scopes),
    emailDomains: toList(texts.domains),
    requiredClaims: isEmpty ? others : [first, ...others],
  };
}
