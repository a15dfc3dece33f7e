import { Radio } from "@base-ui/react/radio";
import { RadioGroup } from "@base-ui/react/radio-group";
import { ClientMark } from "./client-mark.tsx";
import type { Client, WebClient } from "./clients/client.ts";
import { SYSTEM_LABELS, SYSTEMS, type System } from "./clients/systems.ts";

interface ClientPickerProps {
  clients: readonly (Client | WebClient)[];
  /** Undefined: none is chosen yet. */
  value: string | undefined;
  onChange: (id: string) => void;
}

/** Clients with their marks, one of which can be chosen. */
export function ClientPicker({ clients, value, onChange }: ClientPickerProps) {
  return (
    <RadioGroup<string | null>
      aria-label="Client"
      value={value ?? null}
      onValueChange={(id) => id !== null && onChange(id)}
      className="grid grid-cols-2 gap-2 sm:grid-cols-3 lg:grid-cols-5"
    >
      {clients.map((client) => (
        <Radio.Root
          key={client.id}
          value={client.id}
          aria-label={client.label}
          className="flex min-w-0 cursor-pointer items-center gap-2.5 rounded-lg border border-line bg-panel p-2 text-left text-sm transition-colors hover:bg-soft data-checked:border-accent data-checked:bg-accent-soft data-checked:font-medium"
        >
          <ClientMark client={client} />
          <span className="min-w-0 leading-tight">{client.label}</span>
        </Radio.Root>
      ))}
    </RadioGroup>
  );
}

interface SystemPickerProps {
  value: System;
  onChange: (system: System) => void;
}

/** The operating systems, one of which is chosen. */
export function SystemPicker({ value, onChange }: SystemPickerProps) {
  return (
    <RadioGroup<System>
      aria-label="Operating system"
      value={value}
      onValueChange={(system) => onChange(system)}
      className="inline-flex overflow-hidden rounded-md border border-strong"
    >
      {SYSTEMS.map((system) => (
        <Radio.Root
          key={system}
          value={system}
          className="h-8 cursor-pointer border-strong bg-panel px-3 text-sm leading-8 text-dim not-first:border-l hover:bg-soft data-checked:bg-accent-soft data-checked:font-medium data-checked:text-accent-ink focus-visible:-outline-offset-2"
        >
          {SYSTEM_LABELS[system]}
        </Radio.Root>
      ))}
    </RadioGroup>
  );
}
