import { useState, type ReactNode } from "react";
import { toConnectionName } from "../../../workers/contract/connection-name.ts";
import { buttonClass } from "../ui/button.tsx";
import { CodeBlock } from "../ui/copy.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { CLIENTS, type Client, type Connection } from "./clients.ts";
import { TOKEN_VARIABLE, type DeepLink } from "./deep-links.ts";
import { toGatewayUrl } from "./gateway-url.ts";

interface Props {
  slug: string;
  /** In clear right after creation; null: a placeholder is shown. */
  token: string | null;
}

/** Connection instructions for each supported client, ready to paste. */
export function ConnectPanel({ slug, token }: Props) {
  const [id, setId] = useState(CLIENTS[0]?.id ?? "");
  const connection = { name: toConnectionName(slug), url: toGatewayUrl(slug), token };
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
      {client.usesEnvironmentVariable && (
        <Step title="Set the token as an environment variable">
          <CodeBlock
            contentName="environment variable"
            text={`export ${TOKEN_VARIABLE}=${token ?? "<your token>"}`}
          />
        </Step>
      )}
      {client.link && <LinkStep link={client.link(connection)} />}
      {client.command && (
        <Step title="Run in a terminal">
          <CodeBlock contentName="command" text={client.command(connection)} />
        </Step>
      )}
      <Step
        title={
          client.command || client.link
            ? "Or add to the configuration file"
            : "Add to the configuration file"
        }
      >
        <CodeBlock contentName={`${client.label} configuration`} text={client.config(connection)} />
        <ul className="flex flex-col gap-0.5 text-xs text-dim">
          {client.files.map(({ scope, path }) => (
            <li key={path}>
              {scope}: <code className="font-mono wrap-anywhere text-ink">{path}</code>
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
          This link installs the following configuration. It does not contain your token.
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
