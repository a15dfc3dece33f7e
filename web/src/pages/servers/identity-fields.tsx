import { Field, TextInput } from "../../ui/field.tsx";

export interface Identity {
  slug: string;
  name: string;
  prefix: string;
}

interface Props {
  identity: Identity;
  /** Shown where no name is given. */
  suggestedName: string;
  onChange: (change: Partial<Identity>) => void;
  problem: (field: string) => string | undefined;
}

/** What a new server is called: in rules, for people, in front of its tools. */
export function IdentityFields({ identity, suggestedName, onChange, problem }: Props) {
  const { slug, name, prefix } = identity;
  return (
    <div className="grid gap-4 sm:grid-cols-3">
      <Field
        label="Short name"
        hint="Rules use it. It cannot be changed."
        error={slug === "" ? undefined : problem("slug")}
      >
        <TextInput
          value={slug}
          spellCheck={false}
          className="font-mono"
          onChange={(event) => onChange({ slug: event.currentTarget.value })}
        />
      </Field>
      <Field label="Name" hint="Optional, for people.">
        <TextInput
          value={name}
          placeholder={suggestedName}
          maxLength={120}
          onChange={(event) => onChange({ name: event.currentTarget.value })}
        />
      </Field>
      <Field label="Tool prefix" hint="Optional: prefix_tool." error={problem("prefix")}>
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
