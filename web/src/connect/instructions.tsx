import type { ReactNode } from "react";
import { buttonClass } from "../ui/button.tsx";
import { CodeBlock, CopyTextButton } from "../ui/copy.tsx";
import { BundleStep } from "./bundle-step.tsx";
import {
  PLACEHOLDER,
  type Client,
  type ConfigurationFile,
  type Connection,
  type DeepLink,
} from "./clients/client.ts";
import type { System } from "./clients/systems.ts";
import { toVariableStep } from "./clients/variables.ts";

interface Props {
  client: Client;
  system: System;
  connection: Connection;
}

/** How to connect one client: the one thing to do, and the other ways, folded. */
export function Instructions(props: Props) {
  const { client } = props;
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <FirstWay {...props} />
      <p className="text-sm">{client.afterwards}</p>
      <OtherWays {...props} />
    </div>
  );
}

function FirstWay({ client, system, connection }: Props) {
  const { token } = connection;
  switch (client.first) {
    case "command":
      return (
        <Way title={`Run this in ${system === "windows" ? "PowerShell" : "a terminal"}`}>
          <CommandBlock text={client.command?.(connection) ?? ""} />
          {token !== null && (
            <div>
              <CopyTextButton text={client.command?.(connection) ?? ""} contentName="command" />
            </div>
          )}
        </Way>
      );
    case "file":
      return <FileWay file={client.file} {...{ client, system, connection }} isFirst />;
    case "link":
      return (
        <>
          {client.link && <LinkWay link={client.link(connection)} />}
          <TokenToPaste token={token} />
        </>
      );
    case "bundle":
      return (
        <>
          <BundleStep connection={connection} />
          <TokenToPaste token={token} />
        </>
      );
  }
}

function OtherWays({ client, system, connection }: Props) {
  const {
    first,
    command,
    link,
    file,
    shared,
    linkUsesVariable = false,
    asksForToken = false,
  } = client;
  const step = toVariableStep(client, system, connection);
  const variable = (
    <Way title="Set the variable">
      <CommandBlock text={step.command} />
      <p className="text-xs text-dim">{step.afterwards}</p>
    </Way>
  );
  return (
    <div className="flex flex-col gap-2">
      {command && first !== "command" && (
        <Folded title="With a command">
          <CommandBlock text={command(connection)} />
        </Folded>
      )}
      {first !== "file" && (
        <Folded title="With the configuration file">
          <FileWay file={file} {...{ client, system, connection }} />
        </Folded>
      )}
      {link && first !== "link" && (
        <Folded title="With an install link">
          {linkUsesVariable && variable}
          <LinkWay link={link(connection)} />
        </Folded>
      )}
      {shared && (
        <Folded title="For a project that others use too">
          <p className="text-sm">
            This configuration contains no token, so that it can be in version control. Each person
            {asksForToken ? " is asked for a token." : " sets a variable to a token."}
          </p>
          {!asksForToken && variable}
          <FileWay file={shared} {...{ client, system, connection }} />
        </Folded>
      )}
    </div>
  );
}

function Way({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <h3 className="text-xs font-medium">{title}</h3>
      {children}
    </div>
  );
}

function Folded({ title, children }: { title: string; children: ReactNode }) {
  return (
    <details className="rounded-md border border-line">
      <summary className="px-3 py-2 text-sm text-dim hover:text-ink">{title}</summary>
      <div className="flex min-w-0 flex-col gap-3 border-t border-line p-3">{children}</div>
    </details>
  );
}

function CommandBlock({ text }: { text: string }) {
  return <ConnectionText contentName="command" text={text} />;
}

/** A text to copy; its button says so if the token is missing in it. */
function ConnectionText({ text, contentName }: { text: string; contentName: string }) {
  const copiedName = text.includes(PLACEHOLDER) ? `${contentName} with a placeholder` : contentName;
  return <CodeBlock {...{ text, contentName, copiedName }} />;
}

interface FileWayProps extends Props {
  file: ConfigurationFile;
  isFirst?: boolean;
}

function FileWay({ file, client, system, connection, isFirst = false }: FileWayProps) {
  const text = file.text(connection);
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <h3 className="text-xs font-medium">
        Add this to{" "}
        <code className="font-mono wrap-anywhere text-accent-ink">{file.paths[system]}</code>
      </h3>
      <ConnectionText contentName={`${client.label} configuration`} text={text} />
      <div className="flex flex-wrap items-center gap-3">
        {isFirst && connection.token !== null && (
          <CopyTextButton text={text} contentName="configuration" />
        )}
        <p className="min-w-0 flex-1 basis-60 text-xs text-dim">
          Create the file if there is none. If it has other servers, add only the part inside.
        </p>
      </div>
    </div>
  );
}

/** The token for a client that asks for it; nothing before it is created. */
function TokenToPaste({ token }: { token: string | null }) {
  if (token === null) return null;
  return (
    <Way title="Paste this token when the client asks for it">
      <CodeBlock contentName="token to paste" text={token} />
    </Way>
  );
}

function LinkWay({ link }: { link: DeepLink }) {
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
          aria-label="configuration of the link"
          className="overflow-x-auto rounded-md border border-line bg-soft px-3 py-2 font-mono text-xs leading-5"
        >
          {JSON.stringify(link.decoded, null, 2)}
        </pre>
      </figure>
    </div>
  );
}
