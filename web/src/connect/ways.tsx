import type { ReactNode } from "react";
import { buttonClass } from "../ui/button.tsx";
import { CodeBlock, CopyTextButton } from "../ui/copy.tsx";
import {
  PLACEHOLDER,
  type Client,
  type ConfigurationFile,
  type Connection,
  type DeepLink,
} from "./clients/client.ts";
import type { System } from "./clients/systems.ts";

/** A client on a system, and what connects it. */
export interface WayProps {
  client: Client;
  system: System;
  connection: Connection;
}

/** One way to connect, with its heading. */
export function Way({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <h3 className="text-xs font-medium">{title}</h3>
      {children}
    </div>
  );
}

/** A way that is folded away. */
export function Folded({ title, children }: { title: string; children: ReactNode }) {
  return (
    <details className="rounded-md border border-line">
      <summary className="px-3 py-2 text-sm text-dim hover:text-ink">{title}</summary>
      <div className="flex min-w-0 flex-col gap-3 border-t border-line p-3">{children}</div>
    </details>
  );
}

/** A command to run at once. `canCopy`: with a button for that beside the one in the block. */
export function CommandWay({
  text,
  system,
  canCopy,
}: {
  text: string;
  system: System;
  canCopy: boolean;
}) {
  return (
    <Way title={`Run this in ${system === "windows" ? "PowerShell" : "a terminal"}`}>
      <CommandBlock text={text} />
      {canCopy && (
        <div>
          <CopyTextButton text={text} contentName="command" />
        </div>
      )}
    </Way>
  );
}

/** A command. */
export function CommandBlock({ text }: { text: string }) {
  return <ConnectionText contentName="command" text={text} />;
}

/** A text to copy; its button says so if the token is missing in it. */
function ConnectionText({ text, contentName }: { text: string; contentName: string }) {
  const copiedName = text.includes(PLACEHOLDER) ? `${contentName} with a placeholder` : contentName;
  return <CodeBlock {...{ text, contentName, copiedName }} />;
}

interface FileWayProps extends WayProps {
  file: ConfigurationFile;
  isFirst?: boolean;
}

/** A text to add to a file. `isFirst`: with a larger button to copy it. */
export function FileWay({ file, client, system, connection, isFirst = false }: FileWayProps) {
  const text = file.text(connection);
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <h3 className="text-xs font-medium">
        Add this to{" "}
        <code className="font-mono wrap-anywhere text-accent-ink">{file.paths[system]}</code>
      </h3>
      <ConnectionText contentName={`${client.label} configuration`} text={text} />
      <div className="flex flex-wrap items-center gap-3">
        {isFirst && !text.includes(PLACEHOLDER) && (
          <CopyTextButton text={text} contentName="configuration" />
        )}
        <p className="min-w-0 flex-1 basis-60 text-xs text-dim">
          Create the file if there is none. If it has other servers, add only the part inside.
        </p>
      </div>
    </div>
  );
}

/** A link that installs the server, with what it installs. */
export function LinkWay({ link }: { link: DeepLink }) {
  return (
    <div className="grid gap-3 sm:grid-cols-[auto_minmax(0,1fr)] sm:items-start">
      <a href={link.href} className={buttonClass("primary")}>
        {link.label}
      </a>
      <figure className="min-w-0">
        <figcaption className="mb-1 text-xs text-dim">
          This link installs the following configuration. It contains no token.
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
