import type { Client } from "../../connect/clients/client.ts";
import type { System } from "../../connect/clients/systems.ts";

/** What can go wrong with a client, and where it says what it does. */
export function Troubleshooting({ client, system }: { client: Client; system: System }) {
  return (
    <details className="card">
      <summary className="px-4 py-3 text-sm font-semibold">If it does not work</summary>
      <dl className="flex flex-col gap-3 border-t border-line p-4 text-sm">
        {client.troubles.map(({ sign, remedy }) => (
          <div key={sign}>
            <dt className="font-medium">{sign}</dt>
            <dd className="text-dim">{remedy}</dd>
          </div>
        ))}
        <div>
          <dt className="font-medium">See what {client.label} does</dt>
          <dd className="wrap-anywhere text-dim">{client.logs[system]}</dd>
        </div>
      </dl>
    </details>
  );
}
