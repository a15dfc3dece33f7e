import type { ReactNode } from "react";
import type {
  Bundle,
  ConfigurationFile,
  DeepLink,
  Installation,
  ShellCommands,
} from "../../../../workers/contract/marketplace/install/configuration.ts";
import { escapeHidden, listHidden } from "../../../../workers/contract/text/hidden-characters.ts";
import { SystemPicker } from "../../connect/client-picker.tsx";
import type { System } from "../../connect/clients/systems.ts";
import { buttonClass } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Notice } from "../../ui/notice.tsx";
import { OutsideLink } from "./outside-link.tsx";

interface Props {
  installation: Installation;
  /** The same without the typed values, for links. */
  linked: Installation;
  system: System;
  onSystem: (system: System) => void;
  /** A text was copied, or a link was clicked, that installs it. */
  onInstall: () => void;
}

/** The ways to install a server in a client: a link, a bundle, a command, a configuration file. */
export function InstallWays({ installation, linked, system, onSystem, onInstall }: Props) {
  const { bundle, commands, file } = installation;
  const { links, noLink } = linked;
  const hidden = listHidden(
    [file?.text, commands?.posix, commands?.powershell, JSON.stringify(links)].join(" "),
  );
  return (
    <>
      {hidden.length > 0 && (
        <Notice tone="warn">
          The texts below have hidden characters of the entry ({hidden.join(", ")}). They are shown
          as escapes, and copied unchanged.
        </Notice>
      )}
      <LinkWay links={links} onInstall={onInstall} />
      {noLink !== null && (
        <Notice tone={linked.warnings.includes(noLink) ? "warn" : "info"}>
          There is no link that installs it with one click. {escapeHidden(noLink)}
        </Notice>
      )}
      {(commands !== null || file !== null || bundle !== null) && (
        <div>
          <SystemPicker value={system} onChange={onSystem} />
        </div>
      )}
      {bundle !== null && <BundleWay {...{ bundle, system, onInstall }} />}
      {commands !== null && <CommandWay {...{ commands, system, onInstall }} />}
      {file !== null && <FileWay {...{ file, system, onInstall }} />}
    </>
  );
}

function Way({ title, children }: { title: ReactNode; children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <h3 className="text-sm font-medium">{title}</h3>
      {children}
    </div>
  );
}

/** The links of a client, with what they install. */
function LinkWay({ links, onInstall }: { links: DeepLink[] } & Pick<Props, "onInstall">) {
  const [first] = links;
  if (!first) return null;
  return (
    <Way title="With one click">
      <div className="grid gap-3 sm:grid-cols-[auto_minmax(0,1fr)] sm:items-start">
        <div className="flex flex-wrap gap-2 sm:flex-col">
          {links.map(({ label, href }, index) => (
            <a
              key={label}
              href={href}
              onClick={onInstall}
              className={buttonClass(index === 0 ? "primary" : "secondary")}
            >
              {label}
            </a>
          ))}
        </div>
        <figure className="min-w-0">
          <figcaption className="mb-1 text-xs text-dim">
            {links.length === 1 ? "The link installs" : "The links install"} this. It contains none
            of your values.
          </figcaption>
          <pre
            tabIndex={0}
            aria-label="content of the link"
            className="rounded-md border border-line bg-soft px-3 py-2 font-mono text-xs leading-5 wrap-anywhere whitespace-pre-wrap"
          >
            {escapeHidden(JSON.stringify(first.decoded, null, 2))}
          </pre>
        </figure>
      </div>
    </Way>
  );
}

/** What a way that depends on the operating system gets. */
type WayProps = Pick<Props, "system" | "onInstall">;

function CommandWay({ commands, system, onInstall }: WayProps & { commands: ShellCommands }) {
  const isWindows = system === "windows";
  const command = isWindows ? commands.powershell : commands.posix;
  return (
    <Way title={`With a command in ${isWindows ? "PowerShell" : "a terminal"}`}>
      {command === null ? (
        <p className="text-sm text-dim">
          A value cannot be given safely in this shell. Use the configuration file.
        </p>
      ) : (
        <CodeBlock text={command} contentName="command" isWrapped onCopied={onInstall} />
      )}
    </Way>
  );
}

/** The configuration file of a client, with its place. */
export function FileWay({ file, system, onInstall }: WayProps & { file: ConfigurationFile }) {
  return (
    <Way title="With the configuration file">
      <p className="text-xs text-dim">
        Add this to{" "}
        <code className="font-mono wrap-anywhere text-accent-ink">{file.paths[system]}</code>
        {file.projectPaths !== null && (
          <>
            {" "}
            or, for one project, to{" "}
            <code className="font-mono wrap-anywhere text-accent-ink">
              {file.projectPaths[system]}
            </code>
          </>
        )}
        . Create the file if there is none. If it has other servers, add only the part inside.
      </p>
      <CodeBlock text={file.text} contentName="configuration" isWrapped onCopied={onInstall} />
    </Way>
  );
}

function BundleWay({ bundle, system, onInstall }: WayProps & { bundle: Bundle }) {
  return (
    <Way title="With a bundle">
      <p className="text-sm">
        Download <OutsideLink url={bundle.url} onClick={onInstall} />, compare its hash, and open
        the file.
      </p>
      <CodeBlock text={bundle.sha256} contentName="SHA-256 of the bundle" isWrapped />
      <CommandWay commands={bundle.commands} {...{ system, onInstall }} />
    </Way>
  );
}
