import type { ClientId } from "./clients.ts";
import type { Compatibility } from "./compatibility.ts";
import type { Paths } from "./paths.ts";

/** A value that a person gives, as a field of a form. */
export interface InstallVariable {
  /** Its key among the values: unique within a package or remote. */
  id: string;
  /** What the form shows: the name of the environment variable, header, part of the address, or flag. */
  name: string;
  place: "environment" | "header" | "url" | "argument";
  description: string | null;
  isRequired: boolean;
  /** Stated by the entry, or likely by its name. It is never part of a link. */
  isSecret: boolean;
  default: string | null;
  placeholder: string | null;
  /** Empty: any text. */
  choices: readonly string[];
  /** The environment variable or input that a client's configuration refers to while there is no value. */
  reference: string;
}

/** A file of a client, and the text that a person adds to it. */
export interface ConfigurationFile {
  paths: Paths;
  /** The same file of a project, where the client has one. */
  projectPaths: Paths | null;
  language: "json" | "toml" | "yaml";
  text: string;
}

/** A shell command. Null: the value cannot be given safely in this shell. */
export interface ShellCommands {
  posix: string | null;
  powershell: string | null;
}

/** A link that installs a server in a client. */
export interface DeepLink {
  label: string;
  href: string;
  /** What the link installs, to display beside it. */
  decoded: unknown;
}

/** A bundle that a person downloads and opens. */
export interface Bundle {
  url: string;
  /** SHA-256 in hexadecimal digits, which the client does not compare by itself. */
  sha256: string;
  /** Download the file and compare its hash. */
  commands: ShellCommands;
}

/** How a person installs a server in a client. */
export interface Installation extends Compatibility {
  client: ClientId;
  /** Name of the server in the client. */
  key: string;
  /** Position of the package or remote in the document. */
  choice: { kind: "package" | "remote"; index: number };
  /** The values that the package or remote takes, required ones first. */
  variables: InstallVariable[];
  /** Null: the client installs a bundle. */
  file: ConfigurationFile | null;
  /** Null: the client has no command for it. */
  commands: ShellCommands | null;
  links: DeepLink[];
  /** Why there is no link, although the client has links; null: there is one, or the client has none. */
  noLink: string | null;
  bundle: Bundle | null;
  /** Why the server is not installed without a look at what it starts; null: nothing is known against it. */
  danger: string | null;
  /** What a person reads before the installation. */
  warnings: string[];
}
