import type { ChangeEvent } from "react";
import type { HostingCatalogueEntry } from "../../../../workers/contract/hosting/catalogue-entry.ts";
import { Field, SecretInput, TextInput } from "../../ui/field.tsx";
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
  return sortVariables(entry).map(({ key, label, kind, required, help }) => {
    const input = {
      value: values[key] ?? "",
      name: key,
      required: required && !storedKeys.has(key),
      maxLength: 16_384,
      autoComplete: "off",
      spellCheck: false,
      placeholder: storedKeys.has(key) ? "Unchanged" : undefined,
      className: "font-mono",
      onChange: (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) =>
        onChange(key, event.currentTarget.value),
    };
    return (
      <Field key={key} label={required ? label : `${label} (optional)`} hint={help}>
        {kind === "password" ? <SecretInput {...input} /> : <TextInput {...input} type={kind} />}
      </Field>
    );
  });
}
