import {
  TOKEN_INPUT,
  TOKEN_VARIABLE,
  toCursorLink,
  toVsCodeLink,
  type DeepLink,
} from "./deep-links.ts";

export interface Connection {
  /** What the client calls the server. */
  name: string;
  url: string;
  /** In clear just after it was made; null: a placeholder stands for it. */
  token: string | null;
}

/** How one client is connected: facts of its own documentation as of November 2026. */
export interface Client {
  id: string;
  label: string;
  /** Where the configuration goes. */
  files: { where: string; path: string }[];
  config: (connection: Connection) => string;
  /** One line for a terminal instead of the file. */
  command?: (connection: Connection) => string;
  /** Whether the configuration reads the token from the variable `MCPNEST_TOKEN`. */
  readsVariable: boolean;
  link?: (connection: Connection) => DeepLink;
  note?: string;
}

const PLACEHOLDER = "<your token>";
const bearer = ({ token }: Connection) => `Bearer ${token ?? PLACEHOLDER}`;
const toJson = (value: object) => JSON.stringify(value, null, 2);

/** The usual shape: servers by name under one key. */
const underKey = (key: string, { name }: Connection, server: object) =>
  toJson({ [key]: { [name]: server } });

export const CLIENTS: readonly Client[] = [
  {
    id: "claude-code",
    label: "Claude Code",
    files: [
      { where: "This project, shared", path: ".mcp.json" },
      { where: "All your projects", path: "~/.claude.json" },
    ],
    config: (to) =>
      underKey("mcpServers", to, {
        type: "http",
        url: to.url,
        headers: { Authorization: `Bearer \${${TOKEN_VARIABLE}}` },
      }),
    command: ({ name, url }) =>
      `claude mcp add --transport http ${name} ${url} --header "Authorization: Bearer $${TOKEN_VARIABLE}"`,
    readsVariable: true,
  },
  {
    id: "claude-desktop",
    label: "Claude Desktop",
    files: [
      { where: "macOS", path: "~/Library/Application Support/Claude/claude_desktop_config.json" },
      { where: "Windows", path: "%APPDATA%\\Claude\\claude_desktop_config.json" },
    ],
    config: (to) =>
      underKey("mcpServers", to, {
        command: "npx",
        // No space after the colon: the arguments are split at spaces on the way.
        args: ["-y", "mcp-remote", to.url, "--header", "Authorization:${AUTH}"],
        env: { AUTH: bearer(to) },
      }),
    readsVariable: false,
    note: "The file knows local servers only, so mcp-remote (needs Node) connects to this one. On Pro, Max and Team you can add the URL under Settings > Connectors with an Authorization header instead.",
  },
  {
    id: "cursor",
    label: "Cursor",
    files: [
      { where: "This project", path: ".cursor/mcp.json" },
      { where: "All your projects", path: "~/.cursor/mcp.json" },
    ],
    config: (to) =>
      underKey("mcpServers", to, {
        url: to.url,
        headers: { Authorization: `Bearer \${env:${TOKEN_VARIABLE}}` },
      }),
    readsVariable: true,
    link: ({ name, url }) => toCursorLink(name, url),
  },
  {
    id: "vscode",
    label: "VS Code",
    files: [
      { where: "This workspace", path: ".vscode/mcp.json" },
      { where: "You", path: "command “MCP: Open User Configuration”" },
    ],
    config: ({ name, url }) =>
      toJson({
        inputs: [TOKEN_INPUT],
        servers: {
          [name]: {
            type: "http",
            url,
            headers: { Authorization: "Bearer ${input:mcpnest-token}" },
          },
        },
      }),
    readsVariable: false,
    link: ({ name, url }) => toVsCodeLink(name, url),
    note: "VS Code asks for the token when the server starts and keeps it in its secret store.",
  },
  {
    id: "windsurf",
    label: "Windsurf",
    files: [{ where: "You", path: "~/.codeium/windsurf/mcp_config.json" }],
    config: (to) =>
      underKey("mcpServers", to, {
        serverUrl: to.url,
        headers: { Authorization: `Bearer \${env:${TOKEN_VARIABLE}}` },
      }),
    readsVariable: true,
    note: "Windsurf shows at most 100 tools in total.",
  },
  {
    id: "codex",
    label: "Codex",
    files: [{ where: "You", path: "~/.codex/config.toml" }],
    config: ({ name, url }) =>
      `[mcp_servers.${name}]\nurl = "${url}"\nbearer_token_env_var = "${TOKEN_VARIABLE}"`,
    readsVariable: true,
  },
  {
    id: "gemini-cli",
    label: "Gemini CLI",
    files: [
      { where: "You", path: "~/.gemini/settings.json" },
      { where: "This project", path: ".gemini/settings.json" },
    ],
    config: (to) =>
      underKey("mcpServers", to, { httpUrl: to.url, headers: { Authorization: bearer(to) } }),
    readsVariable: false,
  },
  {
    id: "zed",
    label: "Zed",
    files: [{ where: "You", path: "~/.config/zed/settings.json" }],
    config: (to) =>
      underKey("context_servers", to, { url: to.url, headers: { Authorization: bearer(to) } }),
    readsVariable: false,
  },
  {
    id: "cline",
    label: "Cline",
    files: [{ where: "MCP Servers > Configure", path: "cline_mcp_settings.json" }],
    config: (to) =>
      underKey("mcpServers", to, {
        type: "streamableHttp",
        url: to.url,
        headers: { Authorization: bearer(to) },
      }),
    readsVariable: false,
  },
];
