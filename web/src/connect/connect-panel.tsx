import { useState, type ReactNode } from "react";
import { buttonClass } from "../ui/button.tsx";
import { CodeBlock } from "../ui/copy.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { CLIENTS, type Client, type Connection } from "./clients.ts";
import { TOKEN_VARIABLE, type DeepLink } from "./deep-links.ts";
import { gatewayUrl } from "./gateway-url.ts";

interface Props {
  slug: string;
  /** In clear just after it was made. */
  token: string | null;
}

/** How to connect each of the usual clients, ready to paste. */
export function ConnectPanel({ slug, token }: Props) {
  const [id, setId] = useState(CLIENTS[0]?.id ?? "");
  const connection = { name: slug, url: gatewayUrl(slug), token };
  const client = CLIENTS.find((candidate) => candidate.id === id);
  return (
    <Tabs
      label="Client"
      value={id}
      onChange={setId}
      tabs={CLIENTS.map(({ id: value, label }) => ({ value, label }))}
    >
      {client && <Instructions client={client} connection={connection} />}
    </Tabs>
  );
}

function Instructions({ client, connection }: { client: Client; connection: Connection }) {
  const { token } = connection;
  return (
    <div className="flex flex-col gap-4">
      {client.readsVariable && (
        <Step title="Put the token into your environment">
          <CodeBlock
            what="environment variable"
            text={`export ${TOKEN_VARIABLE}=${token ?? "<your token>"}`}
          />
        </Step>
      )}
      {client.link && <LinkStep link={client.link(connection)} />}
      {client.command && (
        <Step title="In a terminal">
          <CodeBlock what="command" text={client.command(connection)} />
        </Step>
      )}
      <Step
        title={client.command || client.link ? "Or in the configuration" : "In the configuration"}
      >
        <CodeBlock what={`${client.label} configuration`} text={client.config(connection)} />
        <ul className="flex flex-col gap-0.5 text-xs text-dim">
          {client.files.map(({ where, path }) => (
            <li key={path}>
              {where}: <code className="font-mono wrap-anywhere text-ink">{path}</code>
            </li>
          ))}
        </ul>
      </Step>
      {client.note !== undefined && <p className="text-xs text-dim">{client.note}</p>}
    </div>
  );
}

function Step({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-2">
      <h3 className="text-xs font-medium">{title}</h3>
      {children}
    </div>
  );
}

function LinkStep({ link }: { link: DeepLink }) {
  return (
    <div className="grid gap-3 sm:grid-cols-[auto_minmax(0,1fr)] sm:items-start">
      <a href={link.href} className={buttonClass("primary")}>
        {link.label}
      </a>
      <figure className="min-w-0">
        <figcaption className="mb-1 text-xs text-dim">
          What this link installs. Your token is not in it.
        </figcaption>
        <pre
          tabIndex={0}
          className="overflow-x-auto rounded-md border border-line bg-soft px-3 py-2 font-mono text-xs leading-5"
        >
          {JSON.stringify(link.decoded, null, 2)}
        </pre>
      </figure>
    </div>
  );
}
