import type { Connection } from "../../web/src/connect/clients/client.ts";

/** What every client is given. */
export interface Setup {
  /** Folder in which npm installed the client. */
  folder: string;
  /** An empty home folder. */
  home: string;
  connection: Connection & { token: string };
  modelUrl: string;
}

/** How a process of the client is started. */
export interface Launch {
  command: string;
  args: string[];
  /** Added to the isolated environment. */
  env?: Record<string, string>;
  /** Files to write first, by path below the home folder. */
  files?: Record<string, string>;
  /** The working folder; the home folder if undefined. */
  cwd?: string;
}

/** What is installed of a client, and how it is called. */
export interface ClientBase {
  /** Name on the command line. */
  id: string;
  label: string;
  /** Packages to install; the first is the client. */
  packages: readonly string[];
  /** Packages whose install scripts npm runs. */
  scripts?: readonly string[];
  /** Runs after the installation. */
  prepare?: (folder: string) => Promise<void>;
}

/** A client that lets a model choose the calls: it runs one prompt and ends. */
export interface AgentClient extends ClientBase {
  kind: "agent";
  launch(setup: Setup, prompt: string): Launch;
  /** A command that shows the state of the connection. */
  status?: string[];
}

/** A client whose caller chooses the calls. */
export interface DirectClient extends ClientBase {
  kind: "direct";
  connect(setup: Setup): Promise<DirectSession>;
}

/** An open connection of a direct client. */
export interface DirectSession {
  /** The tools as the caller gets them. */
  listTools(): Promise<{ name: string; _meta?: unknown }[]>;
  /** Returns the text of the result, or throws. */
  callTool(name: string): Promise<string>;
  close(): Promise<void>;
}

/** A client of the suite. */
export type Client = AgentClient | DirectClient;
