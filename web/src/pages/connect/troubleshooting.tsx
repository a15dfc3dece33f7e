import { SIGN_IN_TROUBLES, type Client, type WebClient } from "../../connect/clients/client.ts";
import type { System } from "../../connect/clients/systems.ts";

interface Props {
  client: Client | WebClient;
  system: System;
  /** Whether the person signs in from the client, instead of giving it a token. */
  signsIn?: boolean;
}

/** What can go wrong with a client, and where it says what it does. */
export function Troubleshooting({ client, system, signsIn = false }: Props) {
  const troubles = signsIn
    ? [...client.troubles.filter(({ isOfToken }) => !isOfToken), ...SIGN_IN_TROUBLES]
    : client.troubles;
  return (
    <details className="card">
      <summary className="px-4 py-3 text-sm font-semibold">If it does not work</summary>
      <dl className="flex flex-col gap-3 border-t border-line p-4 text-sm">
        {troubles.map(({ sign, remedy }) => (
          <div key={sign}>
            <dt className="font-medium">{sign}</dt>
            <dd className="text-dim">{remedy}</dd>
          </div>
        ))}
        {client.kind !== "web" && (
          <div>
            <dt className="font-medium">See what {client.label} does</dt>
            <dd className="wrap-anywhere text-dim">{client.logs[system]}</dd>
          </div>
        )}
      </dl>
    </details>
  );
}
