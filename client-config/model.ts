import type { ClientId } from "../workers/contract/marketplace/install/clients.ts";

/** Where a value is in a configuration: keys of objects and indexes of lists, from the root. */
export type Path = readonly (string | number)[];

/** A part of a text: `offset` and `length` in UTF-16 units, `line` and `column` from 1. */
export interface Range {
  offset: number;
  length: number;
  line: number;
  column: number;
}

/** What a client replaces in a text when it starts a server. */
export interface Reference {
  /**
   * `environment`: a variable of the client's own environment; Continue reads its secrets as one, from `~/.continue/.env`.
   * `input`: the client asks the person. `file`: the content of a file.
   */
  kind: "environment" | "input" | "file";
  /** Name of the variable, id of the input, or path of the file. */
  name: string;
  /** What is used where the variable is not set. */
  default: string | null;
}

/** A text with references in it. A text without any is a list of one string. */
export type Template = readonly (string | Reference)[];

/** A text of a configuration. */
export interface Value {
  template: Template;
  /** The same as the file has it. */
  raw: string;
  path: Path;
}

/** An environment variable or a header. */
export interface NamedValue {
  name: string;
  value: Value;
}

/** A program that the client starts. */
export interface Program {
  kind: "program";
  command: Value;
  args: Value[];
  env: NamedValue[];
  /** A file with environment variables. */
  envFile: Value | null;
  workingDirectory: Value | null;
}

/** A server that the client reaches by its address. */
export interface Remote {
  kind: "remote";
  transport: "streamable-http" | "sse";
  url: Value;
  headers: NamedValue[];
  /**
   * The program that connects to it, as the file has it: mcp-remote in clients that cannot do so themselves. Null: there is
   * none, or it is exactly what is written for this server. Set it to null after a change of the server.
   */
  bridge: Program | null;
}

/** A server in a client's configuration. */
export interface ConfiguredServer {
  /** Its name in the client. */
  name: string;
  path: Path;
  connection: Program | Remote;
  isEnabled: boolean;
  /** Time limit of a call, ms; null: the client's own. */
  timeoutMs: number | null;
  /** Tools that run without asking; `all`: every tool. */
  approvedTools: readonly string[] | "all";
  /** Tools that the model gets; null: all. */
  includedTools: readonly string[] | null;
  excludedTools: readonly string[];
  /** What only this client knows, by its own keys. Another client's file cannot have it. */
  own: Readonly<Record<string, unknown>>;
}

/** What a client asks a person for before it starts a server (`inputs` of VS Code). */
export interface Input {
  id: string;
  description: string | null;
  isSecret: boolean;
  /** Empty: any text. */
  choices: readonly string[];
  default: string | null;
  path: Path;
  /** What else the file says of it. */
  own: Readonly<Record<string, unknown>>;
}

/** The MCP servers of a client's configuration. Other settings of the file are not part of it. */
export interface Configuration {
  client: ClientId;
  servers: ConfiguredServer[];
  inputs: Input[];
}
