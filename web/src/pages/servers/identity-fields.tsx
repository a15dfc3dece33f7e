import { Field, TextInput } from "../../ui/field.tsx";

/** Names of a new server. `slug`: in rules and URLs; `name`: display name; `prefix`: of its exposed tool names. */
export interface Identity {
  slug: string;
  name: string;
  prefix: string;
}

interface Props {
  identity: Identity;
  /** Placeholder; used if the name is empty. */
  suggestedName: string;
  onChange: (change: Partial<Identity>) => void;
  problem: (field: string) => string | undefined;
}

/** Fields for a new server's short name, display name and tool prefix. */
export function IdentityFields({ identity, suggestedName, onChange, problem }: Props) {
  const { slug, name, prefix } = identity;
  return (
    <div className="grid gap-4 sm:grid-cols-3">
      <Field
        label="Short name"
        hint="Permanent. Used in rules."
        error={slug === "" ? undefined : problem("slug")}
      >
        <TextInput
          value={slug}
          spellCheck={false}
          className="font-mono"
          onChange={(event) => onChange({ slug: event.currentTarget.value })}
        />
      </Field>
      <Field label="Name" hint="Optional display name.">
        <TextInput
          value={name}
          placeholder={suggestedName}
          maxLength={120}
          onChange={(event) => onChange({ name: event.currentTarget.value })}
        />
      </Field>
      <Field
        label="Tool prefix"
        hint="Optional. Tools become prefix_tool. Long names are cut: clients accept at most 64 characters, with what they put before a name."
        error={problem("prefix")}
      >
        <TextInput
          value={prefix}
          spellCheck={false}
          className="font-mono"
          onChange={(event) => onChange({ prefix: event.currentTarget.value })}
        />
      </Field>
    </div>
  );
}
