import type { Paths, System } from "../../../../workers/contract/marketplace/install/paths.ts";

/** The values that a client's configuration is generated from. */
export interface Connection {
  /** Name of the server in the client. */
  name: string;
  url: string;
  /** In clear right after creation; null: a placeholder is shown. */
  token: string | null;
  /** The environment variable of the token, for configurations that a team shares. Each workspace has its own. */
  variable: string;
}

/** A file to which a person adds text. */
export interface ConfigurationFile {
  /** Where it is; the words of a menu, for clients that open it themselves. */
  paths: Paths;
  language: "json" | "toml" | "yaml";
  text: (connection: Connection) => string;
}

/** A link that installs a server in a client, with its decoded configuration to display beside it. */
export interface DeepLink {
  label: string;
  href: string;
  /** The link's configuration, decoded. */
  decoded: object;
}

/** A sign that something is wrong, and what to do. */
export interface Trouble {
  sign: string;
  remedy: string;
}

/** How to connect a client, from its documentation as of November 2026. */
export interface Client {
  id: string;
  label: string;
  /** Two letters for its mark. */
  monogram: string;
  /** What its mark shows around the letters: a terminal, an editor or the window of an app. */
  frame: "terminal" | "editor" | "window";
  /** `app`: started from the desktop, so that it does not inherit the variables of a shell. */
  kind: "terminal" | "app";
  /** What the page shows first. `bundle`: a file that the client installs. */
  first: "command" | "link" | "file" | "bundle";
  /** The person's own configuration, which has the token itself, or asks for it. */
  file: ConfigurationFile;
  /** A shell command that does the same. */
  command?: (connection: Connection) => string;
  /** A link that installs the server. It never contains the token: the client asks for it, or reads the variable. */
  link?: (connection: Connection) => DeepLink;
  /** Whether the link's configuration reads the token from the variable. */
  linkUsesVariable?: boolean;
  /** The configuration of a project, which others can read: it refers to the variable. */
  shared?: ConfigurationFile;
  /** Whether the client asks each person for the token, instead of reading the variable. */
  asksForToken?: boolean;
  /** What to do after the configuration, before the client connects. */
  afterwards: string;
  /** Most tools of all servers that the client gives to the model; absent: no known limit. */
  toolLimit?: number;
  troubles: Trouble[];
  /** Where the client says what it does, by system. */
  logs: Record<System, string>;
}

/** What a text shows in the place of a token whose value is not known. */
export const PLACEHOLDER = "<your token>";

/** The value of the `Authorization` header. */
export function toBearer({ token }: Pick<Connection, "token">): string {
  return `Bearer ${token ?? PLACEHOLDER}`;
}

/** The token, or what is shown in its place. */
export function toShownToken({ token }: Pick<Connection, "token">): string {
  return token ?? PLACEHOLDER;
}

/** The value of the header in a file that others can read, for clients that read variables as a shell does. */
export function toShellVariable({ variable }: Pick<Connection, "variable">): string {
  return `Bearer \${${variable}}`;
}

/** A JSON file with servers by name under one key. `toValue`: the value of the `Authorization` header. */
export function jsonFile(
  paths: Paths,
  key: string,
  toServer: (url: string, headers: { Authorization: string }) => object,
  toValue: (connection: Connection) => string = toBearer,
): ConfigurationFile {
  return {
    paths,
    language: "json",
    text: (to) => {
      const server = toServer(to.url, { Authorization: toValue(to) });
      return JSON.stringify({ [key]: { [to.name]: server } }, null, 2);
    },
  };
}

/** The same place on every system. */
export function everywhere(text: string): Record<System, string> {
  return { macos: text, windows: text, linux: text };
}

/** Troubles that every client can have, with its own ones first. */
export function withCommonTroubles(own: Trouble[], restart: string): Trouble[] {
  return [
    ...own,
    {
      sign: "401, “Unauthorized” or a request to sign in",
      remedy:
        "The token is missing, mistyped, revoked or expired. Show a new token on this page and put it in the place of the old one.",
    },
    {
      sign: "The server does not appear",
      remedy: `The client has not read the configuration. Check that the file is valid, then ${restart}.`,
    },
  ];
}
