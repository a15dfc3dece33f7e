import type { ChangeEvent } from "react";
import { escapeHidden, escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { Field, SecretInput, TextInput } from "../../ui/field.tsx";
import { Select } from "../../ui/select.tsx";
import type { EntryField } from "./entry-template.ts";

interface Props {
  fields: EntryField[];
  values: Record<string, string>;
  /** By the ids of the fields. */
  errors?: Record<string, string>;
  onChange: (id: string, value: string) => void;
}

/** A field for each value that an entry of the marketplace asks for; secrets are masked. */
export function EntryFields({ fields, values, errors = {}, onChange }: Props) {
  return fields.map(({ id, label, hint, isSecret, isRequired, choices, placeholder }) => {
    const value = values[id] ?? "";
    const input = {
      value,
      maxLength: 8_192,
      autoComplete: "off",
      spellCheck: false,
      placeholder: placeholder === null ? undefined : escapeLine(placeholder),
      className: "font-mono",
      onChange: (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) =>
        onChange(id, event.currentTarget.value),
    };
    return (
      <Field
        key={id}
        label={`${escapeLine(label)} (${isRequired ? "required" : "optional"})`}
        error={errors[id]}
        {...(hint === null ? {} : { hint: escapeHidden(hint) })}
      >
        {choices.length > 0 ? (
          <Select
            value={value}
            onChange={(next) => onChange(id, next)}
            choices={[
              ...(value === "" || !isRequired ? [{ value: "", label: "None" }] : []),
              ...choices.map((choice) => ({ value: choice, label: escapeLine(choice) })),
            ]}
          />
        ) : isSecret ? (
          <SecretInput {...input} />
        ) : (
          <TextInput {...input} />
        )}
      </Field>
    );
  });
}
