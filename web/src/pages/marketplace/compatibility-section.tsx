import {
  compatibilityOf,
  type Compatibility,
} from "../../../../workers/contract/marketplace/install/compatibility.ts";
import type { ServerDocument } from "../../../../workers/contract/marketplace/server-document.ts";
import { ClientMark } from "../../connect/client-mark.tsx";
import { Badge, Section, type Tone } from "../../ui/page.tsx";
import { SHOWN_CLIENTS, type ShownClient } from "./shown-clients.ts";

const HOW: Record<Compatibility["how"], { label: string; tone: Tone }> = {
  native: { label: "Native", tone: "ok" },
  bridge: { label: "Via bridge", tone: "warn" },
  none: { label: "No", tone: "neutral" },
};

interface Props {
  document: ServerDocument;
  onChoose: (client: ShownClient["id"]) => void;
}

/** Which clients run the server, and why not. A click on a client shows how to install it there. */
export function CompatibilitySection({ document, onChoose }: Props) {
  const compatibility = compatibilityOf(document);
  const notes = Map.groupBy(
    SHOWN_CLIENTS.filter(({ id }) => compatibility[id].why !== null),
    ({ id }) => compatibility[id].why ?? "",
  );
  return (
    <Section
      title="Compatibility"
      hint="Native: the client runs it by itself. Via bridge: with mcp-remote, which the client starts as a program."
    >
      <ul className="grid grid-cols-2 gap-px bg-line lg:grid-cols-3">
        {SHOWN_CLIENTS.map((client) => {
          const { label, tone } = HOW[compatibility[client.id].how];
          return (
            <li key={client.id} className="min-w-0 bg-panel">
              <button
                type="button"
                onClick={() => onChoose(client.id)}
                className="flex w-full items-center gap-2 px-3 py-2.5 sm:gap-2.5 sm:px-4 text-left text-sm hover:bg-soft focus-visible:-outline-offset-2"
              >
                <span className="sr-only">Install in</span>
                <span className="max-sm:hidden">
                  <ClientMark client={client} />
                </span>
                <span className="min-w-0 flex-1">{client.label}</span>
                <Badge tone={tone}>{label}</Badge>
              </button>
            </li>
          );
        })}
      </ul>
      {notes.size > 0 && (
        <ul className="flex flex-col gap-1.5 border-t border-line px-4 py-3 text-xs text-dim">
          {[...notes].map(([why, clients]) => (
            <li key={why}>
              {!clients.some(({ label }) => why.startsWith(label)) && (
                <span className="font-medium text-ink">{listClients(clients)}: </span>
              )}
              {why}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function listClients(clients: ShownClient[]): string {
  return clients.length === SHOWN_CLIENTS.length
    ? "All clients"
    : clients.map(({ label }) => label).join(", ");
}
