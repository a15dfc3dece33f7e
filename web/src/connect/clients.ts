import {
  TOKEN_INPUT,
  TOKEN_VARIABLE,
  toCursorLink,
  toVsCodeLink,
  type DeepLink,
} from "./deep-links.ts";

/** The values that a client configuration is generated from. */
export interface Connection {
  /** Name of the server in the client. */
  name: string;
  url: string;
  /** In clear right after creation; null: a placeholder is shown. */
  token: string | null;
}

/** Connection instructions of one client, from its documentation as of November 2026. */
export interface Client {
  id: string;
  label: string;
  /** Configuration files and their scopes. */
  files: { scope: string; path: string }[];
  config: (connection: Connection) => string;
  /** A shell command that does the same. */
  command?: (connection: Connection) => string;
  /** Whether the configuration reads the token from the variable `MCPNEST_TOKEN`. */
  usesEnvironmentVariable: boolean;
  link?: (connection: Connection) => DeepLink;
  note?: string;
}

const PLACEHOLDER = "<your token>";
const bearer = ({ token }: Connection) => `Bearer ${token ?? PLACEHOLDER}`;
const toJson = (value: object) => JSON.stringify(value, null, 2);

/** The common JSON shape: servers by name under one key. */
const toServerJson = (key: string, { name }: Connection, server: object) =>
  toJson({ [key]: { [name]: server } });

/** The clients that the dashboard has instructions for, in display order. */
export const CLIENTS: readonly Client[] = [
  {
    id: "claude-code",
    label: "Claude Code",
    files: [
      { scope: "This project (shared)", path: ".mcp.json" },
      { scope: "All projects", path: "~/.claude.json" },
    ],
    config: (to) =>
      toServerJson("mcpServers", to, {
        type: "http",
        url: to.url,
        headers: { Authorization: `Bearer \${${TOKEN_VARIABLE}}` },
      }),
    command: ({ name, url }) =>
      `claude mcp add --transport http ${name} ${url} --header "Authorization: Bearer $${TOKEN_VARIABLE}"`,
    usesEnvironmentVariable: true,
  },
  {
    id: "claude-desktop",
    label: "Claude Desktop",
    files: [
      { scope: "macOS", path: "~/Library/Application Support/Claude/claude_desktop_config.json" },
      { scope: "Windows", path: "%APPDATA%\\Claude\\claude_desktop_config.json" },
    ],
    config: (to) =>
      toServerJson("mcpServers", to, {
        command: "npx",
        // No space after the colon: Claude Desktop splits arguments at spaces.
        args: ["-y", "mcp-remote", to.url, "--header", "Authorization:${AUTH}"],
        env: { AUTH: bearer(to) },
      }),
    usesEnvironmentVariable: false,
    note: "This file supports local servers only, so mcp-remote (requires Node.js) connects to the gateway. On the Pro, Max and Team plans you can instead add the URL with an Authorization header under Settings > Connectors.",
  },
  {
    id: "cursor",
    label: "Cursor",
    files: [
      { scope: "This project", path: ".cursor/mcp.json" },
      { scope: "All projects", path: "~/.cursor/mcp.json" },
    ],
    config: (to) =>
      toServerJson("mcpServers", to, {
        url: to.url,
        headers: { Authorization: `Bearer \${env:${TOKEN_VARIABLE}}` },
      }),
    usesEnvironmentVariable: true,
    link: ({ name, url }) => toCursorLink(name, url),
  },
  {
    id: "vscode",
    label: "VS Code",
    files: [
      { scope: "This workspace", path: ".vscode/mcp.json" },
      { scope: "All workspaces", path: "command “MCP: Open User Configuration”" },
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
    usesEnvironmentVariable: false,
    link: ({ name, url }) => toVsCodeLink(name, url),
    note: "VS Code prompts for the token when the server starts and keeps it in its secret storage.",
  },
  {
    id: "windsurf",
    label: "Windsurf",
    files: [{ scope: "All projects", path: "~/.codeium/windsurf/mcp_config.json" }],
    config: (to) =>
      toServerJson("mcpServers", to, {
        serverUrl: to.url,
        headers: { Authorization: `Bearer \${env:${TOKEN_VARIABLE}}` },
      }),
    usesEnvironmentVariable: true,
    note: "Windsurf supports at most 100 tools across all servers.",
  },
  {
    id: "codex",
    label: "Codex",
    files: [{ scope: "All projects", path: "~/.codex/config.toml" }],
    config: ({ name, url }) =>
      `[mcp_servers.${name}]\nurl = "${url}"\nbearer_token_env_var = "${TOKEN_VARIABLE}"`,
    usesEnvironmentVariable: true,
  },
  {
    id: "gemini-cli",
    label: "Gemini CLI",
    files: [
      { scope: "All projects", path: "~/.gemini/settings.json" },
      { scope: "This project", path: ".gemini/settings.json" },
    ],
    config: (to) =>
      toServerJson("mcpServers", to, { httpUrl: to.url, headers: { Authorization: bearer(to) } }),
    usesEnvironmentVariable: false,
  },
  {
    id: "copilot-cli",
    label: "Copilot CLI",
    files: [{ scope: "All projects", path: "~/.copilot/mcp-config.json" }],
    config: (to) =>
      toServerJson("mcpServers", to, {
        type: "http",
        url: to.url,
        headers: { Authorization: `Bearer \${${TOKEN_VARIABLE}}` },
        tools: ["*"],
      }),
    usesEnvironmentVariable: true,
  },
  {
    id: "opencode",
    label: "opencode",
    files: [
      { scope: "All projects", path: "~/.config/opencode/opencode.json" },
      { scope: "This project", path: "opencode.json" },
    ],
    config: (to) =>
      toServerJson("mcp", to, {
        type: "remote",
        url: to.url,
        headers: { Authorization: `Bearer {env:${TOKEN_VARIABLE}}` },
      }),
    usesEnvironmentVariable: true,
  },
  {
    id: "zed",
    label: "Zed",
    files: [{ scope: "All projects", path: "~/.config/zed/settings.json" }],
    config: (to) =>
      toServerJson("context_servers", to, { url: to.url, headers: { Authorization: bearer(to) } }),
    usesEnvironmentVariable: false,
  },
  {
    id: "cline",
    label: "Cline",
    files: [{ scope: "MCP Servers > Configure MCP Servers", path: "cline_mcp_settings.json" }],
    config: (to) =>
      toServerJson("mcpServers", to, {
        type: "streamableHttp",
        url: to.url,
        headers: { Authorization: bearer(to) },
      }),
    usesEnvironmentVariable: false,
  },
];
