import { LockKeyhole } from "lucide-react";
import type { ChangeEvent } from "react";
import type { InstallVariable } from "../../../../workers/contract/marketplace/install/configuration.ts";
import { escapeHidden, escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { Field, SecretInput, TextInput } from "../../ui/field.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Select } from "../../ui/select.tsx";

/** More optional values than this are folded. */
const MAX_OPEN = 3;

/** Names of the places of values. */
const PLACES: Record<InstallVariable["place"], string> = {
  environment: "environment variable",
  header: "header",
  url: "part of the address",
  argument: "argument",
};

interface Props {
  variables: InstallVariable[];
  values: Readonly<Record<string, string>>;
  onChange: (id: string, value: string) => void;
}

/** A field for each value of a server; nothing without any. There is no form that could be sent, and no name to store. */
export function InstallVariables(props: Props) {
  if (props.variables.length === 0) return null;
  return (
    <div role="group" aria-labelledby="values" className="flex flex-col gap-3.5">
      <ValuesNote id="values" />
      <VariableFields {...props} />
    </div>
  );
}

/** The heading of values, which says where they stay. `id`: of the heading. */
export function ValuesNote({ id }: { id: string }) {
  return (
    <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-0.5">
      <h3 id={id} className="text-sm font-medium">
        Your values
      </h3>
      <p className="flex items-center gap-1.5 text-xs text-dim">
        <LockKeyhole className="size-3.5 shrink-0" aria-hidden />
        They fill the texts below and stay on this page: none of them is sent or stored.
      </p>
    </div>
  );
}

/** The fields of a server's values; many optional ones are folded. */
export function VariableFields({ variables, values, onChange }: Props) {
  const isFolded = variables.filter(({ isRequired }) => !isRequired).length > MAX_OPEN;
  const shown = variables.filter(({ isRequired }) => isRequired || !isFolded);
  const folded = variables.filter((variable) => !shown.includes(variable));
  const toFields = (fields: InstallVariable[]) => (
    <div className="grid items-start gap-x-4 gap-y-3.5 sm:grid-cols-2">
      {fields.map((variable) => (
        <VariableField
          key={variable.id}
          variable={variable}
          value={values[variable.id] ?? ""}
          onChange={(value) => onChange(variable.id, value)}
        />
      ))}
    </div>
  );
  return (
    <>
      {shown.length > 0 && toFields(shown)}
      {folded.length > 0 && (
        <details>
          <summary className="text-xs text-dim hover:text-ink">
            {pluralize(folded.length, "optional value")}
          </summary>
          <div className="mt-3">{toFields(folded)}</div>
        </details>
      )}
    </>
  );
}

interface FieldProps {
  variable: InstallVariable;
  value: string;
  onChange: (value: string) => void;
}

function VariableField({ variable, value, onChange }: FieldProps) {
  const { name, place, isRequired, isSecret, choices, placeholder } = variable;
  const input = {
    value,
    placeholder: escapeLine(variable.default ?? placeholder ?? ""),
    autoComplete: "off",
    spellCheck: false,
    maxLength: 10_000,
    className: "font-mono text-xs!",
    onChange: (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) =>
      onChange(event.currentTarget.value),
  };
  return (
    <Field
      label={`${escapeLine(name)}${isRequired ? "" : " (optional)"}`}
      hint={
        variable.description === null
          ? `No description. It is ${place === "url" ? "" : "the value of "}the ${PLACES[place]}.`
          : escapeHidden(variable.description)
      }
    >
      {choices.length > 0 ? (
        <Select value={value} onChange={onChange} choices={toChoices(variable)} />
      ) : isSecret ? (
        <SecretInput {...input} />
      ) : (
        <TextInput {...input} />
      )}
    </Field>
  );
}

function toChoices(variable: InstallVariable) {
  const unset = variable.default === null ? "Not set" : `Default: ${escapeLine(variable.default)}`;
  return [
    { value: "", label: unset },
    ...variable.choices
      .filter((choice) => choice !== "")
      .map((choice) => ({ value: choice, label: escapeLine(choice) })),
  ];
}
