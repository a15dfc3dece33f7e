import { CLIENT_PATHS } from "../../../../workers/contract/marketplace/install/paths.ts";
import {
  everywhere,
  jsonFile,
  toBearer,
  toShellVariable,
  withCommonTroubles,
  type Client,
  type Connection,
} from "./client.ts";
import { toCursorLink, toTokenInput, toVsCodeLink } from "./deep-links.ts";

/** Cursor and Windsurf read `${env:NAME}` from the variables of the desktop. */
const toEnvVariable = ({ variable }: Connection) => `Bearer \${env:${variable}}`;

const toServer = (url: string, headers: object | undefined) => ({ url, headers });

const cursor: Client = {
  id: "cursor",
  label: "Cursor",
  monogram: "Cu",
  frame: "editor",
  kind: "app",
  first: "file",
  file: jsonFile(CLIENT_PATHS.cursor.paths, "mcpServers", toServer),
  link: toCursorLink,
  linkUsesVariable: true,
  shared: jsonFile(CLIENT_PATHS.cursor.project, "mcpServers", toServer, toEnvVariable),
  afterwards: "Open Settings > Tools & MCP. The server shows a green dot and its tools.",
  signIn: {
    first: "link",
    afterwards:
      "Open Settings > Tools & MCP, and press Connect next to the server: Cursor opens the browser.",
  },
  toolLimit: 80,
  troubles: withCommonTroubles(
    [
      {
        sign: "“Exceeding total tools limit”",
        remedy:
          "Cursor gives the model at most 80 tools of all servers (older versions: 40). Choose fewer tools above.",
      },
      {
        sign: "401 with the install link or the project’s file",
        remedy:
          "Cursor does not see the variable: apps do not read the files of a shell. Set the variable as shown, then quit Cursor and start it again.",
        isOfToken: true,
      },
    ],
    "reload the server in Settings > Tools & MCP",
  ),
  logs: everywhere("View > Output, then “MCP Logs” in the list."),
};

const vscode: Client = {
  id: "vscode",
  label: "VS Code",
  monogram: "VS",
  frame: "editor",
  kind: "app",
  first: "link",
  link: toVsCodeLink,
  asksForToken: true,
  file: {
    paths: CLIENT_PATHS.vscode.paths,
    language: "json",
    text: (to) => toVsCodeFile(to),
  },
  shared: {
    paths: CLIENT_PATHS.vscode.project,
    language: "json",
    text: (to) => toVsCodeFile(to),
  },
  afterwards:
    "VS Code asks for the token when the server starts, and keeps it in its secret storage. Then open the chat in agent mode.",
  signIn: {
    first: "link",
    afterwards:
      "Start the server. VS Code asks whether it may sign in; choose Allow, and it opens the browser. Then open the chat in agent mode.",
  },
  toolLimit: 128,
  troubles: withCommonTroubles(
    [
      {
        sign: "“Cannot have more than 128 tools per request”",
        remedy: "Choose fewer tools above, or switch some off with the tools button of the chat.",
      },
      {
        sign: "VS Code does not ask for the token again",
        remedy:
          "It has stored the old one. Open mcp.json and choose “Clear” above the input, then start the server again.",
        isOfToken: true,
      },
    ],
    "run “MCP: List Servers” and start it",
  ),
  logs: everywhere("Run “MCP: List Servers”, choose the server, then “Show Output”."),
};

function toVsCodeFile(to: Connection): string {
  if (to.signsIn)
    return JSON.stringify({ servers: { [to.name]: { type: "http", url: to.url } } }, null, 2);
  const input = toTokenInput(to);
  const server = {
    type: "http",
    url: to.url,
    headers: { Authorization: `Bearer \${input:${input.id}}` },
  };
  return JSON.stringify({ inputs: [input], servers: { [to.name]: server } }, null, 2);
}

const windsurf: Client = {
  id: "windsurf",
  label: "Windsurf",
  monogram: "Ws",
  frame: "editor",
  kind: "app",
  first: "file",
  file: jsonFile(CLIENT_PATHS.windsurf.paths, "mcpServers", (serverUrl, headers) => ({
    serverUrl,
    headers,
  })),
  afterwards: "Press Refresh in the MCP panel of Cascade.",
  signIn: {
    first: "file",
    afterwards: "Press Refresh in the MCP panel of Cascade: Windsurf opens the browser.",
  },
  toolLimit: 100,
  troubles: withCommonTroubles(
    [
      {
        sign: "Tools are missing, or the server is refused",
        remedy: "Windsurf takes at most 100 tools of all servers. Choose fewer tools above.",
      },
    ],
    "press Refresh in the MCP panel",
  ),
  logs: {
    macos: "Cascade > MCP panel. Logs: ~/Library/Application Support/Windsurf/logs",
    windows: "Cascade > MCP panel. Logs: %APPDATA%\\Windsurf\\logs",
    linux: "Cascade > MCP panel. Logs: ~/.config/Windsurf/logs",
  },
};

