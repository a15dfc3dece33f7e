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
  /** The person signs in from the client, so that its configuration has the address and no token. */
  signsIn?: true;
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
  /** Only with a token, not with a sign-in. */
  isOfToken?: true;
}

/** How a person signs in from a client. `afterwards`: what to do before the client opens the browser. */
export type SignIn = { afterwards: string } & (
  | { first: "command"; command: (connection: Connection) => string }
  | { first: "link" | "file" }
  /** The client asks for the address. `steps`: where. */
  | { first: "address"; steps: string }
);

/** What the dashboard knows of every client. */
interface AnyClient {
  id: string;
  label: string;
  /** Two letters for its mark. */
  monogram: string;
  /** What its mark shows around the letters: a terminal, an editor or the window of an app. */
  frame: "terminal" | "editor" | "window";
  /** Most tools of all servers that the client gives to the model; absent: no known limit. */
  toolLimit?: number;
  troubles: Trouble[];
  /** Absent: the client does not sign in with OAuth, or it is not known to. */
  signIn?: SignIn;
}

/** A client that runs on servers of its vendor and has no configuration file: a person signs in from it. */
export interface WebClient extends AnyClient {
  kind: "web";
  signIn: SignIn;
}

/** How to connect a client, from its documentation as of November 2026. */
export interface Client extends AnyClient {
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

/**
 * A JSON file with servers by name under one key. `toValue`: the value of the `Authorization` header, which a client from
 * which a person signs in does not have.
 */
export function jsonFile(
  paths: Paths,
  key: string,
  toServer: (url: string, headers: { Authorization: string } | undefined) => object,
  toValue: (connection: Connection) => string = toBearer,
): ConfigurationFile {
  return {
    paths,
    language: "json",
    text: (to) => {
      const headers = to.signsIn ? undefined : { Authorization: toValue(to) };
      const server = toServer(to.url, headers);
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
      isOfToken: true,
    },
    {
      sign: "The server does not appear",
      remedy: `The client has not read the configuration. Check that the file is valid, then ${restart}.`,
    },
  ];
}

/** Troubles that every client can have from which a person signs in. */
export const SIGN_IN_TROUBLES: readonly Trouble[] = [
  {
    sign: "The browser does not open",
    remedy:
      "Copy the address that the client shows, and open it in a browser in which you use this dashboard.",
  },
  {
    sign: "The workspace does not let this client sign in",
    remedy: "Its owners and admins choose the clients under Settings. You can use a token instead.",
  },
  {
    sign: "The client asks you to sign in again",
    remedy: "Its access was revoked, or it was not used for a long time. Sign in again.",
  },
];
