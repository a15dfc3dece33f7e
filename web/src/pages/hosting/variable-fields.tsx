import type { HostingCatalogueEntry } from "../../../../workers/contract/hosting/catalogue-entry.ts";
import { Field, TextInput } from "../../ui/field.tsx";
import { orderVariables } from "./hosting-words.ts";

interface Props {
  entry: HostingCatalogueEntry;
  values: Record<string, string>;
  onChange: (key: string, value: string) => void;
  /** Variables that have a value, which stays where a field is left empty. */
  kept?: ReadonlySet<string>;
}

/** A field for each variable of a server, those first that it cannot do without; what is secret is masked. */
export function VariableFields({ entry, values, onChange, kept = new Set() }: Props) {
  return orderVariables(entry).map(({ key, label, kind, required, help }) => (
    <Field key={key} label={required ? label : `${label} (optional)`} hint={help}>
      <TextInput
        value={values[key] ?? ""}
        name={key}
        type={kind}
        required={required && !kept.has(key)}
        maxLength={16_384}
        autoComplete={kind === "password" ? "new-password" : "off"}
        spellCheck={false}
        placeholder={kept.has(key) ? "unchanged" : undefined}
        className="font-mono"
        onChange={(event) => onChange(key, event.currentTarget.value)}
      />
    </Field>
  ));
}
