import { useState } from "react";
import { Select } from "../ui/select.tsx";
import type { Client } from "./clients/client.ts";
import { CLIENTS } from "./clients/clients.ts";
import { findSystem, SYSTEM_LABELS, SYSTEMS, type System } from "./clients/systems.ts";
import { toConnection } from "./connection.ts";
import { Instructions } from "./instructions.tsx";

interface Props {
  slug: string;
  /** In clear right after creation. */
  token: string;
}

/** How to use a new token in any client, ready to paste. */
export function ConnectPanel({ slug, token }: Props) {
  const [id, setId] = useState(CLIENTS[0]?.id ?? "");
  const [system, setSystem] = useState<System>(() => findSystem(navigator.userAgent));
  const client = CLIENTS.find((candidate): candidate is Client => candidate.id === id);
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <div className="flex flex-wrap gap-2">
        <Select
          label="Client"
          className="w-44!"
          value={id}
          choices={CLIENTS.map(({ id: value, label }) => ({ value, label }))}
          onChange={setId}
        />
        <Select
          label="Operating system"
          className="w-36!"
          value={system}
          choices={SYSTEMS.map((value) => ({ value, label: SYSTEM_LABELS[value] }))}
          onChange={setSystem}
        />
      </div>
      {client && (
        <Instructions client={client} system={system} connection={toConnection(slug, token)} />
      )}
    </div>
  );
}
