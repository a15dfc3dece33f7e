import type { HostingCatalogueEntry } from "../../../../workers/contract/hosting/catalogue-entry.ts";
import { Field, TextInput } from "../../ui/field.tsx";
import { sortVariables } from "./describe-hosting.ts";

interface Props {
  entry: HostingCatalogueEntry;
  values: Record<string, string>;
  onChange: (key: string, value: string) => void;
  /** Variables with a stored value; it is kept if the field is left empty. */
  storedKeys?: ReadonlySet<string>;
}

/** A field for each variable of a server, required ones first; secrets are masked. */
export function VariableFields({ entry, values, onChange, storedKeys = new Set() }: Props) {
  return sortVariables(entry).map(({ key, label, kind, required, help }) => (
    <Field key={key} label={required ? label : `${label} (optional)`} hint={help}>
      <TextInput
        value={values[key] ?? ""}
        name={key}
        type={kind}
        required={required && !storedKeys.has(key)}
        maxLength={16_384}
        autoComplete={kind === "password" ? "new-password" : "off"}
        spellCheck={false}
        placeholder={storedKeys.has(key) ? "Unchanged" : undefined}
        className="font-mono"
        onChange={(event) => onChange(key, event.currentTarget.value)}
      />
    </Field>
  ));
}