const zed: Client = {
  id: "zed",
  label: "Zed",
  monogram: "Ze",
  frame: "editor",
  kind: "app",
  first: "file",
  file: jsonFile(CLIENT_PATHS.zed.paths, "context_servers", toServer),
  afterwards: "Zed connects when the file is saved. The agent panel’s settings show a green dot.",
  signIn: {
    first: "file",
    afterwards:
      "When the file is saved, press Authenticate in the agent panel’s settings: Zed opens the browser.",
  },
  troubles: withCommonTroubles(
    [
      {
        sign: "Zed opens a browser to sign in",
        remedy: "The Authorization header is missing in the file: Zed then tries OAuth.",
        isOfToken: true,
      },
    ],
    "save the file again",
  ),
  logs: everywhere("Run “zed: open log” in the command palette."),
};

const cline: Client = {
  id: "cline",
  label: "Cline",
  monogram: "Cl",
  frame: "editor",
  kind: "app",
  first: "file",
  file: jsonFile(CLIENT_PATHS.cline.paths, "mcpServers", (url, headers) => ({
    type: "streamableHttp",
    url,
    headers,
    disabled: false,
  })),
  afterwards: "Cline connects when the file is saved: MCP Servers > Configure shows a green dot.",
  signIn: {
    first: "file",
    afterwards:
      "Open MCP Servers > Configure, and press Authenticate next to the server: Cline opens the browser.",
  },
  troubles: withCommonTroubles(
    [
      {
        sign: "“SSE error” or 405",
        remedy: "The field “type” is missing or is not streamableHttp: Cline then uses SSE.",
      },
    ],
    "open MCP Servers > Configure > Configure MCP Servers and save it again",
  ),
  logs: everywhere("View > Output, then “Cline” in the list."),
};

const kiro: Client = {
  id: "kiro",
  label: "Kiro",
  monogram: "Ki",
  frame: "editor",
  kind: "app",
  first: "file",
  file: jsonFile(CLIENT_PATHS.kiro.paths, "mcpServers", toServer),
  shared: jsonFile(CLIENT_PATHS.kiro.project, "mcpServers", toServer, toShellVariable),
  afterwards:
    "Kiro connects when the file is saved. The MCP Servers view of the Kiro panel shows it.",
  signIn: {
    first: "file",
    afterwards: "Kiro opens the browser when the file is saved.",
  },
  troubles: withCommonTroubles(
    [
      {
        sign: "The variable in the project’s file stays empty",
        remedy:
          "Kiro asks once whether it may read the variable. Allow it, or add its name to “Mcp Approved Env Vars” in the settings.",
        isOfToken: true,
      },
    ],
    "save the file again",
  ),
  logs: everywhere("Kiro panel > MCP Servers, then “Show MCP Logs”."),
};

const continueDev: Client = {
  id: "continue",
  label: "Continue",
  monogram: "Cn",
  frame: "editor",
  kind: "app",
  first: "file",
  file: {
    paths: CLIENT_PATHS.continue.paths,
    language: "yaml",
    text: (to) =>
      [
        "mcpServers:",
        `  - name: "${to.name}"`,
        "    type: streamable-http",
        `    url: "${to.url}"`,
        "    requestOptions:",
        "      headers:",
        `        Authorization: "${toBearer(to)}"`,
      ].join("\n"),
  },
  afterwards: "Continue reads the file again when it is saved. Use the agent mode of the chat.",
  troubles: withCommonTroubles(
    [
      {
        sign: "No tools in the chat",
        remedy: "Continue uses tools in agent mode only. Choose Agent below the input.",
      },
    ],
    "reload the editor’s window",
  ),
  logs: everywhere("View > Output, then “Continue” in the list."),
};

/** Editors and extensions of editors. */
export const EDITOR_CLIENTS: readonly Client[] = [
  cursor,
  vscode,
  windsurf,
  zed,
  cline,
  kiro,
  continueDev,
];
