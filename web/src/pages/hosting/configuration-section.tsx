import { useState } from "react";
import type { HostingCatalogueEntry } from "../../../../workers/contract/hosting/catalogue-entry.ts";
import type {
  HostedInstance,
  RestartInput,
} from "../../../../workers/contract/hosting/instances.ts";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { Section } from "../../ui/page.tsx";
import { Select } from "../../ui/select.tsx";
import { Time } from "../../ui/time.tsx";
import { listProfiles } from "./describe-hosting.ts";
import { VariableFields } from "./variable-fields.tsx";

interface Props {
  instance: HostedInstance;
  entry: HostingCatalogueEntry;
  isBusy: boolean;
  onSave: (input: RestartInput) => void;
}

/** Form for a hosted server's variables and size. Lists which values are stored and since when, never the values. */
export function ConfigurationSection({ instance, entry, isBusy, onSave }: Props) {
  const [profile, setProfile] = useState(instance.profile);
  const [values, setValues] = useState<Record<string, string>>({});
  const newValues = Object.entries(values).filter(([, value]) => value !== "");
  const isChanged = newValues.length > 0 || profile !== instance.profile;
  const storedKeys = new Set(instance.variables.map(({ key }) => key));
  return (
    <Section title="Configuration" hint="Saving a change restarts the server.">
      {instance.variables.length > 0 && (
        <StoredValues
          instance={instance}
          entry={entry}
          isBusy={isBusy}
          onDelete={(key) => onSave({ credentials: { [key]: null } })}
        />
      )}
      <form
        className="flex flex-col gap-4 p-4"
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          onSave({
            ...(profile === instance.profile ? {} : { profile }),
            ...(newValues.length === 0 ? {} : { credentials: Object.fromEntries(newValues) }),
          });
        }}
      >
        <VariableFields
          entry={entry}
          values={values}
          storedKeys={storedKeys}
          onChange={(key, value) => setValues((old) => ({ ...old, [key]: value }))}
        />
        <Field label="Size">
          <Select
            className="sm:max-w-72"
            value={profile}
            choices={listProfiles(entry)}
            onChange={setProfile}
          />
        </Field>
        <div className="flex justify-end">
          <Button type="submit" variant="primary" isBusy={isBusy} disabled={!isChanged}>
            Save and restart
          </Button>
        </div>
      </form>
    </Section>
  );
}

interface StoredProps extends Pick<Props, "instance" | "entry" | "isBusy"> {
  onDelete: (key: string) => void;
}

function StoredValues({ instance, entry, isBusy, onDelete }: StoredProps) {
  return (
    <ul aria-label="Stored values" className="divide-y divide-line border-b border-line">
      {instance.variables.map(({ key, setAt }) => {
        const variable = entry.variables.find((candidate) => candidate.key === key);
        return (
          <li key={key} className="flex items-center gap-3 px-4 py-2.5">
            <p className="min-w-0 flex-1">
              {variable?.label ?? key}{" "}
              <code className="font-mono text-xs wrap-anywhere text-dim">{key}</code>
              <span className="block text-xs text-dim">
                Set <Time at={setAt} />
              </span>
            </p>
            {variable?.required !== true && (
              <Button
                size="sm"
                isBusy={isBusy}
                aria-label={`Delete ${variable?.label ?? key}`}
                onClick={() => onDelete(key)}
              >
                Delete
              </Button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
